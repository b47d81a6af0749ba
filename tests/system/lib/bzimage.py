# SPDX-License-Identifier: GPL-2.0-only
"""Linux bzImages: take the payload out, put another one in.

Offsets are those of the kernel's Documentation/arch/x86/boot.rst.  The payload is the
compressed ELF; in all formats but gzip the kernel's build appends its unpacked
size, 4 bytes little-endian, and gzip ends with the same number by itself.
"""

import gzip
import lzma
import struct
import subprocess

SETUP_SECTS, SYSSIZE, MAGIC, VERSION = 0x1f1, 0x1f4, 0x202, 0x206
PAYLOAD_OFFSET, PAYLOAD_LENGTH = 0x248, 0x24c


class NotHere(Exception):
    """A packer is not installed."""


def _field(image, offset, form="<I"):
    return struct.unpack_from(form, image, offset)[0]


def payload_span(image):
    """(start, end) of the payload in the file."""
    if image[MAGIC:MAGIC + 4] != b"HdrS" or _field(image, VERSION, "<H") < 0x208:
        raise ValueError("not a bzImage with a payload")
    start = ((image[SETUP_SECTS] or 4) + 1) * 512 + _field(image, PAYLOAD_OFFSET)
    return start, start + _field(image, PAYLOAD_LENGTH)


def vmlinux(image):
    """The ELF inside Debian's bzImage, whose payload is XZ."""
    start, end = payload_span(image)
    elf = lzma.decompress(image[start:end - 4], format=lzma.FORMAT_XZ)
    if len(elf) != _field(image, end - 4) or elf[:4] != b"\x7fELF":
        raise ValueError("the payload is no ELF of the size it tells")
    return elf


def _piped(argv, data):
    try:
        return subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=True).stdout
    except FileNotFoundError as e:
        raise NotHere("%s is not installed" % argv[0]) from e


# As the kernel's own build packs (scripts/Makefile.lib), but for the effort, which is smaller.
_PACKERS = {
    "gzip": lambda elf: gzip.compress(elf, 6),
    "xz": lambda elf: lzma.compress(elf, check=lzma.CHECK_CRC32, filters=[
        {"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 1}]),
    "zstd": lambda elf: _piped(["zstd", "-q", "-c", "-9", "-T1"], elf),
    "lz4": lambda elf: _piped(["lz4", "-q", "-l", "-c", "-"], elf),
}
FORMATS = tuple(_PACKERS)


def packed(elf, form):
    """A payload in one of FORMATS."""
    data = _PACKERS[form](elf)
    return data if form == "gzip" else data + struct.pack("<I", len(elf) & 0xffffffff)


def with_payload(image, payload):
    """The image with another payload, and the header's fields made true.

    What follows the payload in a real image is the kernel's own unpacker, which a
    hypervisor does not run; it is left away.
    """
    start, _ = payload_span(image)
    out = bytearray(image[:start] + payload)
    out += bytes(-len(out) % 16)
    struct.pack_into("<I", out, PAYLOAD_LENGTH, len(payload))
    struct.pack_into("<I", out, SYSSIZE, (len(out) - (image[SETUP_SECTS] + 1) * 512) // 16)
    return bytes(out)
