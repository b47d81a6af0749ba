# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU: its command line, its life and its end.

Nothing here sleeps: a boot ends at the console line that says so, when QEMU
exits, or at the time limit.  Only the QEMU started here is ever killed, by
its process id.
"""

import ctypes
import dataclasses
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

from . import console, places

GRACE = 5.0         # seconds from the end line until the machine must be off
QUIET = 0.3         # silence after a panic before the log counts as complete
QUIET_LIMIT = 4.0   # and how long to wait for that silence

CPU = "max,-smap"   # QEMU 7.2 reads the frame of an IRET at CPL 3 as supervisor: no SMAP


@dataclasses.dataclass
class Spec:
    """What to boot, and on which machine."""
    hypervisor: str = ""
    hv_args: str = ""
    kernel: str = ""            # module 0; may be empty
    kernel_args: str = ""
    initrd: str = ""            # module 1
    iso: str = ""               # boot this image instead of the three above
    boot: str = "kernel"        # kernel | bios | uefi
    smp: int = 1
    memory: int = 256           # MiB
    machine: str = "pc"
    cpu: str = CPU
    accel: str = ""             # empty: chosen by probing
    qemu_args: list = dataclasses.field(default_factory=list)
    timeout: float = 60
    ends: list = dataclasses.field(default_factory=list)   # more end marks, patterns
    show: bool = False          # copy the serial port to the terminal as it comes
    interactive: bool = False   # and let the keyboard reach it


@dataclasses.dataclass
class Outcome:
    """How a boot went."""
    kind: str = ""              # shutdown | panic | cannot start | mark | exit | timeout | interrupted
    why: str = ""
    lines: list = dataclasses.field(default_factory=list)
    audits: list = dataclasses.field(default_factory=list)
    seconds: float = 0
    must_go_off: bool = False   # the end that came promises that the machine goes off
    powered_off: bool = False   # QEMU ended by itself
    qemu_error: str = ""

    def texts(self):
        """The console lines without their times."""
        return [text for _, text in self.lines]

    def first(self, pattern):
        """Seconds until the first line that matches, or None."""
        for when, text in self.lines:
            if re.search(pattern, text):
                return when
        return None


def _kvm_boots():
    """Boot a sector under KVM that ends QEMU with exit code 85: proof that it truly works."""
    sector = bytes([0xb0, 0x2a, 0xe6, 0xf4, 0xf4]).ljust(510, b"\0") + b"\x55\xaa"
    with tempfile.NamedTemporaryFile(suffix=".img") as disk:
        disk.write(sector.ljust(512 * 2880, b"\0"))
        disk.flush()
        try:
            run = subprocess.run(
                [places.configured("QEMU", "qemu-system-x86_64"), "-accel", "kvm", "-cpu", "max",
                 "-nodefaults", "-display", "none", "-no-reboot",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
                 "-drive", "file=%s,format=raw,if=floppy" % disk.name],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return run.returncode == 85


def accel():
    """tcg, or kvm where the CPU says it can and a probe boot proves it; $BONSAI_ACCEL goes first."""
    if os.environ.get("BONSAI_ACCEL"):
        return os.environ["BONSAI_ACCEL"]
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            flags = f.read().split()
    except OSError:
        flags = []
    able = ("svm" in flags or "vmx" in flags) and os.access("/dev/kvm", os.R_OK | os.W_OK)
    return "kvm" if able and _kvm_boots() else "tcg"


def _module(path, args):
    """One entry of -initrd; QEMU reads a doubled comma as a comma."""
    return (path + (" " + args if args else "")).replace(",", ",,")


def command(spec):
    """QEMU's command line for a spec."""
    argv = [places.configured("QEMU", "qemu-system-x86_64"),
            "-accel", spec.accel or accel(), "-M", spec.machine, "-cpu", spec.cpu,
            "-smp", str(spec.smp), "-m", str(spec.memory),
            "-nodefaults", "-no-reboot", "-display", "none",
            "-chardev", "stdio,id=console,signal=on", "-serial", "chardev:console"]
    if spec.iso:
        if spec.boot == "uefi":
            argv += ["-bios", places.configured("OVMF", "/usr/share/ovmf/OVMF.fd")]
        argv += ["-cdrom", spec.iso, "-boot", "d"]
    else:
        argv += ["-kernel", spec.hypervisor]
        if spec.hv_args:
            argv += ["-append", spec.hv_args]
        modules = []
        if spec.kernel:
            modules.append(_module(spec.kernel, spec.kernel_args))
        if spec.initrd:
            modules.append(_module(spec.initrd, ""))
        if modules:
            argv += ["-initrd", ",".join(modules)]
    return argv + list(spec.qemu_args)


def _die_with_parent():
    """In the child: let no QEMU outlive its test, however that ended (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _stop(qemu):
    if qemu.poll() is None:
        qemu.terminate()
        try:
            qemu.wait(3)
        except subprocess.TimeoutExpired:
            qemu.kill()
            qemu.wait()


class _Run:
    """The reading side of one boot."""

    def __init__(self, spec):
        self.spec = spec
        self.log = console.Console()
        self.out = Outcome(lines=self.log.lines)
        self.marks = [re.compile(e) for e in spec.ends]
        self.start = time.monotonic()
        self.limit = self.start + spec.timeout
        self.quiet = None           # with an end line behind us: end at this much silence

    def _look(self, lines):
        for text in lines:
            verdict = console.audit_of(text)
            if verdict is not None:
                self.out.audits.append(verdict)
            if self.out.kind:
                continue
            end = console.end_of(text)
            if not end and any(m.search(text) for m in self.marks):
                end = ("mark", text)
            if end:
                self._ended(*end, text)

    def _ended(self, kind, why, line):
        self.out.kind, self.out.why = kind, why
        self.out.must_go_off = kind == "shutdown" and line.startswith("(bonsai)")
        if self.out.must_go_off:
            self.limit = time.monotonic() + GRACE
        else:
            self.quiet = QUIET                          # it may stay on: leave when it is silent
            self.limit = time.monotonic() + QUIET_LIMIT

    def read(self, fd):
        """Read until the boot is over."""
        while True:
            now = time.monotonic()
            wait = self.limit - now
            if wait <= 0:
                break
            if self.quiet is not None:
                wait = min(wait, self.quiet)
            if not select.select([fd], [], [], wait)[0]:
                if self.quiet is not None:
                    return
                continue
            data = os.read(fd, 65536)
            now = time.monotonic() - self.start
            if not data:
                self.out.powered_off = True
                self._look(self.log.close(now))
                return
            if self.spec.show:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            self._look(self.log.feed(data, now))
        if not self.out.kind:
            self.out.kind = "timeout"
            self.out.why = "nothing ended the boot within %g s" % self.spec.timeout


def boot(spec):
    """Boot and return the Outcome.  Raises OSError when QEMU cannot be started."""
    run = _Run(spec)
    stdin = None if spec.interactive else subprocess.DEVNULL
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command(spec), stdin=stdin, stdout=subprocess.PIPE,
                              stderr=errors,
                              preexec_fn=_die_with_parent) as qemu:
            try:
                run.read(qemu.stdout.fileno())
            except KeyboardInterrupt:
                run.out.kind, run.out.why = "interrupted", "by the keyboard"
            finally:
                if run.out.powered_off:
                    try:
                        qemu.wait(3)
                    except subprocess.TimeoutExpired:
                        pass
                _stop(qemu)
        run.log.close(time.monotonic() - run.start)
        errors.seek(0)
        run.out.qemu_error = errors.read().decode("utf-8", "replace").strip()
    run.out.seconds = time.monotonic() - run.start
    if not run.out.kind:
        run.out.kind = "exit"
        run.out.why = run.out.qemu_error or "QEMU ended without an end line on the console"
    return run.out
