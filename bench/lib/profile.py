# SPDX-License-Identifier: GPL-2.0-only
"""Instructions of the hypervisor by symbol, for one operation at a time: QEMU runs profile/counts.so."""

import bisect
import collections
import os
import subprocess
import tempfile

import columns
from harness import machine, places

RELEASE = "bonsai-hv.elf64"


class Symbols:
    """The functions of an ELF file."""

    def __init__(self, path):
        rows = []
        for line in subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines():
            word = line.split()
            if len(word) == 3 and word[1] in "tT" and not word[2].startswith("."):
                rows.append((int(word[0], 16), word[2]))
        rows.sort()
        self.addresses = [a for a, _ in rows]
        self.names = [n for _, n in rows]

    def of(self, address):
        """The function that an address lies in."""
        i = bisect.bisect_right(self.addresses, address) - 1
        return self.names[i] if i >= 0 else "%#x" % address

    def address(self, name):
        """Where a function begins."""
        return self.addresses[self.names.index(name)]


def _read(path):
    """One Counter of addresses for each mark, "guest" and "stubs" among them."""
    parts = []
    with open(path, encoding="ascii") as f:
        for line in f:
            word = line.split()
            if word[0] == "mark":
                parts.append(collections.Counter())
            else:
                key = word[0] if word[0] in ("guest", "stubs") else int(word[0], 16)
                parts[-1][key] += int(word[1])
    return parts


def counts(names, repeats):
    """(Symbols, {operation: Counter of addresses in the hypervisor, "guest", "stubs", "done"}), for all repeats."""
    symbols = Symbols(os.path.join(places.build_dir(), "hypervisor", RELEASE))
    mark = Symbols(columns.program()).address("profile_mark_here")
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "counts")
        spec = columns.spec("ours", ["-m", str(repeats)] + list(names), False, timeout=900)
        spec.accel = "tcg"
        spec.qemu_args += ["-plugin", "%s,mark=%x,from=%x,to=%x,out=%s" % (
            os.path.join(places.build_dir(), "bench", "profile", "counts.so"), mark, symbols.address("image_start"),
            symbols.address("text_end"), out)]
        outcome = machine.boot(spec)
        parts = _read(out) if os.path.exists(out) else []
    done = [t.split("marked ")[1].split() for t in outcome.texts() if "marked " in t]
    if len(parts) != 2 * len(done) or not done:
        raise OSError("profile: %d marks of %d operations\n%s" % (len(parts), len(done), "\n".join(outcome.texts()[-20:])))
    for i, (_, n) in enumerate(done):
        parts[2 * i + 1]["done"] = int(n)
    return symbols, {name: parts[2 * i + 1] for i, (name, _) in enumerate(done)}


def by_symbol(symbols, parts):
    """(guest's instructions, Counter of symbols), for one repeat."""
    found = collections.Counter()
    repeats = parts["done"]
    for key, n in parts.items():
        if key == "stubs":
            found["(SYSCALL stub)"] += n / repeats
        elif key not in ("guest", "done"):
            found[symbols.of(key)] += n / repeats
    return parts["guest"] / repeats, found
