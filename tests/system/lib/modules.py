# SPDX-License-Identifier: GPL-2.0-only
"""Kernel modules: which others each needs, and the modules.dep that modprobe reads.

The package has no modules.dep (it is made at installation), so it is made here from
what each module says of itself in its .modinfo section.
"""

import os
import struct


def _section(elf, wanted):
    shoff, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names_index = struct.unpack_from("<HHH", elf, 0x3a)
    heads = [struct.unpack_from("<IIQQQQ", elf, shoff + i * size) for i in range(count)]
    names = heads[names_index][4]
    for name, _, _, _, offset, length in heads:
        start = names + name
        if elf[start:elf.index(b"\0", start)] == wanted:
            return elf[offset:offset + length]
    return b""


def depends(path):
    """Names of the modules that this one needs loaded before it."""
    with open(path, "rb") as f:
        info = _section(f.read(), b".modinfo")
    for item in info.split(b"\0"):
        if item.startswith(b"depends="):
            return [n for n in item[8:].decode().split(",") if n]
    return []


def plain(name):
    """A module's name as the kernel spells it."""
    return name.replace("-", "_")


class Tree:
    """The modules below one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.paths = {}
        for here, _, names in os.walk(os.path.join(folder, "kernel")):
            for n in names:
                if n.endswith(".ko"):
                    self.paths[plain(n[:-3])] = os.path.join(here, n)

    def closure(self, wanted):
        """{name: names it needs, directly} for the wanted ones and all they need."""
        found, todo = {}, [plain(n) for n in wanted]
        while todo:
            name = todo.pop()
            if name not in found:
                found[name] = [plain(d) for d in depends(self.paths[name])]
                todo += found[name]
        return found

    def relative(self, name):
        """A module's path below the folder."""
        return os.path.relpath(self.paths[name], self.folder)


def _load_order(closure, name, seen):
    for other in closure[name]:
        if other not in seen:
            _load_order(closure, other, seen)
            seen.append(other)
    return seen


def modules_dep(tree, closure):
    """The text of modules.dep: each module, then all it needs; they are loaded from the right."""
    return "".join("%s:%s\n" % (tree.relative(name), "".join(
        " " + tree.relative(n) for n in reversed(_load_order(closure, name, [])))) for name in sorted(closure))
