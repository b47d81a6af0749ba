/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net: what there is, in a few lines.
 */
#include "kernel/net.h"
#include "kernel/print.h"
#include "net/net-programs.h"
#include "net/stack.h"

#include <lwip/netif.h>
#include <lwip/tcp.h>

static void say_device(const struct net_device *dev)
{
	const u8 *m = dev->mac;

	printk("%s: %02x:%02x:%02x:%02x:%02x:%02x, mtu %u, link %s%s%s\n", dev->name, m[0], m[1], m[2], m[3], m[4],
	       m[5], dev->mtu, dev->link ? "up" : "down", dev->can_csum ? ", sums left to it" : "",
	       dev->gso_max ? ", segments left to it" : "");
	printk("  received %lu frames, %lu bytes, %lu dropped; sent %lu, %lu, %lu\n", dev->rx_frames, dev->rx_bytes,
	       dev->rx_dropped, dev->tx_frames, dev->tx_bytes, dev->tx_dropped);
}

int net_main(int argc, char **argv)
{
	const struct netif *netif = net_stack_netif();
	struct net_device *dev;
	unsigned int i;

	(void)argc, (void)argv;
	for (i = 0; (dev = net_nth(i)); i++)
		say_device(dev);
	if (!i)
		printk("net: no devices\n");
	if (netif) {
		const ip4_addr_t *ip = netif_ip4_addr(netif), *gw = netif_ip4_gw(netif);

		printk("address %u.%u.%u.%u, gateway %u.%u.%u.%u\n", ip4_addr1(ip), ip4_addr2(ip), ip4_addr3(ip),
		       ip4_addr4(ip), ip4_addr1(gw), ip4_addr2(gw), ip4_addr3(gw), ip4_addr4(gw));
	}
	return 0;
}
