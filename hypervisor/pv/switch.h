/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_PV_SWITCH_H
#define HV_PV_SWITCH_H

struct vcpu;

/* Show v's GDT and LDT pages in this CPU's window and load LDTR (pv/descriptors.c). */
void descriptors_load(struct vcpu *v);

#endif
