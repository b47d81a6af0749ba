/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data segment selectors and bases of the guest, which stay loaded while the hypervisor runs.
 */
#ifndef HV_CPU_SEGMENTS_H
#define HV_CPU_SEGMENTS_H

#include "domain/domain.h"

/* Copy the live selectors to v->pv (ds, es, fs, gs). */
void segments_save(struct vcpu *v);
/* Selectors and bases of v, which stops running here. */
void segments_save_all(struct vcpu *v);
/* Load v's; a selector that faults becomes null and sets v->pv.bad_segments. */
void segments_load_all(struct vcpu *v);
/* Load a selector into the user's GS while in guest kernel mode; null if it faults. */
void load_user_gs(u16 sel);

#endif
