/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns.  A client whose bytes arrive gets a turn: one read, some requests,
 * one write.  What is left waits in a queue for the next round, so that a
 * client that floods waits for its own flood only.
 */
#include "link.h"

#include <utlist.h>

/* Requests a turn: enough to make a system call worth it. */
#define TURN_REQUESTS	16
#define TURN_IOV	64

static struct link *ready, *flush, *dead;

static struct link **list_of(struct link *l)
{
	return l->queue == LINK_READY ? &ready : l->queue == LINK_FLUSH ? &flush : &dead;
}

static void enter(struct link *l, int queue)
{
	if (l->queue == LINK_DEAD)
		return;
	if (l->queue != LINK_IDLE)
		DL_DELETE(*list_of(l), l);
	l->queue = queue;
	if (queue != LINK_IDLE)
		DL_APPEND(*list_of(l), l);
}

/**
 * link_forget - the link is about to be freed
 */
void link_forget(struct link *l)
{
	if (l->queue != LINK_IDLE)
		DL_DELETE(*list_of(l), l);
	l->queue = LINK_IDLE;
}

/**
 * link_shut - never listen to this client again; links_flush() buries it
 */
void link_shut(struct link *l, u32 error)
{
	if (l->queue == LINK_DEAD)
		return;
	l->conn->ignored = true;
	l->ops->shut(l, error);
	enter(l, LINK_DEAD);
}

/* Return: false if the client is gone. */
static bool send_all(struct link *l)
{
	struct iovec iov[TURN_IOV];
	unsigned int count;
	ssize_t n;

	while ((count = conn_output(l->conn, iov, TURN_IOV))) {
		n = l->ops->write(l, iov, count);
		if (n < 0)
			return false;
		if (!n)
			break;
		conn_sent(l->conn, n);
	}
	return true;
}

static bool receive(struct link *l)
{
	size_t room;
	char *buf;
	ssize_t n;

	if (!conn_wants_input(l->conn))
		return true;
	buf = conn_room(l->conn, &room);
	n = l->ops->read(l, buf, room);
	if (n < 0)
		return false;
	conn_received(l->conn, n);
	return true;
}

static void work(struct link *l)
{
	for (int i = 0; i < TURN_REQUESTS; i++)
		if (!conn_step(l->conn))
			break;
}

/**
 * link_run - a client's turn
 */
void link_run(struct link *l)
{
	bool alive, more;

	if (l->queue == LINK_DEAD)
		return;
	enter(l, LINK_IDLE);
	l->busy = true;
	alive = send_all(l) && receive(l);
	if (alive) {
		work(l);
		alive = send_all(l);
	}
	l->busy = false;
	if (l->queue == LINK_DEAD)
		return;
	l->ops->kick(l);
	if (!alive) {
		link_shut(l, XENSTORE_ERROR_COMM);
		return;
	}
	more = l->ops->listen(l, conn_wants_input(l->conn), l->conn->out);
	if (more || conn_can_step(l->conn))
		enter(l, LINK_READY);
}

/**
 * link_wake - the store has something for this client
 */
void link_wake(struct link *l)
{
	if (!l->busy && l->queue == LINK_IDLE)
		enter(l, LINK_FLUSH);
}

/**
 * links_ready - is anybody waiting for another turn
 */
bool links_ready(void)
{
	return ready;
}

/**
 * links_turn - everybody who waits for another turn gets one
 */
void links_turn(void)
{
	struct link *last = ready ? ready->prev : NULL, *l;

	while ((l = ready)) {
		link_run(l);
		if (l == last)
			break;
	}
}

/**
 * links_flush - send what others' requests caused, and bury the dead
 */
void links_flush(void)
{
	struct link *l;

	while ((l = flush))
		link_run(l);
	while ((l = dead)) {
		link_forget(l);
		l->ops->bury(l);
	}
}
