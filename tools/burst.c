// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the store, many at a time: libxenstore waits for each answer before it asks on, and what that costs is
 * nearly all switching between two processes.
 */

#include "burst.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xenstore.h>
#include <xen/io/xs_wire.h>

int burst_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), e;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", xs_daemon_socket());
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		e = errno;
		close(fd);
		errno = e;
		fd = -1;
	}
	return fd;
}

static void *grown(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		abort();
	return p;
}

void burst_add(struct burst *b, uint32_t type, uint32_t transaction, const char *path, const void *data, size_t size)
{
	const size_t head = path ? strlen(path) + 1 : 0;
	struct xsd_sockmsg m = { .type = type, .tx_id = transaction, .len = head + size };
	struct request *r;

	b->requests = grown(b->requests, (b->count + 1) * sizeof(*b->requests));
	r = &b->requests[b->count++];
	*r = (struct request){ .at = b->size };
	if (m.len > XENSTORE_PAYLOAD_MAX) {
		r->rc = -E2BIG;
		m.len = head < XENSTORE_PAYLOAD_MAX ? head : 0;
		size = 0;
	}
	b->bytes = grown(b->bytes, b->size + sizeof(m) + head + size);
	memcpy(b->bytes + b->size, &m, sizeof(m));
	if (path)
		memcpy(b->bytes + b->size + sizeof(m), path, head);
	if (size)
		memcpy(b->bytes + b->size + sizeof(m) + head, data, size);
	b->size += sizeof(m) + head + size;
}

static bool send_all(int fd, const char *p, size_t size)
{
	while (size) {
		ssize_t did = send(fd, p, size, MSG_NOSIGNAL);

		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return false;
		p += did;
		size -= did;
	}
	return true;
}

/* What has come and was not looked at yet. */
struct input {
	int fd;
	char buf[8192];
	size_t from, to;
};

static bool take(struct input *in, void *to, size_t size)
{
	char *p = to;

	while (size) {
		size_t n = in->to - in->from < size ? in->to - in->from : size;
		ssize_t got = 0;

		memcpy(p, in->buf + in->from, n);
		in->from += n;
		p += n;
		size -= n;
		if (!size)
			break;
		got = recv(in->fd, in->buf, sizeof(in->buf), 0);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			return false;
		in->from = 0;
		in->to = got;
	}
	return true;
}

static int error_of(const char *name)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (!strcmp(xsd_errors[i].errstring, name))
			return -xsd_errors[i].errnum;
	return -EIO;
}

static bool take_answer(struct input *in, struct request *r)
{
	struct xsd_sockmsg m;

	if (!take(in, &m, sizeof(m)) || m.len > XENSTORE_PAYLOAD_MAX)
		return false;
	r->answer = grown(NULL, m.len + 1);
	r->answer[m.len] = 0;
	r->size = m.len;
	if (!take(in, r->answer, m.len))
		return false;
	if (m.type == XS_ERROR)
		r->rc = error_of(r->answer);
	return true;
}

/*
 * So many are on their way at once.  The store has taken all of them before its answers could fill up our side: either
 * the request is small, or the answer.
 */
#define AT_ONCE 64

static bool run_some(struct input *in, struct burst *b, unsigned int first, unsigned int end)
{
	size_t to = end < b->count ? b->requests[end].at : b->size;

	if (!send_all(in->fd, b->bytes + b->requests[first].at, to - b->requests[first].at))
		return false;
	for (unsigned int i = first; i < end; i++)
		if (!take_answer(in, &b->requests[i]))
			return false;
	return true;
}

int burst_run(struct ctl *ctl, struct burst *b)
{
	struct input in = { .fd = ctl_socket(ctl) };
	unsigned int end;

	if (in.fd < 0)
		return -EIO;
	/* None is sent if one cannot be. */
	for (unsigned int i = 0; i < b->count; i++)
		if (b->requests[i].rc)
			return ctl_fail(ctl, -E2BIG, "store node %s: its value is too long", burst_path(b, i));
	for (unsigned int first = 0; first < b->count; first = end) {
		end = first + AT_ONCE < b->count ? first + AT_ONCE : b->count;
		if (!run_some(&in, b, first, end))
			return ctl_fail(ctl, -EIO, "the store has gone away (is xenstored running?)");
	}
	return 0;
}

const char *burst_path(const struct burst *b, unsigned int i)
{
	return b->bytes + b->requests[i].at + sizeof(struct xsd_sockmsg);
}

void burst_clear(struct burst *b)
{
	for (unsigned int i = 0; i < b->count; i++)
		free(b->requests[i].answer);
	free(b->requests);
	free(b->bytes);
	*b = (struct burst){ 0 };
}
