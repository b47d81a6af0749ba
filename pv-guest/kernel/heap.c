/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap: sizes are rounded up to a power of two, each with a list of free pieces cut from pages.
 * Who frees says the size, so pieces carry no header.
 */
#include "kernel/heap.h"
#include "kernel/lock.h"
#include "kernel/pages.h"
#include "kernel/print.h"

#define MIN_SHIFT 4
#define CLASSES	  (PAGE_SHIFT - MIN_SHIFT) /* 16 .. 2048 bytes */

struct piece {
	struct piece *next;
};

static struct spinlock lock;
static struct piece *free_pieces[CLASSES]; /* guarded by lock */

static unsigned int class_of(size_t size)
{
	unsigned int c = 0;

	while ((16UL << c) < size)
		c++;
	return c;
}

static void class_refill(unsigned int c)
{
	char *page = page_alloc();
	size_t size = 16UL << c, off;

	for (off = 0; off < PAGE_SIZE; off += size) {
		struct piece *p = (struct piece *)(page + off);

		p->next = free_pieces[c];
		free_pieces[c] = p;
	}
}

/**
 * heap_alloc - memory of at least size bytes, aligned to 16 (from a page up: to its size)
 * Running out is a panic.  Content undefined.
 */
void *heap_alloc(size_t size)
{
	unsigned int c = class_of(size);
	struct piece *p;
	bool irqs;

	if (c >= CLASSES) {
		p = pages_alloc(c - CLASSES);
		if (!p)
			panic("out of memory: %zu bytes", size);
		return p;
	}
	irqs = spin_lock(&lock);
	if (!free_pieces[c])
		class_refill(c);
	p = free_pieces[c];
	free_pieces[c] = p->next;
	spin_unlock(&lock, irqs);
	return p;
}

/**
 * heap_free - give back what heap_alloc(size) returned
 */
void heap_free(void *ptr, size_t size)
{
	unsigned int c = class_of(size);
	struct piece *p = ptr;
	bool irqs;

	if (c >= CLASSES) {
		pages_free(p, c - CLASSES);
		return;
	}
	irqs = spin_lock(&lock);
	p->next = free_pieces[c];
	free_pieces[c] = p;
	spin_unlock(&lock, irqs);
}
