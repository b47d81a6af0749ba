# SPDX-License-Identifier: GPL-2.0-only
"""What the system tests share: one boot of Debian's kernel as initial domain, and its verdict."""

import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "lib"))

# pylint: disable=wrong-import-position
import bzimage  # noqa: E402
import debian  # noqa: E402
import ramdisk  # noqa: E402
from harness import machine, peer, places, tap, verdict  # noqa: E402,F401

WHICH = os.environ.get("BONSAI_HYPERVISOR", "ours")
CONSOLE = "com1=115200,8n1 console=com1 loglvl=all guest_loglvl=all"
XEN_EXTRA = " spec-ctrl=eager-fpu"      # lazy switching loses registers: the traps of emulators
KERNEL_ARGS = "console=hvc0 earlyprintk=xen panic=-1"
COMPLAINTS = (r"\bWARNING:", r"\bBUG:", r"Call Trace", r"hypercall failed", r"Kernel panic", r"\bOops\b")
DOM0_MEM = 512      # MiB, where a test does not care
START = r"^init: userspace"


def hypervisor():
    """The image under test: $BONSAI_HYPERVISOR, as for run-qemu."""
    return peer.image() if WHICH == "xen" else places.hypervisor(WHICH)


def is_xen():
    """Whether the hypervisor under test is the peer."""
    return WHICH == "xen"


def hv_args(dom0_mem=DOM0_MEM, extra=""):
    """The hypervisor's command line; dom0_mem in MiB, 0: not given."""
    words = CONSOLE + (XEN_EXTRA if is_xen() else "")
    if dom0_mem:
        words += " dom0_mem=%dM,max:%dM" % (dom0_mem, dom0_mem)
    return (words + " " + extra).strip()


def _write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def bytes_of(path):
    """The content of a file."""
    with open(path, "rb") as f:
        return f.read()


def repacked(form):
    """Path of Debian's bzImage with its payload packed anew in one of bzimage.FORMATS."""
    image, _ = debian.kernel()
    return debian.kept("%s-%s" % (os.path.basename(image), form), lambda path: _write(
        path, bzimage.with_payload(bytes_of(image), bzimage.packed(bytes_of(vmlinux()), form))))


def vmlinux():
    """Path of Debian's kernel as a plain ELF: it boots faster, for nothing is unpacked."""
    image, _ = debian.kernel()
    return debian.kept(os.path.basename(image).replace("vmlinuz", "vmlinux"),
                       lambda path: _write(path, bzimage.vmlinux(bytes_of(image))))


def spec(tests=(), then="poweroff", args="", dom0_mem=DOM0_MEM, extra="", more=(), **how):
    """A boot whose /init runs tests, then does `then`."""
    how.setdefault("hypervisor", hypervisor())
    how.setdefault("hv_args", hv_args(dom0_mem, extra))
    how.setdefault("kernel", vmlinux())
    how.setdefault("initrd", ramdisk.build(more))
    how.setdefault("kernel_args", " ".join(
        w for w in (KERNEL_ARGS, "tests=" + ",".join(tests), "then=" + then, args) if w))
    how.setdefault("memory", 1024)
    how.setdefault("timeout", 120)
    return machine.Spec(**how)


def end_of(outcome):
    """How the harness shall call a good power-off.

    An initial domain that enters ACPI S5 takes the machine with it: QEMU is gone before the
    hypervisor can say that the domain ended.
    """
    gone = outcome.kind == "exit" and outcome.powered_off and not outcome.qemu_error
    return "exit" if gone and outcome.first(r"reboot: Power down") is not None else "poweroff"


def complaints(outcome):
    """The lines in which kernel or hypervisor complain."""
    return [text for pattern in COMPLAINTS for text in outcome.texts() if re.search(pattern, text)]


def boots(say, name, tests=(), expect=(), reject=(), **how):
    """One good boot: the guest's points, no complaint on the console, the machine goes off."""
    one = spec(tests, **how)
    outcome = machine.boot(one)
    judged(say, name, one, outcome, expect=tuple(expect) + (START,), reject=reject, guest_tap=bool(tests))
    return outcome


def judged(say, name, one, outcome, want=None, expect=(), reject=(), guest_tap=False):
    """The verdict of a boot of Linux; want: as for verdict.judge, default a power-off."""
    verdict.judge(say, one, outcome, want=want or end_of(outcome), audit=one.hypervisor.endswith("-debug"),
                  guest_tap=guest_tap, expect=expect, name=name)
    heard = complaints(outcome) + [t for r in reject for t in outcome.texts() if re.search(r, t)]
    if not say.point(not heard, "%s: no complaint on the console" % name):
        say.note("\n".join(heard))
        verdict.show_log(say, one, outcome)


def refuses(say, name, expect=(), **how):
    """One boot that must not start: exactly one line says why, nothing panics, no kernel runs."""
    how.setdefault("timeout", 60)
    one = spec(**how)
    outcome = machine.boot(one)
    lines = [t for t in outcome.texts() if t.startswith("(bonsai) cannot start: ")]
    good = outcome.kind == "cannot start" and len(lines) == 1 and bool(outcome.why.strip())
    good = good and not any("Linux version" in t or "PANIC" in t for t in outcome.texts())
    for pattern in expect:
        good = good and re.search(pattern, outcome.why) is not None
    say.point(good, "%s: refused%s" % (name, ", " + outcome.why if good else ""))
    if not good:
        verdict.show_log(say, one, outcome)
    return outcome


def main(test):
    """Run test(say) and close the TAP stream; what cannot be fetched skips it, what is not built is no verdict."""
    if not os.path.exists(hypervisor()):
        sys.exit(tap.bail_out("%s is not built" % hypervisor()))
    say = tap.Tap()
    try:
        test(say)
    except (debian.Missing, peer.PeerMissing, bzimage.NotHere) as e:
        if not say.count:
            sys.exit(tap.skip_all(str(e).replace("\n", "; ")))
        sys.exit(tap.bail_out(str(e).replace("\n", "; ")))
    except OSError as e:
        sys.exit(tap.bail_out(str(e)))
    sys.exit(say.done())
