# SPDX-License-Identifier: GPL-2.0-only
"""The columns of the bench: the same kernel, ramdisk, program and machine, with nothing, ours or Xen below.

A guest's column is a boot, too: its initial domain makes one guest by Debian's own xl, waits for
its end and shows what it printed.
"""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tests", "system", "lib"))

# pylint: disable=wrong-import-position
import linux  # noqa: E402  it finds the harness for the others
import modules  # noqa: E402
import ramdisk  # noqa: E402
import toolstack  # noqa: E402
from harness import machine, peer, places  # noqa: E402

MEMORY = 2048           # MiB of the machine
KERNEL_MEMORY = 1024    # of which the kernel gets, in every column but a guest's
GUEST = os.path.join(HERE, "..", "guest")
HV_ARGS = "com1=115200,8n1 console=com1 dom0_mem=%dM,max:%dM" % (KERNEL_MEMORY, KERNEL_MEMORY)
# A nanosecond an instruction, no waiting for real time; the same random numbers and the same date each time.
ICOUNT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2024-01-01,clock=vm"]
TITLES = {"native": "native", "ours": "dom0, ours", "xen": "dom0, Xen",
          "ours-domu": "domU, ours", "xen-domu": "domU, Xen",
          "ours-ring1": "dom0, ring 1", "ours-ring1-domu": "domU, ring 1"}     # ours, kernels by the second way


def program():
    """Path of the built ops."""
    return os.path.join(places.build_dir(), "bench", "ops", "ops")


def script(name):
    """(name in a ramdisk, path here) of one of guest/."""
    return "tests/" + name, os.path.join(GUEST, name)


def initrd():
    """Path of the ramdisk, the same for all that are measured."""
    front = modules.Tree(linux.debian.kernel()[1]).paths["xen_blkfront"]
    return ramdisk.build([("bin/ops", program()), script("bench"), script("jobs"), ("xen-blkfront.ko", front)])


def _domu_initrd():
    """The ramdisk of an initial domain that makes the guest which is measured."""
    more = [f for f in toolstack.files(False) if not f[0].startswith("guests/")]
    return ramdisk.build(more + [script("bench-domu"), script("block-script"), ("guests/vmlinux", linux.vmlinux()),
                                 ("guests/initrd", initrd())])


def _hypervisor(column):
    """(image, more options)"""
    if column.startswith("ours"):
        return places.hypervisor("release"), " ring1=all" if "-ring1" in column else ""
    return peer.image(), linux.XEN_EXTRA


def spec(column, words, icount, smp=1, timeout=600, what="bench", more=()):
    """A boot of one column that runs ops with these words, or another script of guest/."""
    domu = column.endswith("-domu")
    kernel_args = "panic=-1 then=poweroff tests=" + ("daemons,bench-domu guest=%s vcpus=%d" % (what, smp) if domu else what)
    if words:
        kernel_args += " ops=" + ",".join(words)
    kernel_args = " ".join([kernel_args, *more])
    how = {"initrd": _domu_initrd() if domu else initrd(), "memory": MEMORY, "smp": smp, "timeout": timeout}
    if icount:
        how.update(qemu_args=list(ICOUNT), accel="tcg")
    if column == "native":
        return machine.Spec(hypervisor=linux.vmlinux(), **how,
                            hv_args="console=ttyS0 mem=%dM %s" % (KERNEL_MEMORY, kernel_args))
    hypervisor, extra = _hypervisor(column)
    return machine.Spec(hypervisor=hypervisor, hv_args="%s dom0_max_vcpus=%d%s" % (HV_ARGS, smp, extra),
                        kernel=linux.vmlinux(), kernel_args="console=hvc0 " + kernel_args, **how)
