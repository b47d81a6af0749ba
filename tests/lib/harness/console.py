# SPDX-License-Identifier: GPL-2.0-only
"""The serial log: whose line is it, and which line ends the boot.

What the hypervisor promises to print is in docs/ and DESIGN: a panic, a
guest's crash, the end of the initial domain, a refusal to start and the
verdict of the auditor each have their words.  Xen's words for the same are
here too, so that one guest can be judged on both.
"""

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?=]*[ -/]*[@-~]|[()][0-9A-Za-z]|[@-Z\\-_=>])|[\x00-\x08\x0b-\x1f\x7f]")
_PREFIX = re.compile(r"^(?:\((?:XEN|bonsai|d\d+(?:v\d+)?)\) ?|\[[^\]]*\] ?)+")

# What ends a boot: (pattern, kind).  A named group "why" holds the detail.
_BONSAI_ENDS = (
    (re.compile(r"^\(bonsai\) initial domain shut down: (?P<why>\w+)"), "shutdown"),
    (re.compile(r"^\(bonsai\) PANIC on CPU \d+: (?P<why>.*)"), "panic"),
    (re.compile(r"^\(bonsai\) cannot start: (?P<why>.*)"), "cannot start"),
)
_XEN_ENDS = (
    (re.compile(r"^\(XEN\) .*Hardware Dom\d+ halted: halting"), "shutdown", "poweroff"),
    (re.compile(r"^\(XEN\) .*Hardware Dom\d+ shutdown: rebooting"), "shutdown", "reboot"),
    (re.compile(r"^\(XEN\) .*Hardware Dom\d+ crashed"), "shutdown", "crash"),
    (re.compile(r"^\(XEN\) .*Hardware Dom\d+ shutdown: watchdog"), "shutdown", "watchdog"),
    (re.compile(r"^\(XEN\) .*Hardware domain \d+ did unsupported soft reset"), "shutdown", "soft_reset"),
    (re.compile(r"^\(XEN\) .*Hardware Dom\d+ shutdown \(unknown reason 2\)"), "shutdown", "suspend"),
    (re.compile(r"^\(XEN\) .*Panic on CPU \d+:"), "panic", "see the log"),
    (re.compile(r"^\(XEN\) .*Xen BUG at "), "panic", "see the log"),
)
_AUDIT = re.compile(r"^\(bonsai\) audit: (?P<verdict>.*)")
_TAP = re.compile(r"^(?:ok\b|not ok\b|1\.\.\d+|Bail out!)")


def clean(line):
    """A console line without terminal control characters."""
    return _ESCAPES.sub("", line).rstrip()


def guest_text(line):
    """What the guest wrote, without the prefix a hypervisor put before it."""
    return _PREFIX.sub("", line)


def is_tap(text):
    """Whether a guest's line is one a TAP reader acts on."""
    return bool(_TAP.match(text))


def end_of(line):
    """(kind, why) if this line ends the boot, else None."""
    for pattern, kind in _BONSAI_ENDS:
        found = pattern.match(line)
        if found:
            return kind, found.group("why")
    for pattern, kind, why in _XEN_ENDS:
        if pattern.match(line):
            return kind, why
    return None


def audit_of(line):
    """The auditor's words, if this line holds them."""
    found = _AUDIT.match(line)
    return found.group("verdict") if found else None


class Console:
    """Turns bytes from the serial port into stamped lines."""

    def __init__(self):
        self.lines = []  # (seconds since QEMU started, text)
        self._rest = b""

    def feed(self, data, now):
        """Take bytes; return the lines that they completed."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [self._add(raw, now) for raw in whole]

    def close(self, now):
        """The machine is gone: what was left without a newline is a line too."""
        rest, self._rest = self._rest, b""
        return [self._add(rest, now)] if rest.strip() else []

    def _add(self, raw, now):
        text = clean(raw.decode("utf-8", "replace"))
        self.lines.append((now, text))
        return text

    def texts(self):
        """All lines so far."""
        return [text for _, text in self.lines]
