// SPDX-License-Identifier: GPL-2.0-only
/* Files and block devices: opened, and read and written by io_uring, or plainly where that is refused. */

#include "blockd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define RING_ENTRIES 256

void io_open(struct blockd *b)
{
	int rc = b->plain ? 0 : io_uring_queue_init(RING_ENTRIES, &b->uring, 0);

	b->waiting_end = &b->waiting;
	b->plain |= rc < 0;
	if (rc < 0)
		fprintf(stderr, "bonsai-blockd: the kernel refuses io_uring (%s): requests are served one at a time "
			"(see kernel.io_uring_disabled)\n", strerror(-rc));
}

/* A number of the block device's queue in sysfs; 0 if there is none. */
static unsigned long queue_limit(dev_t device, const char *what)
{
	unsigned long n = 0;
	char path[128];
	FILE *f;

	/* A partition has its disk's. */
	for (int up = 0; up < 2; up++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%squeue/%s", major(device), minor(device),
			 up ? "../" : "", what);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%lu", &n) != 1)
			n = 0;
		fclose(f);
		break;
	}
	return n;
}

static int measure(struct vdisk *d, const struct stat *st)
{
	uint64_t bytes = st->st_size;

	d->is_block = S_ISBLK(st->st_mode);
	if (!d->is_block && !S_ISREG(st->st_mode))
		return -ENOTBLK;
	d->grain = st->st_blksize;
	if (d->is_block) {
		if (ioctl(d->fd, BLKGETSIZE64, &bytes))
			return -errno;
		/* What fallocate() does there: zeroes that take no room. */
		d->grain = queue_limit(st->st_rdev, "discard_granularity");
		if (!queue_limit(st->st_rdev, "write_zeroes_max_bytes"))
			d->grain = 0;
	}
	d->limits.discard &= d->grain && !d->limits.read_only;
	d->limits.sectors = bytes / BLOCK_SECTOR;
	return 0;
}

/* Requests come in sectors, wherever in a frame: does direct I/O take them like that? */
static bool takes_sectors(int fd)
{
	static uint8_t place[4 * BLOCK_SECTOR] __attribute__((aligned(4096)));

	return pread(fd, place + BLOCK_SECTOR, BLOCK_SECTOR, BLOCK_SECTOR) >= 0;
}

static int open_direct(const char *path, int flags)
{
	int fd = open(path, flags | O_DIRECT);

	if (fd >= 0 && !takes_sectors(fd)) {
		close(fd);
		fd = -1;
		errno = EINVAL;
	}
	/* The file system has no direct I/O, or only in larger blocks. */
	return fd < 0 && errno == EINVAL ? open(path, flags) : fd;
}

int io_target(struct vdisk *d, const char *path)
{
	struct stat st;
	int rc;

	d->fd = open_direct(path, (d->limits.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	rc = d->fd < 0 || fstat(d->fd, &st) ? -errno : measure(d, &st);
	if (!rc && flock(d->fd, (d->limits.read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		rc = -errno;
	if (rc && d->fd >= 0) {
		close(d->fd);
		d->fd = -1;
	}
	return rc;
}

void io_start(struct blockd *b, struct job *job)
{
	job->next = NULL;
	*b->waiting_end = job;
	b->waiting_end = &job->next;
}

/* What of its bytes is done already moves its place on the disk. */
static uint64_t offset_of(const struct job *job)
{
	uint64_t left = 0;

	for (unsigned int i = job->part; i < job->part_count; i++)
		left += job->parts[i].iov_len;
	return (job->request.sector + job->request.sectors) * BLOCK_SECTOR - left;
}

static bool wants_flush(const struct job *job)
{
	return job->request.op == BLKIF_OP_FLUSH_DISKCACHE && !job->flushed;
}

static void prepare(struct io_uring_sqe *sqe, struct job *job)
{
	const struct block_request *r = &job->request;
	const struct iovec *parts = job->parts + job->part;
	int fd = job->queue->disk->fd;

	if (wants_flush(job))
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
	else if (r->op == BLKIF_OP_DISCARD)
		io_uring_prep_fallocate(sqe, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					r->sector * BLOCK_SECTOR, r->sectors * BLOCK_SECTOR);
	else if (r->op == BLKIF_OP_READ)
		io_uring_prep_readv(sqe, fd, parts, job->part_count - job->part, offset_of(job));
	else
		io_uring_prep_writev(sqe, fd, parts, job->part_count - job->part, offset_of(job));
	io_uring_sqe_set_data(sqe, job);
}

/* The same without io_uring. */
static int do_now(const struct job *job)
{
	const struct block_request *r = &job->request;
	const struct iovec *parts = job->parts + job->part;
	int fd = job->queue->disk->fd;
	ssize_t did;

	if (wants_flush(job))
		did = fdatasync(fd);
	else if (r->op == BLKIF_OP_DISCARD)
		did = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, r->sector * BLOCK_SECTOR,
				r->sectors * BLOCK_SECTOR);
	else if (r->op == BLKIF_OP_READ)
		did = preadv(fd, parts, job->part_count - job->part, offset_of(job));
	else
		did = pwritev(fd, parts, job->part_count - job->part, offset_of(job));
	return did < 0 ? -errno : did;
}

static struct job *first(struct blockd *b)
{
	struct job *job = b->waiting;

	b->waiting = job->next;
	if (!b->waiting)
		b->waiting_end = &b->waiting;
	return job;
}

static bool reap(struct blockd *b)
{
	struct io_uring_cqe *cqe;
	bool any = false;

	while (!io_uring_peek_cqe(&b->uring, &cqe)) {
		struct job *job = io_uring_cqe_get_data(cqe);
		int did = cqe->res;

		io_uring_cqe_seen(&b->uring, cqe);
		job_done(job, did);
		any = true;
	}
	return any;
}

void io_run(struct blockd *b)
{
	struct io_uring_sqe *sqe;

	while (b->plain && b->waiting) {
		struct job *job = first(b);

		job_done(job, do_now(job));
	}
	if (b->plain)
		return;
	do {
		while (b->waiting && (sqe = io_uring_get_sqe(&b->uring)))
			prepare(sqe, first(b));
		/* What it does not take now stays in its ring for the next time. */
		if (io_uring_sq_ready(&b->uring))
			io_uring_submit(&b->uring);
	} while (reap(b));
}
