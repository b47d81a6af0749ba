# SPDX-License-Identifier: GPL-2.0-only
"""From boots to figures."""

import re
import statistics

import columns
import flushes
from harness import console, machine

OP = re.compile(r"^op (\w+) (-?[0-9.]+) (-?[0-9.]+) (-?[0-9.]+)$")
SAID = re.compile(r"^(mitigation [^:]+|cpu|clock):? (.*)")
DONE = "ops: done"
PAIRS = (("ours", "xen"), ("ours-domu", "xen-domu"), ("ours-ring1", "xen"), ("ours-ring1-domu", "xen-domu"))
# The group that the means are taken over: what asks the kernel, not loops.
GROUP = ("getppid", "write_null", "signal", "pipe_round", "fault_anon", "fault_file", "fault_copy", "mmap_munmap",
         "mmap_touch_page", "mprotect_twice", "fork_exit", "fork_exec", "fork_exit_8M", "fork_exec_8M", "thread",
         "futex_round", "switch_0K", "switch_64K", "sched_yield")


class Failed(Exception):
    """A boot brought no figures."""


def one_boot(column, words, icount, smp=1):
    """({operation: (median, least, most)}, {what the kernel said of its machine}) of one boot."""
    spec = columns.spec(column, words, icount, smp)
    outcome = machine.boot(spec)
    texts = [console.guest_text(t) for t in outcome.texts()]
    figures = {m.group(1): tuple(map(float, m.groups()[1:])) for m in map(OP.match, texts) if m}
    if DONE not in texts or not figures:
        raise Failed("%s: the boot ended by %s %s\n%s" % (column, outcome.kind, outcome.why, "\n".join(texts[-20:])))
    return figures, {m.group(1): m.group(2) for m in map(SAID.match, texts) if m}


class Column:
    """All boots of one column."""

    def __init__(self, name):
        self.name = name
        self.said = {}
        self.boots = []         # of nanoseconds
        self.instructions = {}
        self.flushes = {}

    def boot(self, words, smp=1):
        """One more boot for time."""
        figures, said = one_boot(self.name, words, False, smp)
        self.said.update(said)
        self.boots.append(figures)

    def count(self, words):
        """The boot that counts instructions."""
        figures, said = one_boot(self.name, ["-i"] + words, True)
        self.said.update(said)
        self.instructions.update((name, f[0]) for name, f in figures.items())

    def flush(self, repeats, names, smp=1):
        """The boot that counts what throws translations away."""
        self.flushes.update(flushes.counts(self.name, names, repeats, smp))

    def time(self, name):
        """[median of the boots' medians, half of their range in percent of it, the least of all samples], or None.

        With one boot only, the range is that of its samples.
        """
        rows = [b[name] for b in self.boots if name in b]
        if not rows:
            return None
        medians = [r[0] for r in rows]
        low, high = (min(medians), max(medians)) if len(rows) > 1 else rows[0][1:]
        middle = statistics.median(medians)
        return [round(middle, 1), round(50 * (high - low) / abs(middle), 1) if middle else 0.0, min(r[1] for r in rows)]

    def names(self):
        """Operations measured here, in their order."""
        return list(dict.fromkeys([n for b in self.boots for n in b] + list(self.instructions)))


def result(found, facts):
    """What is kept of all columns: plain data for JSON."""
    names = list(dict.fromkeys(n for c in found for n in c.names()))
    ops = {n: {c.name: {"ns": c.time(n), "ins": c.instructions.get(n), "flush": c.flushes.get(n)}
               for c in found if n in c.names()} for n in names}
    return {**facts, "columns": [c.name for c in found], "said": {c.name: c.said for c in found}, "ops": ops}


def value(res, op, column, kind):
    """One figure of a result: kind is "ns" or "ins"; None where there is none."""
    cell = res["ops"][op].get(column, {}).get(kind)
    return cell[0] if isinstance(cell, list) else cell


def noise(res, op, column):
    """Half of the range of a time, in percent."""
    cell = res["ops"][op].get(column, {}).get("ns")
    return cell[1] if cell else 0.0


def least(res, op, column):
    """The least time seen, or None."""
    cell = res["ops"][op].get(column, {}).get("ns")
    return cell[2] if cell and len(cell) > 2 else None


def ratio(a, b):
    """a/b where both are known and b is not nothing."""
    return a / b if a is not None and b is not None and b > 0 else None


def added(res, op, column):
    """Instructions that a column needs beyond the native ones; for what native has not, all."""
    mine = value(res, op, column, "ins")
    return mine - (value(res, op, "native", "ins") or 0) if mine is not None else None


def share(res, op, ours, xen):
    """What ours adds over what Xen adds; None where Xen adds less than a hundredth of the native count."""
    if (added(res, op, xen) or 0) < (value(res, op, "native", "ins") or 0) / 100:
        return None
    return ratio(added(res, op, ours), added(res, op, xen))


def mean(values):
    """Geometric mean of those that are known, or None."""
    known = [v for v in values if v and v > 0]      # a count may be below the native one by its noise
    return statistics.geometric_mean(known) if known else None
