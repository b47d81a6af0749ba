# SPDX-License-Identifier: GPL-2.0-only
"""A program of a Debian package with all the shared libraries it needs, for the initramfs.

Only what the program names is taken (NEEDED, through and through): a package's whole dependencies
would be a hundred times as much.
"""

import functools
import glob
import os
import re
import subprocess

import debian

PLACES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
LOADER = "lib64/ld-linux-x86-64.so.2"


def _needed(path):
    done = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True)
    return re.findall(r"\(NEEDED\).*\[(.*)\]", done.stdout)


@functools.cache
def _depends(package):
    text = debian.said("apt-cache", "--no-all-versions", "show", package)
    found = ",".join(re.findall(r"^(?:Pre-)?Depends: (.*)", text, re.M))
    return re.findall(r"(?:^|[,|]) *([a-z0-9][a-z0-9.+-]*)", found)


def _alike(package, soname):
    """How many letters of the library's name the package's name begins with."""
    a, b = (re.sub(r"[^a-z0-9]", "", text.replace(".so.", "").lower()) for text in (package, soname))
    return len(os.path.commonprefix([a, b]))


def _at_hand(soname):
    """(path, package) of a library among the packages that were fetched before: asking apt takes seconds."""
    for place in PLACES:
        for path in glob.glob(os.path.join(debian.folder(), "*", place, soname)):
            return path, os.path.relpath(path, debian.folder()).split("/", maxsplit=1)[0]
    return None


def _find(soname, packages):
    """(path, package) of a library in one of these packages; the likely ones are fetched first."""
    for package in sorted(packages, key=lambda p: -_alike(p, soname)):
        root = debian.unpacked(package)
        for place in PLACES:
            path = os.path.join(root, place, soname)
            if os.path.exists(path):
                return path, package
    raise debian.Missing("no package of %s has %s" % (", ".join(packages), soname))


def _with_libraries(files, binary, package):
    """More files: the libraries that a binary of this package needs, and the loader."""
    todo, seen = [(binary, package)], set()
    while todo:
        elf, owner = todo.pop()
        for soname in _needed(elf):
            if soname in seen or soname.startswith("ld-linux"):
                continue
            seen.add(soname)
            found, package_of = _at_hand(soname) or _find(soname, [owner, *_depends(owner), "libc6"])
            files["lib/x86_64-linux-gnu/" + soname] = os.path.realpath(found)
            todo.append((found, package_of))
    loader = os.path.join(debian.unpacked("libc6"), "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    files[LOADER] = os.path.realpath(loader)
    return sorted(files.items())


def program(package, path):
    """(name in the archive, path here) of the program at path in the package, and of all it needs."""
    binary = os.path.join(debian.unpacked(package), path)
    return _with_libraries({path: binary}, binary, package)


def library(package, soname):
    """The same of a library that a program loads by name while it runs."""
    path, _ = _at_hand(soname) or _find(soname, [package])
    return _with_libraries({"lib/x86_64-linux-gnu/" + soname: os.path.realpath(path)}, path, package)


def built(path, name):
    """The same of a program built here, under that name; its libraries are this machine's."""
    files = {name: path}
    for soname, found in re.findall(r"(\S+) => (/\S+)", debian.said("ldd", path)):
        files["lib/x86_64-linux-gnu/" + soname] = os.path.realpath(found)
    return sorted(files.items())
