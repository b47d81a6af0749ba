# SPDX-License-Identifier: GPL-2.0-only
"""How often an operation makes the CPU forget translations: QEMU runs lib/flushes.so beside the same boots."""

import os
import re
import subprocess
import tempfile

import columns
from harness import console, machine, places

KINDS = ("CR3", "INVLPG", "CR4", "INVPCID", "IPI")
MARKED = re.compile(r"^marked (\w+) (\d+)$")
# Loops that ask nobody, and what is sleep.
LEFT_OUT = ("integer_1000", "copy_4MiB", "gzip_256K", "nanosleep_1us", "timer_late", "ioctl_refused")


def mark_address(program):
    """Where ops tells that it begins and ends with an operation."""
    for line in subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.endswith(" profile_mark_here"):
            return line.split()[0]
    raise OSError("%s has no profile_mark_here" % program)


def counts(column, names, repeats, smp=1):
    """{operation: how many of each of KINDS, for one} of one boot.  Raises OSError when marks are missing."""
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "flushes")
        spec = columns.spec(column, ["-m", str(repeats)] + list(names), False, smp, timeout=900)
        spec.accel = "tcg"
        spec.qemu_args += ["-plugin", "%s,mark=%s,out=%s" % (
            os.path.join(places.build_dir(), "bench", "lib", "flushes.so"), mark_address(columns.program()), out)]
        outcome = machine.boot(spec)
        with open(out, encoding="ascii") as f:
            passes = [list(map(int, line.split())) for line in f]
    texts = [console.guest_text(t) for t in outcome.texts()]
    done = [(m.group(1), int(m.group(2))) for m in map(MARKED.match, texts) if m]
    if len(passes) != 2 * len(done) or not done:
        raise OSError("flushes, %s: %d marks of %d operations\n%s" % (
            column, len(passes), len(done), "\n".join(texts[-20:])))
    return {name: [round(n / repeats_, 2) for n in passes[2 * i + 1]] for i, (name, repeats_) in enumerate(done)
            if name not in LEFT_OUT}
