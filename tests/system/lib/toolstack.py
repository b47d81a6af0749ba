# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own Xen tools for the initial domain's initramfs, and guests for them to create.

guest/daemons starts them; guest/domains drives them.
"""

import hashlib
import os

import cpio
import debian
import libraries
import linux
from harness import places

HERE = os.path.dirname(os.path.realpath(__file__))
DOMU = os.path.join(HERE, "..", "domu")
BIN = "usr/lib/xen-4.17/bin/"           # where libxl looks for its helpers, and guest/daemons for all
TOOLS = ("xl", "xenstored", "xenconsoled", "xenconsole", "xen-init-dom0", "xentop")
STORE_TOOLS = ("read", "write", "list", "ls", "rm", "exists")
CONFIGS = ("stock1.cfg", "stock2.cfg", "bzimage.cfg", "pv1.cfg", "pv2.cfg")


def _initramfs(path):
    """Of a domU: busybox and domu/init."""
    a = cpio.Archive()
    a.device("dev/console", 5, 1)
    for name in ("proc", "sys", "run", "tmp"):
        a.folder(name)
    a.copy("bin/busybox", debian.busybox(), 0o755)
    a.link("bin/sh", "busybox")
    a.copy("init", os.path.join(DOMU, "init"), 0o755)
    with open(path, "wb") as f:
        f.write(a.bytes())


def initramfs():
    """Path of a domU's initramfs."""
    mark = hashlib.sha256(linux.bytes_of(os.path.join(DOMU, "init"))).hexdigest()[:16]
    return debian.kept("domu-initramfs-" + mark, _initramfs)


def files(lite):
    """(name in the initramfs, path here) of tools, their libraries and guests; lite: our xenstored too."""
    found = {}
    for name in TOOLS:
        found.update(libraries.program("xen-utils-4.17", BIN + name))
    found.update((n.replace("usr/bin/xenstore", BIN + "xenstore"), p)
                 for n, p in libraries.program("xenstore-utils", "usr/bin/xenstore"))
    found.update(libraries.library("libgcc-s1", "libgcc_s.so.1"))      # for pthread_cancel, by dlopen
    if lite:
        found.update(libraries.built(os.path.join(places.build_dir(), "xenstore-lite", "xenstored-lite"),
                                     BIN + "xenstored-lite"))
    found["guests/vmlinux"] = linux.vmlinux()
    found["guests/vmlinuz"] = debian.kernel()[0]
    found["guests/initrd"] = initramfs()
    found["guests/pv-guest"] = os.path.join(places.build_dir(), "pv-guest", "pv-guest-pv")
    for name in CONFIGS:
        found["guests/" + name] = os.path.join(DOMU, name)
    return sorted(found.items())
