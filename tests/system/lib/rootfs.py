# SPDX-License-Identifier: GPL-2.0-only
"""A whole Debian bookworm on a disk image, made by mmdebstrap from this machine's own apt sources."""

import glob
import os
import shutil
import subprocess
import tempfile

import debian

PACKAGES = "systemd-sysv,dbus,udev,kmod,login,procps"
SIZE = "1500M"
SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources")


def _sources():
    """The files of apt's sources that know bookworm."""
    found = []
    for path in sum((glob.glob(pattern) for pattern in SOURCES), []):
        with open(path, encoding="utf-8", errors="replace") as f:
            if "bookworm" in f.read():
                found.append(path)
    if not found:
        raise debian.Missing("no apt sources for bookworm on this machine")
    return found


def _settle(root):
    """What the test wants of the system: a name, a root who logs in without a password."""
    with open(os.path.join(root, "etc", "hostname"), "w", encoding="ascii") as f:
        f.write("bonsai-dom0\n")
    shadow = os.path.join(root, "etc", "shadow")
    with open(shadow, encoding="ascii") as f:
        lines = f.read().splitlines()
    with open(shadow, "w", encoding="ascii") as f:
        for line in lines:
            name, _, rest = line.split(":", 2)
            f.write(":".join([name, "" if name == "root" else "*", rest]) + "\n")


def _make(path):
    if os.getuid():
        raise debian.Missing("a Debian root is made by root only")
    for tool in ("mmdebstrap", "mkfs.ext4"):
        if not shutil.which(tool):
            raise debian.Missing("%s is not installed" % tool)
    with tempfile.TemporaryDirectory(dir=debian.folder()) as tmp:
        root = os.path.join(tmp, "root")
        debian.said("mmdebstrap", "--quiet", "--variant=apt", "--include=" + PACKAGES, "bookworm", root, *_sources())
        _settle(root)
        with open(path, "wb") as f:
            f.truncate(0)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-d", root, path, SIZE], check=True)


def image():
    """Path of the image, made once a build folder.  Boot it with snapshot=on: it is shared."""
    return debian.kept("bookworm.img", _make)
