/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O ports and device memory given to domains that have no devices by themselves.
 */
#include "control/control.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "mm/heap.h"

/* For all lists: they are short and seldom asked.  Nothing but the console is taken inside. */
static struct spinlock lock = SPINLOCK_INIT("permissions", LOCK_REGISTERS);

bool control_has(struct control_range *const *list, u64 first, u64 last)
{
	bool found = false;
	u64 flags;

	if (!READ_ONCE(*list))
		return false;
	flags = spin_lock_irqsave(&lock);
	for (const struct control_range *r = *list; r && !found; r = r->next)
		found = r->first <= first && last <= r->last;
	spin_unlock_irqrestore(&lock, flags);
	return found;
}

/* Take [first, last] out of the list.  *spare is used where a range is cut in two; returns what is no longer used. */
static struct control_range *cut(struct control_range **at, u64 first, u64 last,
				 struct control_range **spare)
{
	struct control_range *dead = NULL, *r, *tail;

	while ((r = *at)) {
		if (last < r->first || first > r->last) {
			at = &r->next;
		} else if (first <= r->first && last >= r->last) {
			*at = r->next;
			r->next = dead;
			dead = r;
		} else if (first > r->first && last < r->last) {
			tail = *spare;
			*spare = NULL;
			*tail = (struct control_range){ last + 1, r->last, r->next };
			r->last = first - 1;
			r->next = tail;
			break;				/* ranges do not overlap */
		} else {
			if (first <= r->first)
				r->first = last + 1;
			else
				r->last = first - 1;
			at = &r->next;
		}
	}
	return dead;
}

/* Ranges that are given side by side become one, so that an access across both is seen to be allowed. */
static void join(struct control_range **at, struct control_range *new, struct control_range **dead)
{
	struct control_range *r;

	while ((r = *at)) {
		if (r->last + 1 == new->first)
			new->first = r->first;
		else if (new->last + 1 == r->first)
			new->last = r->last;
		else {
			at = &r->next;
			continue;
		}
		*at = r->next;
		r->next = *dead;
		*dead = r;
	}
}

static void free_list(struct control_range *r)
{
	for (struct control_range *next; r; r = next) {
		next = r->next;
		zfree(r);
	}
}

int control_permit(struct control_range **list, u64 first, u64 last, bool allow)
{
	struct control_range *new = zalloc(sizeof(*new)), *spare = zalloc(sizeof(*spare)), *dead;
	u64 flags;

	if (!new || !spare) {
		zfree(new);
		zfree(spare);
		return -ENOMEM;
	}
	flags = spin_lock_irqsave(&lock);
	dead = cut(list, first, last, &spare);
	if (allow) {
		new->first = first;
		new->last = last;
		join(list, new, &dead);
		new->next = *list;
		*list = new;
		new = NULL;
	}
	spin_unlock_irqrestore(&lock, flags);
	zfree(new);
	zfree(spare);
	free_list(dead);
	return 0;
}

void control_ranges_free(struct domain_control *c)
{
	free_list(c->ports);
	free_list(c->frames);
	c->ports = c->frames = NULL;
}
