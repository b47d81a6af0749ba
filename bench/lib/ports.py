# SPDX-License-Identifier: GPL-2.0-only
"""pv-guest's own bench: the same small kernel on the bare machine, on ours and on Xen."""

import os
import re

import columns
from harness import console, machine, peer, places

LINE = re.compile(r"^bench (\w+) (?:ns|ins)=([0-9.]+) ")
HV_ARGS = "com1=115200,8n1 console=com1 dom0_mem=64M"
LAST = ("hypercall", "native_cr3_load")     # one of them is in every port's list


def _spec(column, count):
    guest = os.path.join(places.build_dir(), "pv-guest", "pv-guest-%s")
    how = {"qemu_args": list(columns.ICOUNT[:1]) + ["shift=0"], "accel": "tcg"} if count else {}
    if column == "native":
        return machine.Spec(hypervisor=guest % "native", hv_args="program=bench", kernel="", **how)
    hypervisor, extra = (places.hypervisor("release"), "") if column == "ours" else (peer.image(), " spec-ctrl=eager-fpu")
    return machine.Spec(hypervisor=hypervisor, hv_args=HV_ARGS + extra, kernel=guest % "pv",
                        kernel_args="program=bench", **how)


def figures(column, count=False):
    """What one boot printed: name to nanoseconds, or instructions.  Raises OSError when there is nothing."""
    outcome = machine.boot(_spec(column, count))
    found = {m.group(1): float(m.group(2)) for m in map(LINE.match, map(console.guest_text, outcome.texts())) if m}
    if not any(name in found for name in LAST):
        raise OSError("no figures from pv-guest, %s: boot ended by %s" % (column, outcome.kind))
    return found


def best(column, count=False, runs=1):
    """The lowest figure of each name."""
    lowest = {}
    for _ in range(runs):
        for name, value in figures(column, count).items():
            lowest[name] = min(value, lowest.get(name, value))
    return lowest
