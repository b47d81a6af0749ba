# SPDX-License-Identifier: GPL-2.0-only
"""A small initramfs for a stock kernel in a guest: busybox, some modules, and a program of the caller's as /init."""

import os

import cpio
import debian
import modules


def build(path, init, wanted, more=()):
    """Write the initramfs to path; init: text of /init; wanted: names of modules that it may load; more: programs."""
    _, folder = debian.kernel()
    tree = modules.Tree(folder)
    closure = tree.closure(wanted)
    top = os.path.join("lib/modules", os.path.basename(folder))
    a = cpio.Archive()
    a.device("dev/console", 5, 1)
    for name in ("proc", "sys", "run", "tmp", "mnt"):
        a.folder(name)
    a.copy("bin/busybox", debian.busybox(), 0o755)
    a.link("bin/sh", "busybox")
    a.file("init", init.encode(), 0o755)
    for name, source in more:
        a.copy(name, source, 0o755)
    for name in closure:
        a.copy(os.path.join(top, tree.relative(name)), tree.paths[name], 0o644)
    a.file(os.path.join(top, "modules.dep"), modules.modules_dep(tree, closure).encode())
    with open(path, "wb") as f:
        f.write(a.bytes())
