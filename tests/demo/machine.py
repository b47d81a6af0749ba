# SPDX-License-Identifier: GPL-2.0-only
"""An initial domain that is ready for guests: Debian's kernel, our store, our daemons, our bonsai."""

import hashlib
import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system", "lib"))
import linux  # noqa: E402  pylint: disable=wrong-import-position
# pylint: disable=wrong-import-position
import domu  # noqa: E402
import libraries  # noqa: E402

MEMORY, DOM0_MEMORY = 2048, 768         # MiB
RUN = os.path.join(linux.places.SOURCE, "tests", "lib", "run-qemu")
PROGRAMS = ("bonsai", "bonsai-consoled", "bonsaid", "bonsai-init-dom0", "bonsai-blockd")


MODULES = ("xen-blkfront", "xen-netfront", "ext4", "crc32c_generic")     # of the guest with Debian's kernel


def tools():
    """(name in the initramfs, path here) of all that manages guests."""
    build = linux.places.build_dir()
    found = dict(libraries.built(os.path.join(build, "xenstore-lite", "xenstored-lite"), "bin/xenstored-lite"))
    for name in PROGRAMS:
        path = os.path.join(build, "tools", name)
        if os.path.exists(path):
            found.update(libraries.built(path, "bin/" + name))
    found.update(libraries.library("libgcc-s1", "libgcc_s.so.1"))      # for pthread_cancel, by dlopen
    found[libraries.LOADER] = os.path.realpath("/" + libraries.LOADER)
    return sorted(found.items()) + [("tests/start", os.path.join(HERE, "guest", "start"))]


def guests():
    """The same of the demonstration: its script, its guests."""
    with open(os.path.join(HERE, "guest", "debian-init"), encoding="utf-8") as f:
        init = f.read()
    initrd = linux.debian.kept("demo-" + hashlib.sha256(init.encode()).hexdigest()[:16],
                               lambda path: domu.build(path, init, MODULES))
    return [("tests/demo", os.path.join(HERE, "guest", "demo")),
            ("guests/small.cfg", os.path.join(HERE, "small.cfg")),
            ("guests/debian.cfg", os.path.join(HERE, "debian.cfg")),
            ("guests/pv-guest", os.path.join(linux.places.build_dir(), "pv-guest", "pv-guest-pv")),
            ("guests/vmlinuz", linux.debian.kernel()[0]),
            ("guests/debian-initrd", initrd)]


def words(initrd, arguments, terminal):
    """run-qemu's command line for it; terminal: whether someone watches and types."""
    options = ["--hypervisor", linux.WHICH if linux.is_xen() else "release", "--memory", str(MEMORY), "--smp", "2",
               "--dom0-mem", "%dM,max:%dM" % (DOM0_MEMORY, DOM0_MEMORY), "--initrd", initrd]
    if terminal:
        options = ["--show", "--timeout", "36000"] + options
    return [RUN] + options + [linux.vmlinux(), "console=hvc0", "quiet"] + arguments
