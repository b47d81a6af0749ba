/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stack: its lock, its clock, its start.
 */
#include "net/stack.h"
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/net.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "port/port.h"

#include <lwip/dhcp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

#define CLOCK_MAX_MS 250 /* a timer set meanwhile is late by no more; TCP's own tick */
#define WAIT_MS	     20

void *net_heap;

static struct sem stack_lock = { .count = 1 };
static struct netif the_netif;
static struct net_device *taken; /* guarded by the lock */
static char wanted[16];

void net_lock(void)
{
	sem_down(&stack_lock);
}

void net_unlock(void)
{
	sem_up(&stack_lock);
}

/**
 * sys_now - lwIP's clock, in milliseconds
 */
u32_t sys_now(void)
{
	return port_time_ns() / MSEC;
}

/**
 * net_random - for port numbers, first sequence numbers and DHCP's transactions
 * The time-stamp counter stirs each answer; not for secrets.
 */
u32 net_random(void)
{
	static u64 state;
	u64 x = __atomic_add_fetch(&state, rdtsc() | 1, __ATOMIC_RELAXED);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x >> 32;
}

static void clock_thread(void *arg)
{
	u32 ms;

	(void)arg;
	for (;;) {
		net_lock();
		sys_check_timeouts();
		ms = sys_timeouts_sleeptime();
		net_unlock();
		thread_sleep(MIN(ms, CLOCK_MAX_MS) * MSEC + MSEC);
	}
}

/* "A.B.C.D/N": the part behind the slash as a mask; without one, 24 bits. */
static bool mask_parse(char *text, ip4_addr_t *mask)
{
	unsigned int bits = 24;
	char *p = text;

	while (*p && *p != '/')
		p++;
	if (*p) {
		*p++ = 0;
		for (bits = 0; *p >= '0' && *p <= '9' && bits <= 32; p++)
			bits = bits * 10 + *p - '0';
	}
	ip4_addr_set_u32(mask, bits ? lwip_htonl(~0U << (32 - MIN(bits, 32U))) : 0);
	return !*p && bits <= 32;
}

/* What ip= and gw= say; anything but an address is DHCP's. */
static void address_begin(struct netif *netif)
{
	ip4_addr_t ip, mask, gw;
	char text[32];

	if (cmdline_get("ip", text, sizeof(text)) && strcmp(text, "dhcp")) {
		if (mask_parse(text, &mask) && ip4addr_aton(text, &ip)) {
			if (!cmdline_get("gw", text, sizeof(text)) || !ip4addr_aton(text, &gw))
				ip4_addr_set_zero(&gw);
			netif_set_addr(netif, &ip, &mask, &gw);
			return;
		}
		printk("net: ip= is neither dhcp nor A.B.C.D/N; asking by DHCP\n");
	}
	if (dhcp_start(netif))
		printk("net: DHCP could not be started\n");
}

static void on_attached(struct net_device *dev)
{
	net_lock();
	if (!taken && !strcmp(dev->name, wanted)) {
		taken = dev;
		net_device_take(dev, &the_netif);
		address_begin(&the_netif);
	}
	net_unlock();
}

struct netif *net_stack_netif(void)
{
	return READ_ONCE(taken) ? &the_netif : NULL;
}

static void start(void)
{
	if (!cmdline_get("netif", wanted, sizeof(wanted)))
		format(wanted, sizeof(wanted), "eth0");
	if (!net_find(wanted))
		port_devices_start();
	net_heap = heap_alloc(2 * 1024 * 1024);
	lwip_init();
	thread_start("net-clock", this_cpu()->id, clock_thread, NULL, NULL);
	net_attach(on_attached);
}

static bool has_address(void)
{
	return netif_is_up(&the_netif) && netif_is_link_up(&the_netif) &&
	       !ip4_addr_isany_val(*netif_ip4_addr(&the_netif));
}

/* Addresses as format() takes them: four bytes. */
#define OCTETS(a) ip4_addr1(a), ip4_addr2(a), ip4_addr3(a), ip4_addr4(a)

static void say_address(void)
{
	const ip4_addr_t *ip = netif_ip4_addr(&the_netif), *gw = netif_ip4_gw(&the_netif);
	u32 mask = lwip_ntohl(ip4_addr_get_u32(netif_ip4_netmask(&the_netif)));

	printk("net: %s is %u.%u.%u.%u/%u gateway %u.%u.%u.%u%s\n", taken->name, OCTETS(ip),
	       mask ? 32 - __builtin_ctz(mask) : 0, OCTETS(gw),
	       netif_dhcp_data(&the_netif) ? " by DHCP" : "");
}

int net_up(void)
{
	static struct sem once = { .count = 1 };
	static bool started, said;
	u64 end = port_time_ns() + cmdline_number("netwait", 30) * SEC;
	int rc = 0;

	sem_down(&once);
	if (!started)
		start();
	started = true;
	while (taken && !has_address() && port_time_ns() < end)
		thread_sleep(WAIT_MS * MSEC);
	if (!taken) {
		printk("net: no device %s\n", wanted);
		rc = -ENODEV;
	} else if (!has_address()) {
		printk("net: %s\n", taken->link ? "no address: no DHCP server answers" : "the other side is not there");
		rc = -ETIMEDOUT;
	} else if (!said) {
		say_address();
		said = true;
	}
	sem_up(&once);
	return rc;
}
