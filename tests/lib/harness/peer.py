# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own Xen 4.17, unpacked in the build folder and never installed."""

import fcntl
import gzip
import os
import shutil
import subprocess
import tempfile

from . import places

PACKAGE = "xen-hypervisor-4.17-amd64"
IMAGE = "boot/xen-4.17-amd64.gz"


class PeerMissing(Exception):
    """The peer cannot be had on this machine."""


def _fetch(folder):
    with tempfile.TemporaryDirectory(dir=folder) as tmp:
        os.chmod(tmp, 0o755)
        try:
            got = subprocess.run(["apt-get", "-q", "download", PACKAGE], cwd=tmp,
                                 capture_output=True, text=True, check=False)
        except OSError as e:
            raise PeerMissing("no apt-get here: %s" % e) from e
        debs = [f for f in os.listdir(tmp) if f.endswith(".deb")]
        if got.returncode or not debs:
            raise PeerMissing("apt-get download %s failed (is 'apt-get update' due?): %s"
                              % (PACKAGE, got.stderr.strip()))
        subprocess.run(["dpkg", "-x", debs[0], "root"], cwd=tmp, check=True)
        unpacked = os.path.join(tmp, "xen")
        with gzip.open(os.path.join(tmp, "root", IMAGE)) as packed, open(unpacked, "wb") as f:
            shutil.copyfileobj(packed, f)  # QEMU's -kernel does not gunzip
        os.rename(unpacked, os.path.join(folder, "xen"))


def image():
    """Path of an unpacked Xen; $BONSAI_XEN, or fetched once into the build folder."""
    if os.environ.get("BONSAI_XEN"):
        return os.environ["BONSAI_XEN"]
    folder = os.path.join(places.build_dir(), "peer")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        if not os.path.exists(os.path.join(folder, "xen")):
            _fetch(folder)
    return os.path.join(folder, "xen")
