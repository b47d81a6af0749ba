# SPDX-License-Identifier: GPL-2.0-only
"""Good ELF images made bad, one field at a time."""

import struct

_EHDR = {"type": (16, "H"), "machine": (18, "H"), "entry": (24, "Q"), "phoff": (32, "Q"),
         "phentsize": (54, "H"), "phnum": (56, "H")}
_PHDR = {"type": (0, "I"), "offset": (8, "Q"), "vaddr": (16, "Q"), "paddr": (24, "Q"),
         "filesz": (32, "Q"), "memsz": (40, "Q")}
PT_NULL, PT_LOAD, PT_NOTE = 0, 1, 4
XEN_VERSION, VIRT_BASE, ENTRY = 5, 3, 1      # types of notes, <xen/elfnote.h>


class Elf:
    """An ELF64 image held as bytes."""

    def __init__(self, data):
        self.data = bytearray(data)

    def _at(self, base, fields, name):
        offset, kind = fields[name]
        return base + offset, "<" + kind

    def get(self, name):
        """A field of the ELF header."""
        return struct.unpack_from(self._at(0, _EHDR, name)[1], self.data, self._at(0, _EHDR, name)[0])[0]

    def set(self, **fields):
        """Change fields of the ELF header."""
        for name, value in fields.items():
            at, kind = self._at(0, _EHDR, name)
            struct.pack_into(kind, self.data, at, value)
        return self

    def segment(self, kind, nth=0):
        """Offset of the nth program header of a type."""
        for i in range(self.get("phnum")):
            base = self.get("phoff") + i * self.get("phentsize")
            if self.field(base, "type") == kind:
                if not nth:
                    return base
                nth -= 1
        raise LookupError("no such segment")

    def field(self, base, name):
        """A field of a program header."""
        at, kind = self._at(base, _PHDR, name)
        return struct.unpack_from(kind, self.data, at)[0]

    def put(self, base, **fields):
        """Change fields of a program header."""
        for name, value in fields.items():
            at, kind = self._at(base, _PHDR, name)
            struct.pack_into(kind, self.data, at, value)
        return self

    def note(self, kind):
        """Offset of a Xen note's header."""
        base = self.segment(PT_NOTE)
        at, end = self.field(base, "offset"), self.field(base, "offset") + self.field(base, "filesz")
        while at < end:
            name, desc, found = struct.unpack_from("<III", self.data, at)
            if found == kind:
                return at
            at += 12 + (name + 3) // 4 * 4 + (desc + 3) // 4 * 4
        raise LookupError("no such note")

    def set_note(self, kind, desc):
        """Overwrite the start of a note's content."""
        at = self.note(kind) + 16
        self.data[at:at + len(desc)] = desc
        return self

    def load(self, nth=0):
        """Offset of the nth PT_LOAD header."""
        return self.segment(PT_LOAD, nth)
