/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP/IP stack (lwIP) on this kernel: its lock, its start, and what its users share.
 *
 * Every call into lwIP is made between net_lock() and net_unlock().  lwIP's callbacks run with the lock held,
 * in whichever thread went in: they must not wait.
 */
#ifndef NET_STACK_H
#define NET_STACK_H

#include "kernel/types.h"

struct net_device;
struct netif;
struct tcp_pcb;

void net_lock(void);
void net_unlock(void);

/*
 * net_up - the stack runs and has an address; the first call starts it and waits for both
 * It takes the device netif=NAME (else eth0) and the address ip=A.B.C.D/N with gw=A.B.C.D, or ip=dhcp, which
 * is also what no ip= means.
 * Return: 0; -ENODEV or -ETIMEDOUT after a line that says what did not come
 */
int net_up(void);

/* net_stack_netif - the one interface, once net_up() found its device; else NULL */
struct netif *net_stack_netif(void);

/* netif.c: the interface over a device; the lock is held for each */
void net_device_take(struct net_device *dev, struct netif *netif);
u32 net_segment_max(const struct netif *netif);

/*
 * net_tcp_ready - a connection has just been established, either way: it may send frames of many segments
 * To be called by who will write more than once.
 */
void net_tcp_ready(struct tcp_pcb *pcb);

#endif
