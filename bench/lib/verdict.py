# SPDX-License-Identifier: GPL-2.0-only
"""What the figures shall be, and whether they are: a line a goal."""

import columns
import measure

THIRD = 1 / 3 + 0.005       # a share is told in hundredths
TIME_MEAN = {"ours": 0.6, "ours-domu": 0.5, "ours-ring1": 0.6, "ours-ring1-domu": 0.5}
JOB_NOISE = 5       # percent
LOOPS = ("integer_1000", "copy_4MiB")
MET, NOISE, MISSED = "met", "in the noise", "missed"


def of(value, goal, noise=0.0):
    """MET, MISSED, or NOISE: what is above the goal by less than its noise, in percent."""
    return MET if value <= goal else NOISE if value * (1 - noise / 100) <= goal else MISSED


def time_ratio(res, op, a, b):
    """(ratio of the medians, noise of both in percent), or None."""
    ratio = measure.ratio(measure.value(res, op, a, "ns"), measure.value(res, op, b, "ns"))
    return None if ratio is None or ratio < 0 else (ratio, measure.noise(res, op, a) + measure.noise(res, op, b))


def _lists(res, ours, xen):
    """Operations that miss: slower than on Xen, or more than a third of what that adds."""
    slow, noisy, dear = [], [], []
    for op in res["ops"]:
        found = time_ratio(res, op, ours, xen)
        if found:
            verdict = of(found[0], 1.0, found[1])
            (slow if verdict == MISSED else noisy if verdict == NOISE else []).append("%s %.2f" % (op, found[0]))
        share = measure.share(res, op, ours, xen)
        if share is not None and of(share, THIRD) == MISSED:
            dear.append("%s %.2f" % (op, share))
    return slow, noisy, dear


def _pair(res, ours, xen):
    title = columns.TITLES[ours]
    mean = measure.mean(measure.ratio(measure.value(res, op, ours, "ns"), measure.value(res, op, xen, "ns"))
                        for op in measure.GROUP if op in res["ops"])
    if mean:
        yield ("%s: system calls and memory, time beside Xen's, geometric mean" % title, "%.2f" % mean,
               "%.2f" % TIME_MEAN[ours], of(mean, TIME_MEAN[ours]))
    slow, noisy, dear = _lists(res, ours, xen)
    yield "%s: operations slower than on Xen" % title, ", ".join(slow) or "none", "none", MISSED if slow else MET
    if noisy:
        yield "%s: slower by less than the noise" % title, ", ".join(noisy), "", NOISE
    if any(measure.share(res, op, ours, xen) is not None for op in res["ops"]):
        yield ("%s: more than a third of the instructions that Xen adds" % title, ", ".join(dear) or "none", "none",
               MISSED if dear else MET)


def _beside_native(res, column):
    """Clocks, sleeps and loops: at most so many times native."""
    for op, goal in (("clock_gettime", 1.2), ("nanosleep_1us", 2.0)):
        found = time_ratio(res, op, column, "native") if op in res["ops"] else None
        if found:
            yield ("%s: %s, time beside native" % (columns.TITLES[column], op), "%.2f" % found[0], "%.2f" % goal,
                   of(found[0], goal, found[1]))
    for op in LOOPS:
        if op not in res["ops"]:
            continue
        times = measure.ratio(measure.least(res, op, column), measure.least(res, op, "native"))
        count = measure.ratio(measure.value(res, op, column, "ins"), measure.value(res, op, "native", "ins"))
        if times:
            yield ("%s: %s, best time beside native" % (columns.TITLES[column], op), "%.3f" % times, "1.01",
                   of(times, 1.01, measure.noise(res, op, column) + measure.noise(res, op, "native")))
        if count:
            yield "%s: %s, instructions beside native" % (columns.TITLES[column], op), "%.3f" % count, "1.01", of(count, 1.01)


def _calls(res):
    """A null hypercall, and an event to another domain and back."""
    for op in ("hypercall_version", "hypercall_unknown"):
        count = measure.ratio(*(measure.value(res, op, c, "ins") for c in ("ours", "xen"))) if op in res["ops"] else None
        if count:
            yield "%s by privcmd, instructions beside Xen's" % op, "%.2f" % count, "0.33", of(count, THIRD)
    for unit, goal, told in (("nanoseconds", 0.5, "0.50"), ("instructions", THIRD, "0.33")):
        found = res.get("bare", {}).get(unit, {})
        value = measure.ratio(*(found.get(c, {}).get("event_round_domain") for c in ("ours", "xen")))
        if value:
            yield "event to another domain and back, %s beside Xen's" % unit, "%.2f" % value, told, of(value, goal)


def _jobs(res):
    """Real work, one run each: what a few percent can be without meaning."""
    found = res.get("jobs", {}).get("seconds", {})
    for ours, xen in measure.PAIRS:
        ratios = {n: measure.ratio(v, found.get(xen, {}).get(n)) for n, v in found.get(ours, {}).items()}
        known = {n: v for n, v in ratios.items() if v}
        if known:
            yield ("%s: jobs, time beside Xen's" % columns.TITLES[ours], ", ".join("%s %.2f" % p for p in known.items()), "1.00",
                   of(max(known.values()), 1.0, JOB_NOISE))


def _shares(res):
    """What the scheduler gives, and how soon it lets run."""
    for row in res.get("shares", []):
        where = "%d CPU%s" % (row["cpus"], "s" if row["cpus"] > 1 else "")
        for kind, goal in (("weight", "off by at most 2 %"), ("cap", "off by at most 2 %")):
            worst = max(row[kind], key=lambda pair: abs(pair[1] / pair[0] - 1))
            off = 100 * (worst[1] / worst[0] - 1)
            yield ("%s of three domains that use all they get, %s" % (kind, where),
                   "%.2f %% instead of %.2f %% (%+.2f %%)" % (worst[1], worst[0], off), goal, of(abs(off), 2))
        yield ("wake-up of an idle domain beside them, %s" % where, "median %.0f us" % row["latency"][0], "1000 us",
               of(row["latency"][0], 1000))


def goals(res):
    """(what, figure, goal, verdict) of each."""
    cols = res["columns"]
    for ours, xen in measure.PAIRS:
        if ours in cols and xen in cols:
            yield from _pair(res, ours, xen)
    for column in TIME_MEAN:
        if column in cols and "native" in cols:
            yield from _beside_native(res, column)
    yield from _calls(res)
    yield from _jobs(res)
    yield from _shares(res)


def lines(res):
    """All of them as text."""
    for what, figure, goal, verdict in goals(res):
        yield "%-12s %s: %s%s" % (verdict, what, figure, " (goal: %s)" % goal if goal else "")
