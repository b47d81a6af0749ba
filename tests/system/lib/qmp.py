# SPDX-License-Identifier: GPL-2.0-only
"""What QEMU itself says of a machine's end, by its monitor protocol (QMP)."""

import json
import os
import socket
import threading
import time


class Watch:
    """Listens to a QEMU that is started with qemu_args(); reason() tells how it ended."""

    def __init__(self, folder):
        self._path = os.path.join(folder, "qmp")
        self._reason = ""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def qemu_args(self):
        """More words for QEMU."""
        return ["-qmp", "unix:%s,server=on,wait=off" % self._path]

    def _connected(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            line = socket.socket(socket.AF_UNIX)
            try:
                line.connect(self._path)
                return line
            except OSError:
                line.close()
                time.sleep(0.05)        # until QEMU has made its socket
        return None

    def _listen(self):
        line = self._connected()
        if not line:
            return
        with line, line.makefile("rw", encoding="utf-8") as talk:
            try:
                talk.write('{"execute": "qmp_capabilities"}\n')
                talk.flush()
                for text in talk:
                    event = json.loads(text)
                    if event.get("event") == "SHUTDOWN" and not self._reason:
                        self._reason = event["data"]["reason"]
            except (OSError, ValueError):
                pass

    def reason(self):
        """guest-shutdown, guest-reset, host-signal ...; empty if it did not tell."""
        self._thread.join(5)
        return self._reason
