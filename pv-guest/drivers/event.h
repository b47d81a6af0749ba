/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events between us and a peer.  fn runs with interrupts off on the CPU named; it may sem_up().
 */
#ifndef DRIVERS_EVENT_H
#define DRIVERS_EVENT_H

#include "kernel/types.h"
#include "port/pv/pv.h"

/* event_offer - a port that peer may bind to (front ends).  Return: the port or a negative error */
long event_offer(domid_t peer, unsigned int cpu, void (*fn)(void *arg), void *arg);

/* event_bind - bind to a port peer offers (back ends).  Return: our port or a negative error */
long event_bind(domid_t peer, evtchn_port_t theirs, unsigned int cpu, void (*fn)(void *arg),
		void *arg);

/*
 * event_close - no call of fn is running when it returns, none will begin
 * From threads with interrupts on; @cpu as it was opened.
 */
void event_close(evtchn_port_t port, unsigned int cpu);

/* To tell the peer: evtchn_send(port) of port/pv/pv.h */

#endif
