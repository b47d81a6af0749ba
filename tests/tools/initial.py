# SPDX-License-Identifier: GPL-2.0-only
"""What the boots here share: an initial domain with our store, our daemons and bonsai, and guests for it to make."""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system", "lib"))
# pylint: disable=wrong-import-position
import linux  # noqa: E402
import domu  # noqa: E402
import libraries  # noqa: E402

# It runs what is typed on its console.
INIT = """#!/bin/sh
export PATH=/bin:/sbin
/bin/busybox --install -s /bin
mkdir -p /sbin
ln -s ../bin/poweroff ../bin/reboot /sbin/
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
dmesg -n 1
modprobe -a xen-blkfront xen-netfront
trap 'echo "domu: powers off"; poweroff -f' USR2
trap 'echo "domu: reboots"; reboot -f' TERM
echo "domu: up, $(nproc) vCPUs"
while read -r line; do
	eval "$line"
done </dev/hvc0 &
wait
while :; do
	wait $!
	sleep 1
done
"""


def stock(name, more=""):
    """A file for a guest with Debian's kernel."""
    return '''name = "%s"
kernel = "/vmlinux"
ramdisk = "/domu"
extra = "console=hvc0 panic=-1 sysrq_always_enabled"
memory = 128
%s''' % (name, more)


def small(name, program="hello,stress seconds=3600", more=""):
    """A file for a pv-guest."""
    return '''name = "%s"
kernel = "/guest"
extra = "program=%s"
memory = 16
%s''' % (name, program, more)


def store():
    """The store's program: ours, or Debian's with BONSAI_STORE=stock."""
    if os.environ.get("BONSAI_STORE") != "stock":
        return [("bin/xenstored", built("tests/tools/xenstored-static"))]
    return [("bin/xenstored" if name.endswith("bin/xenstored") else name, path)
            for name, path in libraries.program("xen-utils-4.17", "usr/lib/xen-4.17/bin/xenstored")]


def built(path):
    """A file of the build folder."""
    return os.path.join(linux.places.build_dir(), path)


def written(folder, texts):
    """Files of these texts, by their names."""
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    return [(name, os.path.join(folder, name)) for name in texts]


def files(folder, tests, configs):
    """What the initial domain needs more, as (name there, path here).

    tests: scripts of guest/; configs: text of each guest's file; folder: for what is made on the spot.
    """
    more = store() + written(folder, configs)
    domu.build(os.path.join(folder, "domu"), INIT, ("xen-blkfront", "xen-netfront"))
    # Not the daemons: libxenstore's thread for watches does not start in a static program.
    for name in ("bonsai-consoled", "bonsaid", "bonsai-init-dom0"):
        more += libraries.built(built("tools/" + name), "bin/" + name)
    more += libraries.library("libgcc-s1", "libgcc_s.so.1")     # for pthread_cancel, by dlopen
    more += [(libraries.LOADER, os.path.realpath("/" + libraries.LOADER)),
             ("bin/bonsai", built("tests/tools/bonsai-static")),
             ("guest", built("pv-guest/pv-guest-pv")),
             ("vmlinux", linux.vmlinux()),
             ("domu", os.path.join(folder, "domu"))]
    return more + [("tests/" + name, os.path.join(HERE, "guest", name)) for name in ("host", *tests)]
