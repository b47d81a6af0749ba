# SPDX-License-Identifier: GPL-2.0-only
"""A boot with somebody at the keyboard: wait for words on the console, type others."""

import os
import re
import select
import subprocess
import tempfile
import time

from harness import console, machine

# Whole escape sequences and control characters; the rest of a lone ESC is still to come.
_CONTROLS = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")
OFF = 60.0      # seconds for the machine to go off when it was told to


class Session:
    """with Session(spec) as s: s.wait(pattern); s.type(text); s.finish() gives the Outcome."""

    def __init__(self, spec):
        self.spec = spec
        self.log = console.Console()
        self.outcome = machine.Outcome(lines=self.log.lines)
        self._seen = ""         # what came since the last match
        self._start = time.monotonic()

    def __enter__(self):
        self._errors = tempfile.TemporaryFile()
        self._qemu = subprocess.Popen(machine.command(self.spec), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self._errors, bufsize=0)
        return self

    def __exit__(self, *_):
        if self._qemu.poll() is None:
            self._qemu.kill()
        self._qemu.wait()
        self._qemu.stdin.close()
        self._qemu.stdout.close()
        self._errors.close()

    def _read(self, limit):
        """Take what comes within limit seconds; False at the end of the console or of the time."""
        fd = self._qemu.stdout.fileno()
        if not select.select([fd], [], [], max(0, limit - time.monotonic()))[0]:
            return False
        data = os.read(fd, 65536)
        for text in self.log.feed(data, time.monotonic() - self._start):
            verdict, end = console.audit_of(text), console.end_of(text)
            if verdict is not None:
                self.outcome.audits.append(verdict)
            if end and not self.outcome.kind:
                self.outcome.kind, self.outcome.why = end
        self._seen += data.decode("utf-8", "replace")
        self.outcome.powered_off = not data
        return bool(data)

    def wait(self, pattern, seconds):
        """What a pattern matched on the console, None if it does not come in time."""
        limit = time.monotonic() + seconds
        while True:
            self._seen = _CONTROLS.sub("", self._seen)
            found = re.search(pattern, self._seen)
            if found:
                self._seen = self._seen[found.end():]
                return found
            if not self._read(limit):
                return None

    def type(self, text):
        """Press keys, as fast as a quick typist."""
        for c in text:
            self._qemu.stdin.write(c.encode())
            time.sleep(0.01)

    def ask(self, command, pattern, seconds=30):
        """Type a shell command; what its answer matched.  The echoed command itself is passed over."""
        self.type(command + "\n")
        self.wait(re.escape(command[-8:]) + r"\s*\n", seconds)
        return self.wait(pattern, seconds)

    def finish(self):
        """Wait until the machine is off; the Outcome."""
        limit = time.monotonic() + OFF
        while self._read(limit):
            pass
        out = self.outcome
        out.seconds = time.monotonic() - self._start
        self.log.close(out.seconds)
        if not out.kind:
            out.kind = "exit" if out.powered_off else "timeout"
        return out
