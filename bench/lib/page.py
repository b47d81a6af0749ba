# SPDX-License-Identifier: GPL-2.0-only
"""Figures as one HTML page: bars of ratios and the history, drawn as SVG, nothing loaded from elsewhere."""

import html
import math

import columns
import measure
import table
import verdict

COLOURS = {"ours": "#2a7", "xen": "#c63", "ours-domu": "#17a", "xen-domu": "#a36",
           "ours-ring1": "#8c3", "ours-ring1-domu": "#3bd"}
LABEL, PLOT, ROW, BAR = 210, 640, 22, 9
STYLE = """body{font:15px/1.5 sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#222}
pre{font-size:12px;overflow-x:auto;background:#f6f6f4;padding:1em}svg{max-width:100%}text{font:12px sans-serif;fill:#333}
.grid{stroke:#ddd}.one{stroke:#888}table{border-collapse:collapse;font-size:13px}td{padding:2px 10px 2px 0;vertical-align:top}
.met{color:#185}.missed{color:#b20;font-weight:bold}.in{color:#960}"""


def _text(x, y, words, anchor="start", fill=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (
        x, y, anchor, ' style="fill:%s"' % fill if fill else "", html.escape(words))


def _line(x1, y1, x2, y2, kind):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>' % (x1, y1, x2, y2, kind)


def _svg(width, height, parts):
    return '<svg viewBox="0 0 %d %d" width="%d" role="img">%s</svg>' % (width, height, width, "".join(parts))


def _legend(cols, y):
    step = PLOT / max(5, len(cols))
    for i, c in enumerate(cols):
        yield '<rect x="%d" y="%d" width="12" height="12" fill="%s"/>' % (LABEL + i * step, y, COLOURS[c])
        yield _text(LABEL + i * step + 18, y + 11, columns.TITLES[c])


def bars(rows, cols, axis):
    """Horizontal bars on a logarithmic axis: rows are (name, {column: ratio})."""
    rows = [(n, {c: v for c, v in d.items() if v and v > 0}) for n, d in rows]
    rows = [(n, d) for n, d in rows if d]
    if not rows:
        return "<p>No figures.</p>"
    least = min(0.5, min(min(d.values()) for _, d in rows))
    most = max(2.0, max(max(d.values()) for _, d in rows)) * 1.15
    height = ROW if len(cols) < 3 else BAR * len(cols) + 6
    bottom = 30 + height * len(rows)

    def at(v):
        return LABEL + PLOT * (math.log(v) - math.log(least)) / (math.log(most) - math.log(least))

    parts = list(_legend(cols, 2))
    for tick in (0.1, 0.2, 0.33, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200):
        if least <= tick <= most:
            parts += [_line(at(tick), 22, at(tick), bottom, "one" if tick == 1 else "grid"),
                      _text(at(tick), bottom + 14, "%g" % tick, "middle")]
    parts.append(_text(LABEL + PLOT, bottom + 30, axis, "end"))
    for i, (name, values) in enumerate(rows):
        y = 28 + i * height
        parts.append(_text(LABEL - 8, y + height / 2, name, "end"))
        for j, c in enumerate(c for c in cols if c in values):
            x1, x2 = sorted((at(1), at(values[c])))
            parts.append('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"><title>%s %.2f</title></rect>' % (
                x1, y + j * BAR, max(1.5, x2 - x1), BAR - 1, COLOURS[c], html.escape(columns.TITLES[c]), values[c]))
    return _svg(LABEL + PLOT + 30, bottom + 36, parts)


def history(results):
    """Lines over commits: what ours adds over what Xen adds, for a few operations."""
    chosen = ("getppid", "fault_anon", "mmap_touch_page", "fork_exit", "fork_exec", "pipe_round")
    hues = ("#2a7", "#17a", "#c63", "#a36", "#777", "#b90")
    results = sorted(results, key=lambda r: r["date"])
    step = PLOT / max(1, len(results) - 1)
    parts, high, top = [], 260, 1.0

    def at(v):
        return 20 + high * (1 - min(v, top) / top)

    for tick in (0, 0.33, 0.66, 1):
        parts += [_line(40, at(tick), 40 + PLOT, at(tick), "grid"), _text(34, at(tick) + 4, "%g" % tick, "end")]
    for op, hue in zip(chosen, hues):
        shares = [(40 + i * step, measure.share(r, op, "ours", "xen")) for i, r in enumerate(results) if op in r["ops"]]
        points = [(x, at(s)) for x, s in shares if s is not None]
        parts.append('<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>' % (
            hue, " ".join("%.1f,%.1f" % p for p in points)))
        parts += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (x, y, hue) for x, y in points]
        if points:
            parts.append(_text(points[-1][0] + 8, points[-1][1] + 4, op, fill=hue))
    for i, r in enumerate(results):
        parts.append(_text(40 + i * step, 20 + high + 16, r["commit"][:7], "middle"))
    return _svg(PLOT + 200, high + 50, parts)


def goals(res):
    """A row a goal, the verdict in its colour."""
    rows = ["<tr><td class=%s>%s<td>%s<td>%s<td>%s" % (
        word.split()[0], word, html.escape(what), html.escape(figure), html.escape("goal: " + goal if goal else ""))
        for what, figure, goal, word in verdict.goals(res)]
    return "<table>%s</table>" % "\n".join(rows)


def _alone(res, key, unit):
    """Ours as a multiple of Xen's, of each figure of our own small guests."""
    found = res.get(key, {}).get(unit, {})
    return [(name, {"ours": measure.ratio(value, found.get("xen", {}).get(name))})
            for name, value in found.get("ours", {}).items()]


def _ratios(res, kind, cols):
    for op in res["ops"]:
        native = measure.value(res, op, "native", kind)
        yield op, {c: measure.ratio(measure.value(res, op, c, kind), native) for c in cols}


def page(res, results):
    """The whole page: this result, and the history of all kept ones."""
    cols = [c for c in res["columns"] if c != "native"]
    shares = [(op, {p[0]: measure.share(res, op, *p) for p in table.present(res)}) for op in res["ops"]]
    facts = "".join("<li>%s</li>" % html.escape(f) for f in table.facts(res))
    return "\n".join([
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Bonsai: bench</title><style>%s</style>" % STYLE,
        "<h1>What a guest pays</h1><ul>%s</ul>" % facts,
        "<h2>Goals</h2>", goals(res),
        "<h2>Instructions, native = 1</h2>", bars(_ratios(res, "ins", cols), cols, "times native, logarithmic"),
        "<h2>Instructions added to native, what Xen adds = 1</h2>",
        bars(shares, [p[0] for p in table.present(res)], "share of what Xen adds; the aim is 0.33"),
        "<h2>Emulated time, native = 1</h2>", bars(_ratios(res, "ns", cols), cols, "times native, logarithmic"),
        "<h2>Hypercalls and events alone, instructions, Xen = 1</h2>",
        bars(_alone(res, "bare", "instructions"), ["ours"], "times Xen, logarithmic"),
        "<h2>Over commits: instructions added, share of what Xen adds</h2>", history(results),
        "<h2>The figures</h2><pre>%s</pre></html>" % html.escape(table.whole(res)), ""])
