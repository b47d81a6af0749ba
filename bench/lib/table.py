# SPDX-License-Identifier: GPL-2.0-only
"""Figures as text."""

import columns
import measure
import shares
import verdict

def _number(v):
    return "" if v is None else "{:,.0f}".format(v) if abs(v) >= 1000 else ("%.1f" if abs(v) >= 10 else "%.2f") % v


def _ratio(v):
    return "" if v is None else "%.2f" % v


MARKS = {verdict.MET: " ", verdict.NOISE: "~", verdict.MISSED: "!"}


def _judged(v, goal, noise=0.0):
    """A ratio with its mark: ! above the goal, ~ above it by less than the noise."""
    return "" if v is None else "%.2f%s" % (v, MARKS[verdict.of(v, goal, noise)])


def _time_cell(res, op, pair):
    found = verdict.time_ratio(res, op, *pair)
    return "" if found is None else _judged(found[0], 1.0, found[1])


def layout(head, rows):
    """Lines of a table: the first column to the left, the others to the right."""
    widths = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    for row in [head] + rows:
        yield "  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]).rstrip()


def present(res):
    """The pairs of columns that this result has."""
    return [p for p in measure.PAIRS if p[0] in res["columns"] and p[1] in res["columns"]]


def times(res):
    """The table of nanoseconds."""
    cols = res["columns"]
    head = ["nanoseconds"] + [columns.TITLES[c] for c in cols] + ["+-%"] + [columns.TITLES[p[0]] + "/Xen" for p in present(res)]
    rows = []
    for op, cells in res["ops"].items():
        known = [c["ns"] for c in cells.values() if c["ns"]]
        if known:
            rows.append([op] + [_number(measure.value(res, op, c, "ns")) for c in cols] + ["%.0f" % max(k[1] for k in known)] +
                        [_time_cell(res, op, p) for p in present(res)])
    return layout(head, rows)


def instructions(res):
    """The table of instructions: the counts, what is added to native, and the share of what Xen adds."""
    cols = [c for c in res["columns"] if any(measure.value(res, op, c, "ins") for op in res["ops"])]
    pairs = [p for p in present(res) if p[0] in cols and p[1] in cols]
    head = ["instructions"] + [columns.TITLES[c] for c in cols]
    for ours, xen in pairs:
        head += ["+ " + columns.TITLES[ours], "+ " + columns.TITLES[xen], "share"]
    rows = []
    for op in res["ops"]:
        row = [op] + [_number(measure.value(res, op, c, "ins")) for c in cols]
        for ours, xen in pairs:
            row += [_number(measure.added(res, op, ours)), _number(measure.added(res, op, xen)),
                    _judged(measure.share(res, op, ours, xen), verdict.THIRD)]
        if any(row[1:]):
            rows.append(row)
    return layout(head, rows)


def flushes(res):
    """What throws translations away, an operation: writes of CR3, INVLPG, writes of CR4 and INVPCID, IPIs."""
    cols = [c for c in res["columns"] if any(cells.get(c, {}).get("flush") for cells in res["ops"].values())]
    rows = []
    for op, cells in res["ops"].items():
        found = [cells.get(c, {}).get("flush") for c in cols]
        if any(found):
            rows.append([op] + ["%.4g / %.4g / %.4g / %.4g" % (f[0], f[1], f[2] + f[3], f[4]) if f else "" for f in found])
    return layout(["CR3 / INVLPG / CR4, INVPCID / IPI"] + [columns.TITLES[c] for c in cols], rows) if rows else []


def means(res):
    """Geometric means over the group."""
    for ours, xen in present(res):
        mean = measure.mean(measure.ratio(measure.value(res, op, ours, "ns"), measure.value(res, op, xen, "ns"))
                            for op in measure.GROUP if op in res["ops"])
        share = measure.mean(measure.share(res, op, ours, xen) for op in measure.GROUP if op in res["ops"])
        yield "%s: time %s of Xen's, instructions added %s of what Xen adds (geometric means)" % (
            columns.TITLES[ours], _ratio(mean) or "?", _ratio(share) or "?")


def beside(found, unit):
    """A table of {column: {name: figure}}, with ratios to native where that is, and ours to Xen's."""
    names = dict.fromkeys(n for c in found.values() for n in c)
    pairs = [(g, "native") for g in found if g != "native" and "native" in found]
    pairs += [p for p in measure.PAIRS if p[0] in found and p[1] in found]
    title = {c: columns.TITLES[c].replace("dom0, ", "") for c in found}
    head = [unit] + list(title.values()) + ["%s/%s" % (title[a], title[b]) for a, b in pairs]
    rows = [[n] + [_number(c.get(n)) for c in found.values()] +
            [_ratio(measure.ratio(found[a].get(n), found[b].get(n))) for a, b in pairs] for n in names]
    return layout(head, rows)


def facts(res):
    """How it was measured, as sentences; what the columns do not share is said of each."""
    yield "commit %s, %s; %s" % (res["commit"], res["date"], res["how"])
    for key in sorted({k for said in res["said"].values() for k in said}):
        values = {c: said.get(key, "not told") for c, said in res["said"].items()}
        same = len(set(values.values())) == 1
        text = next(iter(values.values())) if same else "; ".join("%s: %s" % (columns.TITLES[c], v) for c, v in values.items())
        if not same or text != "Not affected":
            yield "%s%s: %s" % (key, " (all columns)" if same else "", text)


def whole(res):
    """Everything as text."""
    parts = [list(facts(res)), list(verdict.lines(res)), list(times(res)), list(instructions(res)), list(means(res)),
             list(flushes(res))]
    for what, key in (("jobs", "jobs"), ("pv-guest", "ports"), ("calls alone", "bare")):
        for unit, found in res.get(key, {}).items():
            parts.append(list(beside(found, "%s, %s" % (what, unit))) if found else [])
    parts += [list(shares.lines(row)) for row in res.get("shares", [])]
    return "\n\n".join("\n".join(p) for p in parts if p) + "\n"
