# SPDX-License-Identifier: GPL-2.0-only
"""Booting a hypervisor with a guest in QEMU and judging what it printed.

places   where the build left things
peer     the stock Xen that the same guests must also pass on
machine  one QEMU: its command line, its life, its end
console  the serial log: whose line is it, how did the boot end
image    GRUB images
tap      saying the outcome
verdict  from a finished boot to TAP lines
"""
