/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console_io: guests write to, and the initial domain reads from, the hypervisor's console.
 * ABI: CONSOLEIO_* in xen.h.
 *
 * The initial domain's bytes go out as they are.  Of others only printable ones do, by whole lines
 * that begin with the domain's number, and not more lines than LINES_PER_SECOND in the long run.
 */
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

#define CHUNK			128
#define LINES_PER_SECOND	200
#define LINES_AT_ONCE		2000

struct domain_console {
	struct spinlock lock;		/* LOCK_EVTQ: nothing but the console is taken inside */
	u32 len;
	u32 credit;			/* lines that may be written now */
	u32 dropped;
	ns_t credit_time;		/* when credit was last given */
	char line[CHUNK];
};

long do_console_io(struct vcpu *v, const struct hc_console_io *a)
{
	return subop_call(FAM_console, a->cmd, &(struct subop_call){
		.v = v, .extra = a->count, .arg = a->buffer_reg });
}

/* ---- lines of other domains ------------------------------------------------------------------ */

static struct domain_console *console_of(struct domain *d)
{
	struct domain_console *c = __atomic_load_n(&d->console, __ATOMIC_ACQUIRE), *none = NULL;

	if (c)
		return c;
	c = zalloc(sizeof(*c));
	if (!c)
		return NULL;
	spin_lock_init(&c->lock, "guest console", LOCK_EVTQ);
	c->credit = LINES_AT_ONCE;
	c->credit_time = now_ns();
	if (__atomic_compare_exchange_n(&d->console, &none, c, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return c;
	zfree(c);				/* another vCPU was first */
	return none;
}

static bool take_credit(struct domain_console *c)
{
	ns_t now = now_ns();
	u64 earned = (u64)(now - c->credit_time) / (1000000000UL / LINES_PER_SECOND);

	if (earned) {
		c->credit = MIN(c->credit + earned, (u64)LINES_AT_ONCE);
		c->credit_time = now;
	}
	if (!c->credit) {
		c->dropped++;
		return false;
	}
	c->credit--;
	return true;
}

static void put_line(const struct domain *d, struct domain_console *c)
{
	char text[CHUNK + 48];
	int n = 0;

	if (console_guests && take_credit(c)) {
		if (c->dropped)
			n = snprintf(text, sizeof(text), "(d%u) [%u lines left out]\n", d->id, c->dropped);
		console_write_raw(text, n);
		c->dropped = 0;
		n = snprintf(text, sizeof(text), "(d%u) %.*s\n", d->id, (int)c->len, c->line);
		console_write_raw(text, n);
	}
	c->len = 0;
}

static void write_filtered(const struct domain *d, struct domain_console *c, const char *s, u32 n)
{
	u64 flags = spin_lock_irqsave(&c->lock);

	for (u32 i = 0; i < n; i++) {
		bool printable = (s[i] >= ' ' && s[i] <= '~') || s[i] == '\t';

		if (s[i] == '\n' || (printable && c->len == sizeof(c->line)))
			put_line(d, c);
		if (printable)
			c->line[c->len++] = s[i];
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Return: 0; -EFAULT (what came before the bad page is written); -ENOMEM; -ERESTART. */
long do_console_write(struct subop_call *c, void *op)
{
	struct domain *d = c->v->domain;
	struct domain_console *lines = d->privileged ? NULL : console_of(d);
	u32 count = c->extra;
	char text[CHUNK];

	if (!d->privileged && !lines)
		return -ENOMEM;
	for (u32 done = 0, n; done < count; done += n) {
		if (done && hypercall_preempt()) {
			hypercall_set_arg(c->v, 1, count - done);
			hypercall_set_arg(c->v, 2, c->arg + done);
			return -ERESTART;
		}
		/* Interrupts are off while others' lines go out. */
		n = MIN(count - done, lines ? 16u : (u32)sizeof(text));
		if (copy_from_guest(text, c->arg + done, n))
			return -EFAULT;
		if (lines)
			write_filtered(d, lines, text, n);
		else
			console_write_raw(text, n);
	}
	return 0;
}

/*
 * Return: bytes read, 0 when none wait; -EPERM; -E2BIG for a count no result could tell; -EFAULT.
 */
long do_console_read(struct subop_call *c, void *op)
{
	u32 count = c->extra, done = 0;
	char text[CHUNK];

	if (!c->v->domain->privileged)
		return hc_fail(-EPERM, "the console's input is not this domain's");
	if (count > 0x7fffffff)
		return hc_fail(-E2BIG, "%u bytes", count);
	if (!guest_range_ok(c->arg, count))
		return -EFAULT;
	while (done < count) {
		u32 n = console_read(text, MIN(count - done, (u32)sizeof(text)));

		if (!n)
			break;
		if (copy_to_guest(c->arg + done, text, n))
			return -EFAULT;
		done += n;
	}
	return done;
}
