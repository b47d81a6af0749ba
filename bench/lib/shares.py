# SPDX-License-Identifier: GPL-2.0-only
"""What the scheduler gives to domains that use all they get, and how soon one that idles wakes beside them."""

import re

import columns
import ports
from harness import console, machine, peer, places

SHARE = re.compile(r"^bench (weight|cap) wanted=(\d+) got=(\d+)")
LATENCY = re.compile(r"^bench latency median=(\d+) p90=(\d+) worst=(\d+)")
FIGURES = 7


def figures(cpus, xen=False, count=False):
    """One boot: {"cpus": , "weight": [(wanted, got) of each, in % of a CPU], "cap": the same, "latency": (median,
    90 %, worst) in us}.  Raises OSError when figures are missing."""
    image = ports.bare_image("shares")
    how = {"qemu_args": ["-icount", "shift=0,sleep=off"], "accel": "tcg"} if count else {}
    outcome = machine.boot(machine.Spec(
        hypervisor=peer.image() if xen else places.hypervisor("release"),
        hv_args=ports.HV_ARGS + " dom0_max_vcpus=1" + (columns.linux.XEN_EXTRA if xen else ""), kernel=image,
        kernel_args="cpus=%d" % cpus, initrd=image, smp=cpus, memory=256, timeout=400, **how))
    found = {"cpus": cpus, "weight": [], "cap": [], "latency": None}
    for text in map(console.guest_text, outcome.texts()):
        share, latency = SHARE.match(text), LATENCY.match(text)
        if share:
            found[share.group(1)].append([int(n) / 100 for n in share.groups()[1:]])
        elif latency:
            found["latency"] = [int(n) / 1000 for n in latency.groups()]
    if len(found["weight"] + found["cap"]) + bool(found["latency"]) != FIGURES:
        raise OSError("shares: not all of the %d figures; boot ended by %s\n%s" % (
            FIGURES, outcome.kind, "\n".join(outcome.texts()[-15:])))
    return found


def lines(found):
    """One boot's figures as text."""
    for kind in ("weight", "cap"):
        for wanted, got in found[kind]:
            yield "%d CPU  %-8s wanted %6.2f %%  got %6.2f %%  off by %+5.2f %%" % (
                found["cpus"], kind, wanted, got, (got - wanted) / wanted * 100)
    yield "%d CPU  latency  median %.0f us  90 %% %.0f us  worst %.0f us" % (found["cpus"], *found["latency"])
