# SPDX-License-Identifier: GPL-2.0-only
"""Writing a cpio archive of the newc kind, which is what Linux takes as initramfs."""

import os
import stat


class Archive:
    """Files, folders, links and devices in memory; bytes() ends the archive."""

    def __init__(self):
        self._out = bytearray()
        self._count = 0
        self._folders = set()

    def _add(self, name, mode, data=b"", rdev=(0, 0)):
        self._count += 1
        raw = name.encode() + b"\0"
        fields = (self._count, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(raw), 0)
        self._out += b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self._out += bytes(-len(self._out) % 4)
        self._out += data
        self._out += bytes(-len(self._out) % 4)

    def folder(self, name):
        """A folder and those above it, unless they are there."""
        name = name.strip("/")
        if not name or name in self._folders:
            return
        self.folder(os.path.dirname(name))
        self._folders.add(name)
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o644):
        """A plain file."""
        self.folder(os.path.dirname(name))
        self._add(name.lstrip("/"), stat.S_IFREG | mode, data)

    def copy(self, name, path, mode=None):
        """A plain file from this machine."""
        with open(path, "rb") as f:
            self.file(name, f.read(), stat.S_IMODE(os.stat(path).st_mode) if mode is None else mode)

    def link(self, name, target):
        """A symbolic link."""
        self.folder(os.path.dirname(name))
        self._add(name.lstrip("/"), stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        """A character device."""
        self.folder(os.path.dirname(name))
        self._add(name.lstrip("/"), stat.S_IFCHR | 0o600, rdev=(major, minor))

    def bytes(self):
        """The whole archive."""
        self._add("TRAILER!!!", 0)
        self._out += bytes(-len(self._out) % 512)
        return bytes(self._out)
