# SPDX-License-Identifier: GPL-2.0-only
"""Small guests of our own: pv-guest's bench on the bare machine, on ours and on Xen, and tests/guest's bench-*.c.

The latter do single hypercalls and events and nothing else, so that no kernel's work is in the figures.
"""

import os
import re
import subprocess
import sys

import columns
from harness import console, machine, peer, places

LINE = re.compile(r"^bench (\w+) (?:ns=|ins=)?([0-9.]+) ")
HV_ARGS = "com1=115200,8n1 console=com1 dom0_mem=64M"
LAST = ("hypercall", "native_cr3_load")     # one of them is in every port's list
BARE = (("calls", 1, "grant_copy_of_4K"), ("events", 1, "world_switch_twice"), ("events", 2, "poll_round_domain_other_cpu"))


def _spec(column, count):
    guest = os.path.join(places.build_dir(), "pv-guest", "pv-guest-%s")
    how = {"qemu_args": list(columns.ICOUNT[:1]) + ["shift=0"], "accel": "tcg"} if count else {}
    if column == "native":
        return machine.Spec(hypervisor=guest % "native", hv_args="program=bench", kernel="", timeout=120, **how)
    hypervisor, extra = (places.hypervisor("release"), "") if column == "ours" else (peer.image(), " spec-ctrl=eager-fpu")
    return machine.Spec(hypervisor=hypervisor, hv_args=HV_ARGS + extra, kernel=guest % "pv",
                        kernel_args="program=bench", timeout=120, **how)


def _read(outcome, last, what):
    """Name to figure.  Raises OSError when the last one is not there."""
    found = {m.group(1): float(m.group(2)) for m in map(LINE.match, map(console.guest_text, outcome.texts())) if m}
    if not any(name in found for name in last):
        raise OSError("no figures from %s: boot ended by %s" % (what, outcome.kind))
    return found


def figures(column, count=False):
    """What one boot of pv-guest printed: name to nanoseconds, or instructions.  Raises OSError when there is nothing."""
    return _read(machine.boot(_spec(column, count)), LAST, "pv-guest, " + column)


def bare_image(name):
    """Path of a program of tests/guest, built where it is not yet."""
    folder = os.path.join(places.build_dir(), "tests", "guest")
    subprocess.run(["make", "-s", "-C", folder, "bench-%s.elf" % name], check=True, stdout=sys.stderr)
    return os.path.join(folder, "bench-%s.elf" % name)


def bare_spec(column, name, cpus, count):
    """A boot of one of BARE as initial domain, which finds itself again as what its child is made of."""
    image = bare_image(name)
    how = {"qemu_args": list(columns.ICOUNT), "accel": "tcg"} if count else {}
    hypervisor, extra = (places.hypervisor("release"), "") if column == "ours" else (peer.image(), columns.linux.XEN_EXTRA)
    return machine.Spec(hypervisor=hypervisor, hv_args="%s dom0_max_vcpus=%d%s" % (HV_ARGS, cpus, extra),
                        kernel=image, initrd=image, smp=cpus, timeout=200, **how)


def bare_figures(column, count=False):
    """The same of the programs of tests/guest."""
    found = {}
    for name, cpus, last in BARE:
        found.update(_read(machine.boot(bare_spec(column, name, cpus, count)), (last,), "bench-%s, %s" % (name, column)))
    return found


def best(column, count=False, runs=1, of=figures):
    """The lowest figure of each name."""
    lowest = {}
    for _ in range(runs):
        for name, value in of(column, count).items():
            lowest[name] = min(value, lowest.get(name, value))
    return lowest


def both(names, runs, of=figures):
    """{"nanoseconds": {column: {name: figure}}, "instructions": the same} of these columns."""
    return {"nanoseconds": {c: best(c, False, runs, of) for c in names},
            "instructions": {c: best(c, True, 1, of) for c in names}}
