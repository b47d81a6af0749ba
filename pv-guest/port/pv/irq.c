/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts (pv): event channels.  A pending event is a bit in the shared page; one selector word
 * per vCPU says which words of bits to look at, and one byte that there is anything at all.
 */
#include "kernel/cpu.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "port/pv/pv.h"

static struct handler {
	void (*fn)(void *arg);
	void *arg;
	u64 count;
} handlers[EVTCHN_MAX];

/* Bits of one selector word may belong to several CPUs: each takes its own only. */
static u64 own[MAX_CPUS][EVTCHN_MAX / 64];

/**
 * evtchn_open - have a function called when an event comes
 * @port: a port that was bound; it must notify @cpu already
 * @cpu:  where @fn will run, with interrupts off
 */
void evtchn_open(evtchn_port_t port, unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	evtchn_unmask_t unmask = { .port = port };

	CHECK(port < EVTCHN_MAX);
	handlers[port] = (struct handler){ .fn = fn, .arg = arg };
	__atomic_fetch_or(&own[cpu][port / 64], 1UL << (port % 64), __ATOMIC_RELEASE);
	HC(event_channel_op, .cmd = EVTCHNOP_unmask, .arg = &unmask);
}

/**
 * evtchn_close - undo evtchn_open() and the binding
 */
void evtchn_close(evtchn_port_t port)
{
	evtchn_close_t op = { .port = port };
	unsigned int c;

	__atomic_fetch_or(&SHARED->evtchn_mask[port / 64], 1UL << (port % 64), __ATOMIC_SEQ_CST);
	for (c = 0; c < MAX_CPUS; c++)
		__atomic_fetch_and(&own[c][port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
	HC(event_channel_op, .cmd = EVTCHNOP_close, .arg = &op);
}

/* How often it came since it was opened; -1: it never was. */
s64 evtchn_count(evtchn_port_t port)
{
	return handlers[port].fn ? (s64)READ_ONCE(handlers[port].count) : -1;
}

long evtchn_send(evtchn_port_t port)
{
	evtchn_send_t op = { .port = port };

	return HC(event_channel_op, .cmd = EVTCHNOP_send, .arg = &op);
}

/* Clear a bit, then serve it: an event that comes meanwhile sets it anew. */
static void serve_word(struct cpu *cpu, unsigned int w)
{
	u64 bits = READ_ONCE(SHARED->evtchn_pending[w]) & ~SHARED->evtchn_mask[w] & own[cpu->id][w];

	while (bits) {
		unsigned int port = w * 64 + __builtin_ctzl(bits);

		bits &= bits - 1;
		__atomic_fetch_and(&SHARED->evtchn_pending[w], ~(1UL << (port % 64)),
				   __ATOMIC_SEQ_CST);
		handlers[port].count++;
		handlers[port].fn(handlers[port].arg);
	}
}

/* From the outside in: first the byte, then the selector, then the words. */
void port_irq(unsigned int vector)
{
	struct cpu *cpu = this_cpu();
	vcpu_info_t *info = &cpu->port.info;
	u64 words;

	(void)vector;
	do {
		WRITE_ONCE(info->evtchn_upcall_pending, 0);
		words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
		for (; words; words &= words - 1)
			if (__builtin_ctzl(words) < EVTCHN_MAX / 64)
				serve_word(cpu, __builtin_ctzl(words));
	} while (READ_ONCE(info->evtchn_upcall_pending));
}

static void on_timer(void *arg)
{
	(void)arg;
	timer_interrupt();
}

static void on_ipi(void *arg)
{
	(void)arg;
	cpu_interrupt();
}

/*
 * A domain begins with all events unmasked: mask them until they have a handler.  The periodic tick a
 * vCPU is born with is not wanted: timers are set one at a time.
 */
void port_irq_init(struct cpu *cpu)
{
	evtchn_bind_virq_t virq = { .virq = VIRQ_TIMER, .vcpu = cpu->id };
	evtchn_bind_ipi_t ipi = { .vcpu = cpu->id };

	if (!cpu->id)
		memset(SHARED->evtchn_mask, 0xff, sizeof(SHARED->evtchn_mask));
	CHECK(!HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = cpu->id));
	CHECK(!HC(event_channel_op, .cmd = EVTCHNOP_bind_virq, .arg = &virq));
	CHECK(!HC(event_channel_op, .cmd = EVTCHNOP_bind_ipi, .arg = &ipi));
	cpu->port.timer = virq.port;
	cpu->port.ipi = ipi.port;
	evtchn_open(virq.port, cpu->id, on_timer, NULL);
	evtchn_open(ipi.port, cpu->id, on_ipi, NULL);
}

void port_ipi(struct cpu *cpu)
{
	evtchn_send(cpu->port.ipi);
}

/* Block unmasks and waits in one step, so no wake-up is lost. */
void port_idle(void)
{
	HC(sched_op, .cmd = SCHEDOP_block);
}
