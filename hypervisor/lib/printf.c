/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vsnprintf.  No floating point, no wide characters, no %n.
 */
#include "lib/string.h"
#include "lib/types.h"

/* Where the text goes; what does not fit is only counted. */
struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	bool left, zero, alt, plus, space, upper, negative;
	int width, precision;		/* precision -1: not given */
	unsigned int base;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *s, const char *str)
{
	int len;

	if (!str)
		str = "(null)";
	for (len = 0; (s->precision < 0 || len < s->precision) && str[len]; len++)
		;
	if (!s->left)
		pad(o, ' ', s->width - len);
	for (int i = 0; i < len; i++)
		put(o, str[i]);
	if (s->left)
		pad(o, ' ', s->width - len);
}

static void put_number(struct out *o, const struct spec *s, u64 val)
{
	const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24], prefix[3];
	int n = 0, len = 0, zeroes, total;

	if (s->negative)
		prefix[len++] = '-';
	else if (s->plus || s->space)
		prefix[len++] = s->plus ? '+' : ' ';
	if (s->alt && s->base == 16 && val) {
		prefix[len++] = '0';
		prefix[len++] = s->upper ? 'X' : 'x';
	}
	for (; val; val /= s->base)
		text[n++] = digits[val % s->base];
	if (!n && s->precision)
		text[n++] = '0';

	zeroes = s->precision > n ? s->precision - n : 0;
	if (s->zero && !s->left && s->precision < 0 && s->width > n + len)
		zeroes = s->width - n - len;
	total = len + zeroes + n;
	if (!s->left)
		pad(o, ' ', s->width - total);
	for (int i = 0; i < len; i++)
		put(o, prefix[i]);
	pad(o, '0', zeroes);
	while (n--)
		put(o, text[n]);
	if (s->left)
		pad(o, ' ', s->width - total);
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		switch (*f) {
		case '-': s->left = true; break;
		case '0': s->zero = true; break;
		case '#': s->alt = true; break;
		case '+': s->plus = true; break;
		case ' ': s->space = true; break;
		default: return f;
		}
	}
}

static const char *parse_int(const char *f, int *n)
{
	for (*n = 0; *f >= '0' && *f <= '9'; f++)
		*n = *n * 10 + (*f - '0');
	return f;
}

/* Bytes of the integer argument: hh 1, h 2, none 4, l ll z t 8. */
static const char *parse_length(const char *f, unsigned int *bytes)
{
	*bytes = 4;
	for (;; f++) {
		if (*f == 'h')
			*bytes /= 2;
		else if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j')
			*bytes = 8;
		else
			return f;
	}
}

static u64 cut_signed(u64 val, unsigned int bytes, bool *negative)
{
	unsigned int shift = 64 - 8 * bytes;
	s64 v = (s64)(val << shift) >> shift;

	*negative = v < 0;
	return v < 0 ? -(u64)v : (u64)v;
}

static void put_integer(struct out *o, struct spec *s, char conv, unsigned int bytes, u64 val)
{
	s->base = conv == 'o' ? 8 : (conv | 0x20) == 'x' ? 16 : 10;
	s->upper = conv == 'X';
	if (conv == 'd' || conv == 'i') {
		val = cut_signed(val, bytes, &s->negative);
	} else {
		s->plus = s->space = false;
		if (bytes < 8)
			val &= BIT(8 * bytes) - 1;
	}
	put_number(o, s, val);
}

int vsnprintf(char *buf, size_t n, const char *fmt, va_list ap)
{
	struct out o = { buf, n, 0 };

	for (const char *f = fmt; *f; f++) {
		struct spec s = { .precision = -1 };
		unsigned int bytes;

		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = parse_flags(f + 1, &s);
		if (*f == '*') {
			s.width = va_arg(ap, int);
			f++;
		} else {
			f = parse_int(f, &s.width);
		}
		if (*f == '.' && f[1] == '*') {
			s.precision = va_arg(ap, int);
			f += 2;
		} else if (*f == '.') {
			f = parse_int(f + 1, &s.precision);
		}
		f = parse_length(f, &bytes);

		switch (*f) {
		case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
			put_integer(&o, &s, *f, bytes,
				    bytes == 8 ? va_arg(ap, u64) : va_arg(ap, unsigned int));
			break;
		case 'p':
			s.alt = true;
			put_integer(&o, &s, 'x', 8, (u64)va_arg(ap, void *));
			break;
		case 's':
			put_string(&o, &s, va_arg(ap, const char *));
			break;
		case 'c':
			pad(&o, ' ', s.left ? 0 : s.width - 1);
			put(&o, (char)va_arg(ap, int));
			pad(&o, ' ', s.left ? s.width - 1 : 0);
			break;
		case 0:
			f--;			/* the format ends in the middle */
			break;
		default:
			put(&o, *f);		/* also %% */
		}
	}
	if (n)
		buf[MIN(o.len, n - 1)] = 0;
	return (int)o.len;
}

int snprintf(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, n, fmt, ap);
	va_end(ap);
	return len;
}
