# SPDX-License-Identifier: GPL-2.0-only
"""GRUB images: a hypervisor and its modules on a CD that BIOS and UEFI boot."""

import os
import shutil
import subprocess
import tempfile

from . import places

_HEAD = """\
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=%d
set default=%d
"""

_ENTRY = """
menuentry "%(title)s" {
	%(load)s /boot/hypervisor %(hv_args)s
	%(module)s /boot/kernel %(kernel_args)s
%(initrd)s}
"""


def _entries(hv_args, kernel_args, initrd):
    for version, load, module in ((2, "multiboot2", "module2"), (1, "multiboot", "module")):
        yield _ENTRY % {
            "title": "Bonsai (Multiboot %d)" % version, "load": load, "module": module,
            "hv_args": hv_args, "kernel_args": kernel_args,
            "initrd": "\t%s /boot/initrd\n" % module if initrd else ""}


def make(path, hypervisor, kernel, hv_args="", kernel_args="", initrd="", multiboot=2, timeout=0):
    """Write the image at path; multiboot: which of the two menu entries boots by default."""
    with tempfile.TemporaryDirectory() as tree:
        os.makedirs(os.path.join(tree, "boot", "grub"))
        shutil.copy(hypervisor, os.path.join(tree, "boot", "hypervisor"))
        shutil.copy(kernel, os.path.join(tree, "boot", "kernel"))
        if initrd:
            shutil.copy(initrd, os.path.join(tree, "boot", "initrd"))
        with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w", encoding="utf-8") as f:
            f.write(_HEAD % (timeout, 0 if multiboot == 2 else 1))
            f.writelines(_entries(hv_args, kernel_args, initrd))
        run = subprocess.run([places.configured("GRUB_MKRESCUE", "grub-mkrescue"), "-o", path, tree],
                             capture_output=True, text=True, check=False)
    if run.returncode:
        raise OSError("grub-mkrescue: " + run.stderr.strip())
    return path
