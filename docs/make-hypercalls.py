#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write docs/hypercalls.md from the one list: hypervisor/abi/hypercalls.def and subops.def.

Usage: make-hypercalls.py ABI_FOLDER > hypercalls.md
"""
import re
import sys

# Family in subops.def -> hypercall whose commands they are, and the public header.
FAMILIES = {
    "evtchn": ("event_channel_op", "event_channel.h"),
    "sched": ("sched_op", "sched.h"),
    "vcpu": ("vcpu_op", "vcpu.h"),
    "memory": ("memory_op", "memory.h"),
    "version": ("xen_version", "version.h"),
    "callback": ("callback_op", "callback.h"),
    "physdev": ("physdev_op", "physdev.h"),
    "gnttab": ("grant_table_op", "grant_table.h"),
    "mmuext": ("mmuext_op", "xen.h"),
    "assist": ("vm_assist", "xen.h"),
    "console": ("console_io", "xen.h"),
    "platform": ("platform_op", "platform.h"),
    "domctl": ("domctl", "domctl.h"),
    "sysctl": ("sysctl", "sysctl.h"),
}

KINDS = {
    "IN": "pointer to one, read",
    "OUT": "pointer to one, written",
    "INOUT": "pointer to one, read and written",
    "VAL": "value",
    "BUF": "pointer; the command decides its type",
    "IN_VEC": "array, read",
    "INOUT_VEC": "array, read and written",
}

REGISTERS = ["RDI", "RSI", "RDX", "R10", "R8", "R9"]


def calls(text, name):
    """Yield the argument text of every NAME(...) row, parentheses balanced, comments removed."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for m in re.finditer(r"^%s\(" % name, text, flags=re.M):
        depth, i = 1, m.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[i], 0)
            i += 1
        yield " ".join(text[m.end():i - 1].split())


def split(row, n):
    """The first n comma-separated fields of a row, and the rest."""
    parts = row.split(",", n)
    return [p.strip() for p in parts] + [""] * (n + 1 - len(parts))


def arguments(text):
    for reg, m in zip(REGISTERS, re.finditer(r"(\w+)\(([^()]*)\)", text)):
        kind, inner = m.group(1), [p.strip() for p in m.group(2).split(",")]
        ctype, name = ("", inner[0]) if kind == "BUF" else (inner[0], inner[1])
        length = " of `%s`" % inner[2] if kind.endswith("_VEC") else ""
        yield reg, name, ctype, KINDS[kind] + length


def main(folder):
    hyper = open(folder + "/hypercalls.def").read()
    sub = open(folder + "/subops.def").read()
    rows = []
    for row in calls(hyper, "HYPERCALL"):
        nr, name, who, args = split(row, 3)
        rows.append((int(nr), name, who, args, None))
    for row in calls(hyper, "HYPERCALL_ABSENT"):
        nr, name, why = split(row, 2)[:3]
        rows.append((int(nr), name, "", "", why.strip('"')))
    rows.sort()

    commands = {}
    for row in calls(sub, "SUBOP"):
        fam, nr, name, who, kind = split(row, 4)
        commands.setdefault(fam, []).append((int(nr), name, who, kind))
    for row in calls(sub, "SUBOP_ABSENT"):
        fam, nr, name, err = split(row, 3)
        commands.setdefault(fam, []).append((int(nr), name, "", "answers `-%s`" % err))
    by_call = {call: (fam, header) for fam, (call, header) in FAMILIES.items()}

    print("# Hypercalls\n")
    print("Made from `hypervisor/abi/hypercalls.def` and `subops.def` by `docs/make-hypercalls.py`;")
    print("change those, not this. A call is SYSCALL with its number in EAX, arguments in RDI, RSI, RDX,")
    print("R10, R8, R9, the result in RAX; RCX and R11 are lost. Numbers not listed answer `-ENOSYS`.\n")
    print("| nr | call | who | |\n|---|---|---|---|")
    for nr, name, who, _, why in rows:
        state = "`-ENOSYS`: " + why if why else ""
        who = {"ANY": "every domain", "PRIV": "privileged", "": ""}[who]
        link = name if why else "[%s](#%s)" % (name, name)
        print("| %d | %s | %s | %s |" % (nr, link, who, state))
    for nr, name, who, args, why in rows:
        if why:
            continue
        print("\n## %s\n" % name)
        print("Number %d%s.\n" % (nr, "; privileged domains only" if who == "PRIV" else ""))
        lines = list(arguments(args))
        if lines:
            print("| register | argument | type | |\n|---|---|---|---|")
            for reg, arg, ctype, what in lines:
                print("| %s | `%s` | %s | %s |" % (reg, arg, "`%s`" % ctype if ctype else "", what))
        if name in by_call:
            fam, header = by_call[name]
            print("\nCommands (`<xen/%s>`):\n" % header)
            print("| nr | command | structure | who |\n|---|---|---|---|")
            for cnr, cname, cwho, kind in sorted(commands.get(fam, [])):
                m = re.match(r"(\w+)\((\w+)\)", kind)
                shape = {"IN": "`%s`, read", "INOUT": "`%s`, read and written", "OUT": "`%s`, written",
                         "VEC": "array of `%s`, each answered in place", "SELF": "`%s`"}
                text = shape[m.group(1)] % m.group(2) if m else ("" if kind == "NONE" else kind)
                print("| %d | %s | %s | %s |" % (cnr, cname, text,
                                                "privileged" if cwho == "PRIV" else ""))


main(sys.argv[1])
