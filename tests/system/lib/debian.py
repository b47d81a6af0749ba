# SPDX-License-Identifier: GPL-2.0-only
"""Debian's packages, unpacked in the build folder and never installed.

unpacked() is what tests call.  A package is fetched once a build folder, from wherever
this machine's apt fetches; $BONSAI_DEBIAN names another folder to keep them in, such as
one that several build folders share.
"""

import contextlib
import fcntl
import glob
import os
import re
import shutil
import subprocess
import tempfile

from harness import places


class Missing(Exception):
    """A package cannot be had on this machine."""


def folder():
    """Where packages are unpacked."""
    return os.environ.get("BONSAI_DEBIAN") or os.path.join(places.build_dir(), "debian")


@contextlib.contextmanager
def locked(name):
    """Hold a lock in the folder: tests run side by side."""
    os.makedirs(folder(), exist_ok=True)
    with open(os.path.join(folder(), name + ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def said(*argv, cwd=None):
    """What a program of this machine prints.  Raises Missing when it fails."""
    try:
        done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError as e:
        raise Missing("no %s here: %s" % (argv[0], e)) from e
    if done.returncode:
        raise Missing("%s failed (is 'apt-get update' due?): %s" % (" ".join(argv), done.stderr.strip()))
    return done.stdout


def _fetch(package, target):
    with tempfile.TemporaryDirectory(dir=folder()) as tmp:
        os.chmod(tmp, 0o755)
        said("apt-get", "-q", "download", package, cwd=tmp)
        debs = glob.glob(os.path.join(tmp, "*.deb"))
        if not debs:
            raise Missing("apt-get download %s brought no package" % package)
        said("dpkg", "-x", debs[0], os.path.join(tmp, "root"))
        os.rename(os.path.join(tmp, "root"), target)


def unpacked(package):
    """Folder with the content of a package.  Raises Missing, which says why."""
    target = os.path.join(folder(), package)
    with locked("packages"):
        if not os.path.isdir(target):
            _fetch(package, target)
    return target


def kernel_package():
    """The package that linux-image-amd64 stands for now; one that was fetched before counts first."""
    have = sorted(glob.glob(os.path.join(folder(), "linux-image-[0-9]*")))
    if have:
        return os.path.basename(have[-1])
    found = re.search(r"^Depends:.*?\b(linux-image-[0-9][^ ,]*)",
                      said("apt-cache", "--no-all-versions", "show", "linux-image-amd64"), re.M)
    if not found:
        raise Missing("apt-cache knows no linux-image-amd64")
    return found.group(1)


def kernel():
    """(path of the vmlinuz that Debian installs, folder of its modules)."""
    root = unpacked(kernel_package())
    images = glob.glob(os.path.join(root, "boot", "vmlinuz-*"))
    if len(images) != 1:
        raise Missing("%s holds %d kernels" % (root, len(images)))
    release = os.path.basename(images[0])[len("vmlinuz-"):]
    return images[0], os.path.join(root, "lib", "modules", release)


def busybox():
    """Path of the static busybox."""
    return os.path.join(unpacked("busybox-static"), "bin", "busybox")


def kept(name, make):
    """A file made once from packages: make(path) writes it.  Returns its path."""
    path = os.path.join(folder(), name)
    with locked("kept-" + os.path.basename(name)):
        if not os.path.exists(path):
            fd, tmp = tempfile.mkstemp(dir=folder())
            os.close(fd)
            try:
                make(tmp)
                os.chmod(tmp, 0o644)
                shutil.move(tmp, path)
            finally:
                if os.path.exists(tmp):
                    os.unlink(tmp)
    return path
