# SPDX-License-Identifier: GPL-2.0-only
"""What the boot tests share: one boot of the report guest, and its verdict."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))

# pylint: disable=wrong-import-position
from harness import image, machine, peer, places, tap, verdict  # noqa: E402,F401

ARGS = "com1=115200,8n1 console=com1 loglvl=all guest_loglvl=all dom0_mem=64M"
WHICH = os.environ.get("BONSAI_HYPERVISOR", "ours")
PAGES = 64 << 8     # of dom0_mem=64M


def hypervisor():
    """The image under test: $BONSAI_HYPERVISOR, as for run-qemu."""
    return peer.image() if WHICH == "xen" else places.hypervisor(WHICH)


def report():
    """The guest, in the build folder of these tests."""
    return os.path.join(places.build_dir(), "tests", "boot", "report")


def spec(**how):
    """A boot of the report guest, changed as told."""
    how.setdefault("hypervisor", hypervisor())
    how.setdefault("hv_args", ARGS)
    how.setdefault("kernel", report())
    return machine.Spec(**how)


def says(**what):
    """Patterns for the lines of the report: says(vcpus=2) wants `report: vcpus 2`."""
    return [r"^(\(\w+\) )?report: %s %s$" % item for item in what.items()]


def boots(say, name, expect=(), **how):
    """One good boot: the guest reports, powers off, the audit is clean."""
    one = spec(**how)
    outcome = machine.boot(one)
    is_debug = one.hypervisor.endswith("-debug")
    verdict.judge(say, one, outcome, audit=is_debug, guest_tap=False, expect=expect, name=name)
    return outcome


def refuses(say, name, expect=(), **how):
    """One boot that must not start: exactly one line says why, nothing panics, no guest runs."""
    how.setdefault("timeout", 20)
    one = spec(**how)
    outcome = machine.boot(one)
    lines = [t for t in outcome.texts() if t.startswith("(bonsai) cannot start: ")]
    good = outcome.kind == "cannot start" and len(lines) == 1 and bool(outcome.why.strip())
    good = good and not any(t.startswith("report: ") or "PANIC" in t for t in outcome.texts())
    for pattern in expect:
        good = good and outcome.first(pattern) is not None
    say.point(good, "%s: refused%s" % (name, ", " + outcome.why if good else ""))
    if not good:
        verdict.show_log(say, one, outcome)
    return outcome


def main(test):
    """Run test(say) and close the TAP stream; what is missing here is no verdict."""
    if not os.path.exists(hypervisor()):
        sys.exit(tap.bail_out("%s is not built" % hypervisor()))
    say = tap.Tap()
    try:
        test(say)
    except (OSError, peer.PeerMissing) as e:
        sys.exit(tap.bail_out(str(e)))
    sys.exit(say.done())
