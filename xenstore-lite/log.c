/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>

#include "daemon.h"
#include "request.h"

static bool use_syslog;
static FILE *trace;

/**
 * log_open - where the administrator looks
 */
void log_open(bool to_syslog)
{
	use_syslog = to_syslog;
	if (to_syslog)
		openlog("xenstored-lite", LOG_PID, LOG_DAEMON);
}

void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (use_syslog) {
		vsyslog(LOG_NOTICE, fmt, ap);
	} else {
		fputs("xenstored-lite: ", stderr);
		vfprintf(stderr, fmt, ap);
		fputc('\n', stderr);
	}
	va_end(ap);
}

/**
 * log_set_store - store_ops.log
 */
void log_set_store(void *ctx, const char *line)
{
	(void)ctx;
	log_line("%s", line);
}

/**
 * trace_open - trace into this file, appending; NULL: to stderr
 *
 * Return: 0 or -errno; then tracing goes on where it was.
 */
int trace_open(const char *path)
{
	FILE *f = path ? fopen(path, "ae") : stderr;

	if (!f)
		return -errno;
	if (trace && trace != stderr)
		fclose(trace);
	trace = f;
	setvbuf(trace, NULL, _IOLBF, 0);
	return 0;
}

static void print_time(FILE *f)
{
	char text[32];
	struct timeval tv;
	struct tm tm;

	gettimeofday(&tv, NULL);
	localtime_r(&tv.tv_sec, &tm);
	strftime(text, sizeof(text), "%FT%T", &tm);
	fprintf(f, "%s.%06ld", text, (long)tv.tv_usec);
}

/* Payload as it is read best: strings with spaces between, bytes as \xNN. */
static void print_body(FILE *f, const char *body, u32 len)
{
	if (len > 128)
		len = 128;
	for (u32 i = 0; i < len; i++) {
		unsigned char c = body[i];

		if (!c)
			fputc(' ', f);
		else if (c < ' ' || c > '~' || c == '\\')
			fprintf(f, "\\x%02x", c);
		else
			fputc(c, f);
	}
}

/**
 * trace_request - store_ops.trace: who, what, result, microseconds, in one line
 */
void trace_request(void *ctx, const struct conn *c, const struct request *rq, int rc, u64 usec)
{
	(void)ctx;
	if (!trace)
		trace = stderr;
	print_time(trace);
	fprintf(trace, " d%u c%u t%u %s [", c->dom->domid, c->id, rq->hdr.tx_id,
		request_name(rq->hdr.type));
	print_body(trace, rq->body, rq->hdr.len);
	fprintf(trace, "] %s %lluus\n", rc ? request_error(rc) : "OK", (unsigned long long)usec);
}
