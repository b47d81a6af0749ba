/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of lwIP is used, and how.
 *
 * NO_SYS: no threads, mailboxes or sockets of lwIP's own.  The stack is one piece of data under one lock
 * (net_lock()), and whoever has something for it, the driver's thread with a frame or a program with bytes, goes
 * in and does it there and then.  The threaded API would hand each frame to one thread and each byte to another:
 * two switches and a copy more a packet, and on a small guest the switches are most of the cost.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS			   1
#define SYS_LIGHTWEIGHT_PROT	   0 /* see net_lock() */
#define LWIP_NETCONN		   0
#define LWIP_SOCKET		   0
#define LWIP_TIMERS		   1

#define LWIP_IPV6		   0
#define LWIP_ARP		   1
#define ARP_QUEUEING		   1 /* all fragments of a packet wait for the neighbour's answer */
#define LWIP_ICMP		   1
#define LWIP_RAW		   1 /* ping */
#define LWIP_UDP		   1
#define LWIP_DHCP		   1
#define DHCP_DOES_ARP_CHECK	   0 /* costs seconds at each start; the server knows what it gave */
#define LWIP_TCP		   1
#define LWIP_STATS		   0
#define LWIP_NETIF_LINK_CALLBACK   0
#define LWIP_NETIF_STATUS_CALLBACK 0

/*
 * Memory: one heap, taken from the kernel's pages when the stack starts (net_heap), so a guest that has no
 * network has not paid for it.  It holds the frames in both directions; the pools are for small things.
 */
#define MEM_ALIGNMENT		   8
#define MEM_SIZE		   (2 * 1024 * 1024 - 256)
#define LWIP_RAM_HEAP_POINTER	   net_heap
#define PBUF_POOL_SIZE		   4 /* frames come into the heap, each in one piece */
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 /* they want the window to fit in the pool */
#define MEMP_NUM_TCP_PCB	   32
#define MEMP_NUM_TCP_PCB_LISTEN	   8
#define MEMP_NUM_TCP_SEG	   1024
#define MEMP_NUM_REASSDATA	   4
#define IP_REASS_MAX_PBUFS	   48 /* one ping of 64 KiB; and one waits for the neighbour's address: */
#define ARP_QUEUE_LEN		   48
#define MEMP_NUM_ARP_QUEUE	   48

/*
 * TCP.  The window and the send buffer cover what a virtual network can have on its way: 100 MB/s for 2 ms.
 * A window update every second full segment: a frame of many segments (GSO) is one to lwIP, which would
 * delay its acknowledgement by a quarter of a second when it is the only one.
 */
#define TCP_MSS			   1460
#define LWIP_WND_SCALE		   1
#define TCP_RCV_SCALE		   3
#define TCP_WND			   (256 * 1024)
#define TCP_SND_BUF		   (256 * 1024)
#define TCP_SND_QUEUELEN	   720
#define TCP_SNDLOWAT		   (16 * 1024)
#define TCP_WND_UPDATE_THRESHOLD   (2 * TCP_MSS)
#define TCP_SYNMAXRTX		   4
#define LWIP_TCP_SACK_OUT	   0
#define TCP_QUEUE_OOSEQ		   1
#define LWIP_HOOK_TCP_ISN(...)	   net_random()

/* Segments that lwIP is not prepared for: net/tcp.c.  Its counter of option bytes is at hand where this stands. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, bytes, ...) net_tcp_check(pcb, header, &(bytes))

/* Frames leave in one piece: that is what a net_device takes, so its copy into the ring is the only one. */
#define LWIP_NETIF_TX_SINGLE_PBUF  1
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHKSUM_ALGORITHM	   3
#define IP_FRAG			   1
#define IP_REASSEMBLY		   1

#ifndef __ASSEMBLER__
struct tcp_hdr;
struct tcp_pcb;
extern void *net_heap;
signed char net_tcp_check(const struct tcp_pcb *pcb, const struct tcp_hdr *header, unsigned short *options);
#endif

#endif
