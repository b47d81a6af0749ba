# SPDX-License-Identifier: GPL-2.0-only
"""Real work on a guest's disk: Debian's compiler, busybox' gzip and Debian's sqlite3, the same image in every column."""

import os
import re
import shutil
import subprocess
import tempfile

import columns
from columns import linux
from harness import console, machine

debian = linux.debian

PACKAGES = ("cpp-12", "gcc-12", "libgcc-12-dev", "binutils-x86-64-linux-gnu", "libbinutils", "libctf-nobfd0", "libctf0",
            "libjansson4", "libisl23", "libmpc3", "libmpfr6", "libgmp10", "libzstd1", "zlib1g", "libgcc-s1", "libc6",
            "libc6-dev", "linux-libc-dev", "libxen-dev", "sqlite3", "libsqlite3-0", "libreadline8", "libtinfo6")
# What is large and not used.
NOT = ("usr/share", "usr/lib/gcc/x86_64-linux-gnu/12/lto1", "usr/lib/gcc/x86_64-linux-gnu/12/lto-wrapper")
TOOLS = {"as": "x86_64-linux-gnu-as", "ld": "x86_64-linux-gnu-ld", "gcc": "x86_64-linux-gnu-gcc-12"}
SIZE = "320M"
DATA = 32 << 20     # of the compiler's own program, for gzip
LINE = re.compile(r"^job (\w+) ([0-9.]+)$")
DONE = "jobs: done"
OPS = os.path.join(columns.HERE, "..", "ops")


def _root(root):
    """The packages one over the other, busybox as shell, and the project: the sources of ops."""
    for package in PACKAGES:
        subprocess.run(["cp", "-a", os.path.join(debian.unpacked(package), "."), root], check=True)
    for name in NOT:
        path = os.path.join(root, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    for name in ("bin", "dev", "tmp", "project"):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for name, target in TOOLS.items():
        os.symlink(target, os.path.join(root, "usr", "bin", name))
    shutil.copy(debian.busybox(), os.path.join(root, "bin", "busybox"))
    for name in ("sh", "cat", "head", "gzip"):
        os.symlink("busybox", os.path.join(root, "bin", name))
    for name in os.listdir(OPS):
        shutil.copy(os.path.join(OPS, name), os.path.join(root, "project"))
    with open(os.path.join(root, "usr/lib/gcc/x86_64-linux-gnu/12/cc1"), "rb") as f:
        data = f.read(DATA)
    with open(os.path.join(root, "project", "data"), "wb") as f:
        f.write(data)


def _make(path):
    if not shutil.which("mkfs.ext4"):
        raise debian.Missing("mkfs.ext4 is not installed")
    with tempfile.TemporaryDirectory(dir=debian.folder()) as tmp:
        os.chmod(tmp, 0o755)
        _root(tmp)
        with open(path, "wb") as f:
            f.truncate(0)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-d", tmp, path, SIZE], check=True)


def image():
    """Path of the disk image, made once a build folder."""
    return debian.kept("jobs.img", _make)


def figures(column, count=False, small=False):
    """{job: seconds}, or millions of instructions, of one boot.  Raises OSError when one is missing."""
    spec = columns.spec(column, [], count, timeout=900, what="jobs", more=["size=small"] * small)
    spec.qemu_args += ["-drive", "if=none,format=raw,id=jobs,snapshot=on,cache=unsafe,file=" + image(),
                       "-device", "virtio-blk-pci,drive=jobs"]
    outcome = machine.boot(spec)
    texts = [console.guest_text(t) for t in outcome.texts()]
    if DONE not in texts:
        raise OSError("jobs, %s: the boot ended by %s %s\n%s" % (column, outcome.kind, outcome.why, "\n".join(texts[-20:])))
    # Under -icount a second is a thousand million instructions.
    return {m.group(1): float(m.group(2)) * (1000 if count else 1) for m in map(LINE.match, texts) if m}
