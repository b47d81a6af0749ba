/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted text for people: a small printf and the kernel's voice.
 */
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "port/port.h"

struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	bool left, zero, prefix, wide;
	int width;
};

static struct spinlock console_lock;

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_field(struct out *o, const struct spec *sp, const char *s, int n)
{
	int pad = sp->width - n;

	while (!sp->left && pad-- > 0)
		put(o, sp->zero ? '0' : ' ');
	while (n--)
		put(o, *s++);
	while (sp->left && pad-- > 0)
		put(o, ' ');
}

static void put_number(struct out *o, const struct spec *sp, u64 v, unsigned int base, bool neg)
{
	char tmp[24];
	int i = sizeof(tmp);

	do
		tmp[--i] = "0123456789abcdef"[v % base];
	while (v /= base);
	if (sp->prefix && base == 16) {
		tmp[--i] = 'x';
		tmp[--i] = '0';
	}
	if (neg)
		tmp[--i] = '-';
	put_field(o, sp, tmp + i, sizeof(tmp) - i);
}

static const char *parse_spec(const char *f, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){ 0 };
	for (;; f++) {
		if (*f == '-')
			sp->left = true;
		else if (*f == '0')
			sp->zero = true;
		else if (*f == '#')
			sp->prefix = true;
		else
			break;
	}
	if (*f == '*') {
		sp->width = va_arg(*ap, int);
		f++;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		sp->width = sp->width * 10 + *f - '0';
	for (; *f == 'l' || *f == 'z'; f++)
		sp->wide = true;
	return f;
}

static void put_conversion(struct out *o, char conv, struct spec *sp, va_list *ap)
{
	const char *s;
	char c;
	s64 d;

	switch (conv) {
	case 'd':
		d = sp->wide ? va_arg(*ap, long) : va_arg(*ap, int);
		put_number(o, sp, d < 0 ? -(u64)d : (u64)d, 10, d < 0);
		break;
	case 'u':
	case 'x':
		put_number(o, sp, sp->wide ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int),
			   conv == 'u' ? 10 : 16, false);
		break;
	case 'p': put_number(o, sp, (u64)va_arg(*ap, void *), 16, false); break;
	case 's':
		s = va_arg(*ap, const char *);
		put_field(o, sp, s ? s : "(null)", strlen(s ? s : "(null)"));
		break;
	case 'c':
		c = va_arg(*ap, int);
		put_field(o, sp, &c, 1);
		break;
	default: put(o, conv);
	}
}

/**
 * vformat - write formatted text into a buffer
 * Knows %d %u %x %s %c %p and %%, with -, #, 0, a width or *, and l or z.
 *
 * Return: the length the whole text has; what did not fit is cut off.
 */
int vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { .buf = buf, .size = size };
	struct spec sp;
	va_list args;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &sp, &args);
		put_conversion(&o, *fmt, &sp, &args);
	}
	va_end(args);
	if (size)
		buf[MIN(o.len, size - 1)] = 0;
	return o.len;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

static void vprintk(const char *fmt, va_list ap)
{
	char line[256];
	size_t n = vformat(line, sizeof(line), fmt, ap);
	bool irqs = spin_lock(&console_lock);

	port_console_write(line, MIN(n, sizeof(line) - 1));
	spin_unlock(&console_lock, irqs);
}

/**
 * printk - print on the console, whole lines undisturbed by other CPUs
 */
void printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(fmt, ap);
	va_end(ap);
}

/**
 * panic - say why the kernel cannot go on, and stop
 */
void panic(const char *fmt, ...)
{
	va_list ap;

	irq_disable();
	console_lock.held = 0; /* whoever holds it may never let go */
	printk("PANIC on CPU %u: ", this_cpu()->id);
	va_start(ap, fmt);
	vprintk(fmt, ap);
	va_end(ap);
	printk("\n");
	port_crash();
}
