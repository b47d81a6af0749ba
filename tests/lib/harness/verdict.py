# SPDX-License-Identifier: GPL-2.0-only
"""From a finished boot to TAP lines."""

import re
import shlex

from . import console, machine

_POINT = re.compile(r"^(?P<no>not )?ok\b\s*(?P<number>\d+)?\s*-?\s*(?P<text>[^#]*)(?:#\s*(?P<dir>.*))?$")
_PLAN = re.compile(r"^1\.\.(?P<count>\d+)\s*(?:#\s*(?P<dir>.*))?$")
LOG_LINES = 400     # of the serial log shown with a failure: the last ones


def show_log(tap, spec, outcome):
    """The serial log and how to boot the same again, as diagnostics."""
    tap.note("boot ended: %s%s, after %.2f s" % (outcome.kind, ": " + outcome.why if outcome.why else "",
                                                 outcome.seconds))
    tap.note("command: " + shlex.join(machine.command(spec)))
    if outcome.qemu_error:
        tap.note("QEMU says: " + outcome.qemu_error)
    tap.note("serial log, with seconds since QEMU started:")
    for when, text in outcome.lines[-LOG_LINES:]:
        tap.note("%7.3f %s" % (when, text))
    tap.note("end of the serial log")


def guest_points(tap, outcome):
    """Pass on what the guest said in TAP; return (complaint or None, reason to skip or None)."""
    planned, seen, skip = None, 0, None
    for text in map(console.guest_text, outcome.texts()):
        plan = _PLAN.match(text)
        if plan:
            planned = int(plan.group("count"))
            if planned == 0:
                skip = re.sub(r"(?i)^skip:?\s*", "", plan.group("dir") or "") or "no reason given"
        elif text.startswith("Bail out!"):
            print(text, flush=True)
            return "the guest bailed out", None
        elif console.is_tap(text):
            point = _POINT.match(text)
            seen += 1
            if point.group("number") and int(point.group("number")) != seen:
                tap.note("the guest called the next one number " + point.group("number"))
            tap.point(not point.group("no"), point.group("text").strip(), point.group("dir") or "")
        elif text.startswith("#"):
            tap.note(text.lstrip("# "))
    if planned is None:
        return "the guest printed no TAP plan", None
    if planned != seen:
        return "the guest planned %d tests and made %d" % (planned, seen), None
    return None, skip


def audit_complaint(outcome, required):
    """What is wrong with the auditor's verdict, or None."""
    bad = [a for a in outcome.audits if not a.startswith("clean")]
    if bad:
        return "audit: " + bad[0]
    if required and not outcome.audits:
        return "no audit: a debug image must print its verdict"
    return None


def end_complaint(outcome, want):
    """What is wrong with the end of the boot, or None.

    want: a shutdown reason, or panic, refuse (the hypervisor would not start), mark, exit, any.
    """
    if want == "any":
        return None
    kind = {"refuse": "cannot start"}.get(want, want)
    if kind not in ("panic", "cannot start", "mark", "exit"):
        if outcome.kind != "shutdown" or outcome.why != want:
            return "wanted the shutdown %s, got %s: %s" % (want, outcome.kind, outcome.why)
        if outcome.must_go_off and not outcome.powered_off:
            return "the machine was still on %g s after the end" % machine.GRACE
        return None
    return None if outcome.kind == kind else "wanted %s, got %s: %s" % (kind, outcome.kind, outcome.why)


def judge(tap, spec, outcome, want="poweroff", audit=False, guest_tap=True, expect=(), reject=(), name="boot"):
    """Say everything about one boot; returns the reason to skip the whole of it, or None.

    expect, reject: patterns, searched in each line of the log.
    """
    failed_before = tap.failed
    complaints, skip = [], None
    if guest_tap:
        complaint, skip = guest_points(tap, outcome)
        complaints.append(complaint)
    for pattern in expect:
        tap.point(outcome.first(pattern) is not None, "%s: console says /%s/" % (name, pattern))
    for pattern in reject:
        tap.point(outcome.first(pattern) is None, "%s: console does not say /%s/" % (name, pattern))
    complaints += [end_complaint(outcome, want), audit_complaint(outcome, audit)]
    complaints = [c for c in complaints if c]
    if complaints or not skip:
        tap.point(not complaints, "%s: ended as it should (%s%s)" % (
            name, want, ", audit clean" if outcome.audits else ""))
    for complaint in complaints:
        tap.note(complaint)
    if tap.failed > failed_before:
        show_log(tap, spec, outcome)
    return skip if not complaints else None
