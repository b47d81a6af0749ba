/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes, and a small formatter whose lines go to the console whole. */
#include "guest.h"

void *memset(void *to, int byte, size_t n)
{
	char *p = to;

	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(byte) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	char *p = to;

	__asm__ volatile("rep movsb" : "+D"(p), "+S"(from), "+c"(n) : : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool starts_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

/* One vCPU prints at a time; the line is written when it is whole. */
static char line[1024];
static unsigned int used;
static u32 line_lock;

/* In a test point a hash would begin a directive, which can turn a failure into a wish. */
static bool no_hashes;

static void put(char c)
{
	if (c == '#' && no_hashes)
		return;
	if (used < sizeof(line))
		line[used++] = c;
	if (c == '\n') {
		HC(console_io, .cmd = CONSOLEIO_write, .count = used, .buffer = line);
		used = 0;
	}
}

static void put_number(u64 n, unsigned int base, unsigned int width, char fill)
{
	char digits[24];
	unsigned int i = 0;

	do {
		digits[i++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (width-- > i)
		put(fill);
	while (i)
		put(digits[--i]);
}

static void put_signed(long n, unsigned int width)
{
	if (n < 0)
		put('-');
	put_number(n < 0 ? -(u64)n : (u64)n, 10, width, ' ');
}

/* One conversion, the part after '%'; returns its last character's address. */
static const char *put_conversion(const char *f, va_list *args)
{
	unsigned int width = 0;
	bool is_long = false;
	char fill = ' ';
	const char *s;

	if (*f == '0')
		fill = *f++;
	while (*f >= '0' && *f <= '9')
		width = width * 10 + (*f++ - '0');
	while (*f == 'l') {
		is_long = true;
		f++;
	}
	switch (*f) {
	case 's':
		for (s = va_arg(*args, const char *); *s; s++)
			put(*s);
		break;
	case 'c': put(va_arg(*args, int)); break;
	case 'd': put_signed(is_long ? va_arg(*args, long) : va_arg(*args, int), width); break;
	case 'u':
	case 'x':
		put_number(is_long ? va_arg(*args, u64) : va_arg(*args, u32), *f == 'u' ? 10 : 16,
			   width, fill);
		break;
	default: put(*f);
	}
	return f;
}

static void vprint(const char *f, va_list *args)
{
	for (; *f; f++) {
		if (*f == '%')
			f = put_conversion(f + 1, args);
		else
			put(*f);
	}
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(format, &args);
	va_end(args);
}

/* --- the test points, here because they are lines --- */

static unsigned int points;

static void lock(void)
{
	while (__atomic_exchange_n(&line_lock, 1, __ATOMIC_ACQUIRE))
		HC(sched_op, .cmd = SCHEDOP_yield);
}

static void unlock(void)
{
	__atomic_store_n(&line_lock, 0, __ATOMIC_RELEASE);
}

static void point(bool good, const char *format, va_list *args)
{
	print("%sok %u - ", good ? "" : "not ", ++points);
	no_hashes = true;
	vprint(format, args);
	put('\n');
	no_hashes = false;
}

bool check(bool good, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lock();
	point(good, format, &args);
	unlock();
	va_end(args);
	return good;
}

bool check_eq(long got, long want, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lock();
	point(got == want, format, &args);
	if (got != want)
		print("# got %ld (0x%lx), wanted %ld (0x%lx)\n", got, (u64)got, want, (u64)want);
	unlock();
	va_end(args);
	return got == want;
}

bool check_refused(long rc, const char *format, ...)
{
	bool good = rc == -XEN_EINVAL || rc == -XEN_EBUSY || rc == -XEN_EPERM;
	va_list args;

	va_start(args, format);
	lock();
	point(good, format, &args);
	if (!good)
		print("# got %ld, wanted -EINVAL, -EBUSY or -EPERM\n", rc);
	unlock();
	va_end(args);
	return good;
}

bool check_fault(u64 vector, u64 want, const char *format, ...)
{
	struct cpu *c = this_cpu();
	bool good = vector == want && (vector == NO_FAULT || c->caught.rip == c->try_rip);
	va_list args;

	va_start(args, format);
	lock();
	point(good, format, &args);
	if (!good)
		print("# got %s (error 0x%lx) at 0x%lx, wanted %s at 0x%lx\n", vector_name(vector),
		      c->caught.error, c->caught.rip, vector_name(want), c->try_rip);
	unlock();
	va_end(args);
	return good;
}

bool on_xen(void)
{
	xen_compile_info_t info = { 0 };

	HC(xen_version, .cmd = XENVER_compile_info, .arg = &info);
	return starts_with(info.compile_by, "pkg-xen");
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lock();
	print("# ");
	vprint(format, &args);
	put('\n');
	unlock();
	va_end(args);
}

void check_skipped(const char *text, const char *why)
{
	print("ok %u - %s # SKIP %s\n", ++points, text, why);
}

void plan_end(void)
{
	print("1..%u\n", points);
}

void skip_all(const char *why)
{
	print("1..0 # SKIP %s\n", why);
	guest_exit(SHUTDOWN_poweroff);
}

void bail_out(const char *why)
{
	print("Bail out! %s\n", why);
	guest_exit(SHUTDOWN_poweroff);
}

void guest_exit(unsigned int reason)
{
	sched_shutdown_t end = { .reason = reason };

	for (;;)
		HC(sched_op, .cmd = SCHEDOP_shutdown, .arg = &end);
}
