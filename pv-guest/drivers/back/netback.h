/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the network back end: netback.c speaks with the other end through the store,
 * netback-tx.c takes its frames, netback-rx.c gives it those of others.
 *
 * A frame is copied out of the sender's pages, as a whole, before anything in it is looked at, and into
 * the receiver's pages from there: both directions by the hypervisor, many pieces a call.  No page of
 * a guest is ever mapped, but for its rings.
 */
#ifndef BACK_NETBACK_H
#define BACK_NETBACK_H

#include "drivers/back/bridge.h"
#include "drivers/grant.h"
#include "drivers/ring.h"
#include "drivers/xenbus.h"
#include "kernel/thread.h"

#include <xen/io/netif.h>

#define VIF_QUEUES_MAX	 4
#define VIF_GROUPS_MAX	 32 /* groups a guest may ask for */
#define VIF_COMPLAINTS	 8 /* printed of one card */

#define TX_SLOTS_MAX	 XEN_NETIF_NR_SLOTS_MIN /* entries of one frame */
#define TX_SLOTS_END	 (2 * TX_SLOTS_MAX) /* nobody means that: the card is closed */
#define TX_EXTRAS_MAX	 4
#define TX_BATCH_FRAMES	 32
#define TX_BATCH_SLOTS	 128 /* entries, extra ones included */
#define TX_BUFFER_ORDER	 6 /* 256 KiB */

#define RX_BATCH	 64 /* entries */
#define RX_KEPT_FRAMES	 64 /* that wait for room in a ring */
#define RX_KEPT_BYTES	 (512 * 1024)

/* A frame that waits; its bytes follow. */
struct kept {
	struct kept *next;
	struct net_frame frame;
	unsigned int order;
};

/* An answer to be given once its data is copied. */
struct rx_pending {
	netif_rx_response_t rsp;
	bool extra; /* the entry holds no answer but this: */
	netif_extra_info_t info;
	unsigned int ops; /* how many operations filled it */
};

/* An entry taken from the ring. */
struct tx_slot {
	netif_tx_request_t req;
	bool extra;
};

struct tx_frame {
	struct net_frame frame;
	unsigned int slots, first; /* its entries in the batch */
	unsigned int ops, op_first;
	bool bad, group; /* group: it asks for one, and carries nothing */
};

struct vifq {
	struct vif *vif;
	unsigned int index, cpu;
	struct grant_map tx_page, rx_page;
	evtchn_port_t tx_port, rx_port;
	struct sem wake, done; /* the thread */
	bool stop, thread_runs, broken;

	/* Frames from the guest; of the thread only: */
	netif_tx_back_ring_t tx;
	u8 *buffer;
	u32 buffer_used;
	struct tx_frame frames[TX_BATCH_FRAMES];
	struct tx_slot slots[TX_BATCH_SLOTS];
	gnttab_copy_t ops[2 * TX_BATCH_SLOTS];
	unsigned int frame_count, slot_count, op_count;

	/* Frames to the guest: */
	struct spinlock lock; /* guards all below */
	bool up;
	netif_rx_back_ring_t rx;
	struct rx_pending pending[RX_BATCH];
	gnttab_copy_t rx_ops[2 * RX_BATCH];
	unsigned int pending_count, rx_op_count;
	struct kept *kept, **kept_end;
	unsigned int kept_frames;
	u32 kept_bytes;
};

struct vif {
	struct bridge_port port;
	struct xenbus_device *dev;
	domid_t peer;
	char name[XENBUS_PATH];
	struct vifq *queues[VIF_QUEUES_MAX];
	unsigned int queue_count;
	bool sg, gso, csum, groups_asked; /* what it takes */
	bool told_to_close; /* by the tools */
	struct spinlock groups_lock; /* guards groups */
	u8 groups[VIF_GROUPS_MAX][6];
	unsigned int group_count;
	unsigned int complaints;
	bool told; /* that it is connected: once is enough for the log */
	u64 rx_dropped, tx_dropped;
	struct xs_work broken;
	char why[96];
};

/* netback-tx.c */
bool tx_batch(struct vifq *q);

/* netback-rx.c */
void vif_send(struct bridge_port *port, const struct net_frame *frame, unsigned int hint);
void vif_flush(struct bridge_port *port, unsigned int hint);
void rx_kept_send(struct vifq *q);
void rx_kept_free(struct vifq *q);

/* netback.c */
void vif_broken(struct vifq *q, const char *what, u64 number);
void vif_complain(struct vif *vif, const char *what, u64 number);
bool vif_wants(struct bridge_port *port, const u8 *group);
bool vif_group(struct vif *vif, const u8 *group, bool add);

#endif
