# SPDX-License-Identifier: GPL-2.0-only
"""The small initramfs: busybox, the modules that the tests load, and the tests' programs.

In it /init (guest/init) runs what the kernel's command line names: see there.
"""

import hashlib
import os

import cpio
import debian
import modules
from harness import places

HERE = os.path.dirname(os.path.realpath(__file__))
GUEST = os.path.join(HERE, "..", "guest")

MODULES = (
    "xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc",
    "virtio_pci", "virtio_blk", "virtio_net", "ahci", "sd_mod", "nvme", "e1000e",
    "ext4", "crc32c_generic", "loop", "brd",
    "xen-blkback", "xen-netback", "bridge",
)


def programs():
    """The tests' own C programs, as built."""
    folder = os.path.join(places.build_dir(), "tests", "system", "progs")
    if not os.path.isdir(folder):
        return []
    paths = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if "." not in n]
    return [p for p in paths if os.path.isfile(p) and os.access(p, os.X_OK)]


def scripts():
    """The shell scripts for the guest."""
    return [os.path.join(GUEST, n) for n in sorted(os.listdir(GUEST)) if "." not in n]


def _modules(archive):
    _, folder = debian.kernel()
    tree = modules.Tree(folder)
    closure = tree.closure(MODULES)
    top = os.path.join("lib/modules", os.path.basename(folder))
    for name in closure:
        archive.copy(os.path.join(top, tree.relative(name)), tree.paths[name], 0o644)
    archive.file(os.path.join(top, "modules.dep"), modules.modules_dep(tree, closure).encode())


def _build(path, more):
    a = cpio.Archive()
    a.device("dev/console", 5, 1)
    for name in ("proc", "sys", "run", "tmp", "root", "mnt", "etc"):
        a.folder(name)
    a.copy("bin/busybox", debian.busybox(), 0o755)
    a.link("bin/sh", "busybox")
    for source in scripts():
        name = os.path.basename(source)
        a.copy("init" if name == "init" else "tests/" + name, source, 0o755)
    for source in programs():
        a.copy("bin/" + os.path.basename(source), source, 0o755)
    for name, source in more:
        a.copy(name, source)
    _modules(a)
    with open(path, "wb") as f:
        f.write(a.bytes())


def build(more=()):
    """Path of the initramfs, made anew whenever one of its own files changed.

    more: (name in it, path here) of more files.
    """
    kernel, _ = debian.kernel()
    mark = hashlib.sha256(kernel.encode())
    own = [os.path.join(HERE, n) for n in ("ramdisk.py", "cpio.py", "modules.py")]
    for source in own + scripts() + programs() + [p for _, p in more]:
        mark.update(source.encode())
        with open(source, "rb") as f:
            mark.update(f.read())
    return debian.kept("initramfs-" + mark.hexdigest()[:16], lambda path: _build(path, more))
