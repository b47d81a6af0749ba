# SPDX-License-Identifier: GPL-2.0-only
"""Where the source tree and the build folder are."""

import os
import re

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


def build_dir():
    """The build folder: $BONSAI_BUILD, else the innermost configured folder we stand in, else SOURCE/build."""
    if os.environ.get("BONSAI_BUILD"):
        return os.path.realpath(os.environ["BONSAI_BUILD"])
    here = os.path.realpath(os.getcwd())
    while here != "/":
        if os.path.exists(os.path.join(here, "config.status")):
            return here
        here = os.path.dirname(here)
    return os.path.join(SOURCE, "build")


def configured(name, default):
    """A value that configure found out, such as QEMU; the environment goes first."""
    if os.environ.get(name):
        return os.environ[name]
    try:
        with open(os.path.join(build_dir(), "Makefile"), encoding="utf-8") as f:
            found = re.search(r"^%s = (.+)$" % re.escape(name), f.read(), re.M)
    except OSError:
        found = None
    return found.group(1).strip() if found else default


def hypervisor(kind):
    """The image behind --hypervisor: ours (debug build if there is one), debug, release, or a path."""
    folder = os.path.join(build_dir(), "hypervisor")
    release = os.path.join(folder, "bonsai-hv")
    debug = os.path.join(folder, "bonsai-hv-debug")
    if kind == "release":
        return release
    if kind == "debug":
        return debug
    if kind == "ours":
        return debug if os.path.exists(debug) else release
    return kind
