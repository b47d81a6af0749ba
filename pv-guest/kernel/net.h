/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network devices, between a protocol stack (or a bridge) and the drivers.
 */
#ifndef KERNEL_NET_H
#define KERNEL_NET_H

#include "kernel/types.h"

#define NET_FRAME_MAX (65535 + 14)

/* One Ethernet frame, in one piece in the linear map. */
struct net_frame {
	const u8 *data;
	u32 bytes; /* with the Ethernet header, without check sequence; at most NET_FRAME_MAX */
	u16 gso_size; /* TCP: payload of each of the frames this stands for; 0: it stands for itself */
	bool csum_blank; /* the TCP/UDP checksum holds the pseudo header's sum only */
	bool data_valid; /* received: that checksum was verified or never left this machine */
};

struct net_device {
	char name[16]; /* eth0 */
	u8 mac[6];
	u32 mtu;
	u32 gso_max; /* greatest frame with gso_size that send() takes; 0: none */
	bool can_csum; /* send() takes csum_blank */
	bool link; /* the other side is there */
	/*
	 * send - copy a frame out; never waits
	 * Return: 0, -EAGAIN when the ring is full (writable() will be called), -EINVAL, -ENODEV
	 */
	int (*send)(struct net_device *dev, const struct net_frame *frame);
	/*
	 * Set by whoever uses the device, under no lock, before the first frame; called from a thread
	 * of the driver, one at a time.  The frame is the driver's again on return.
	 */
	void (*receive)(struct net_device *dev, const struct net_frame *frame);
	void (*writable)(struct net_device *dev); /* may be NULL */
	void (*link_changed)(struct net_device *dev); /* may be NULL */
	void *user; /* of the one who set receive */
	void *driver;
	u64 rx_frames, rx_bytes, rx_dropped, tx_frames, tx_bytes, tx_dropped;
	struct net_device *next; /* in the list of all, guarded by its lock */
};

/*
 * A device comes: it stays in the list for good (the other end may go and come: see link).
 * net_attached - set by the stack: called for each device there is and for each that comes
 */
void net_register(struct net_device *dev);
void net_attach(void (*attached)(struct net_device *dev));

struct net_device *net_find(const char *name);
struct net_device *net_nth(unsigned int n);

#endif
