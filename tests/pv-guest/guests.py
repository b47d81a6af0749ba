# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of pv-guest share: where its two images are, and a boot of each."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "boot"))

# pylint: disable=wrong-import-position
import boots  # noqa: E402

CPUS = (1, 2, 4)
STRESS = [r"stress: \d+ checks, all right"]
BOTH = ("loop_1000", "clock_read", "irq_off_on", "kernel_trap", "null_syscall", "user_page_fault", "map_unmap",
        "thread_switch", "user_switch", "thread_start_end", "process_start_end", "timer_set", "sleep_100us")


def built(name):
    """One of the images."""
    return os.path.join(boots.places.build_dir(), "pv-guest", name)


def skip_without_lwip():
    """End a test of the network programs where the guest was built without them."""
    with open(built("pv-guest-pv"), "rb") as f:
        if b"built without lwIP" in f.read():
            sys.exit(boots.tap.skip_all("pv-guest is built without lwIP: see what configure says of it"))


def skip_without_files():
    """The same for those that need a file system."""
    with open(built("pv-guest-pv"), "rb") as f:
        if b"libext2fs: " not in f.read():
            sys.exit(boots.tap.skip_all("pv-guest is built without files: see what configure says of e2fsprogs"))


def pv(say, name, program, expect, **how):
    """The pv port runs a program on the hypervisor under test."""
    boots.boots(say, name, expect, kernel=built("pv-guest-pv"), kernel_args=program, **how)


def native_main(test):
    """As boots.main(): what must be there, and is booted, is the native port."""
    boots.WHICH = built("pv-guest-native")
    boots.main(test)


def native(say, name, program, expect, **how):
    """The native port runs a program on the bare machine."""
    one = boots.spec(hv_args=program, kernel="", memory=64, **how)
    outcome = boots.machine.boot(one)
    boots.verdict.judge(say, one, outcome, want="exit", audit=False, guest_tap=False, expect=expect, name=name)


def all_well(chapters):
    """The line that ends a tour on which every answer was right."""
    return [r"tour: %d chapters, all as expected" % chapters]


def lines(port, names):
    """A bench line for each name, with a figure above zero."""
    return [r"bench %s (ns|ins)=[0-9.]*[1-9][0-9.]* port=%s " % (n, port) for n in names]
