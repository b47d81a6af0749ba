# SPDX-License-Identifier: GPL-2.0-only
"""Disk images for a guest, and whether both sides saw the same bytes on them.

The first PART bytes are written here before the boot and summed by the guest; the next PART
bytes are written by the guest, which says their sum, and read here after the boot.
"""

import hashlib
import os
import random
import re

PART = 8 << 20
SIZE = 4 * PART

# guest's name: QEMU's words, with %s for the drive
DEVICES = {
    "vda": ["-device", "virtio-blk-pci,drive=%s"],
    "sda": ["-device", "ahci,id=ahci", "-device", "ide-hd,bus=ahci.0,drive=%s"],
    "nvme0n1": ["-device", "nvme,serial=bonsai,drive=%s"],
}


class Disk:
    """One image in a folder."""

    def __init__(self, folder, name, option=""):
        self.name, self.path = name, os.path.join(folder, name)
        self.option = option
        data = random.Random(name).randbytes(PART)
        self.before = hashlib.sha256(data).hexdigest()
        with open(self.path, "wb") as f:
            f.write(data)
            f.truncate(SIZE)

    def qemu_args(self):
        """The drive and its controller."""
        words = [w % self.name if "%s" in w else w for w in DEVICES[self.name]]
        words[-1] += self.option
        return ["-drive", "if=none,format=raw,id=%s,file=%s" % (self.name, self.path)] + words

    def _told(self, outcome, what):
        for text in outcome.texts():
            found = re.search(r"# sum %s %s (\w+)" % (what, self.name), text)
            if found:
                return found.group(1)
        return None

    def compare(self, say, outcome):
        """Two points: what the guest read, what the guest wrote."""
        say.point(self._told(outcome, "read") == self.before, "%s: the guest read what the host wrote" % self.name)
        with open(self.path, "rb") as f:
            f.seek(PART)
            here = hashlib.sha256(f.read(PART)).hexdigest()
        say.point(self._told(outcome, "written") == here, "%s: the host finds what the guest wrote" % self.name)
