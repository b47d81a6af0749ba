// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks: what a line means (xl-disk-configuration(5)), and how a domain gets one.
 *
 *	[target[,format[,vdev[,access]]]] or key=value, in any mixture; target= takes the rest of the line
 *
 * A block device is given as it is.  A file is given through a loop device, which is told to free itself when
 * its last user, the backend, closes it: whoever ends the domain, by whatever tool, the loop device goes too.
 */

#include "device.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#define OPEN_WAIT 5000	/* ms for the backend to open a disk */

static bool is_word(const char *text, size_t n, const char *word)
{
	return n == strlen(word) && !strncmp(text, word, n);
}

static char *take(const char *text, size_t n)
{
	char *p = strndup(text, n);

	if (!p)
		abort();
	return p;
}

/* "a" is 0, "z" 25, "aa" 26; the digits behind are the partition. */
static bool letters(const char *p, unsigned int *disk, unsigned int *part)
{
	char *end;

	if (!islower((unsigned char)*p))
		return false;
	for (*disk = 0; islower((unsigned char)*p) && *disk < 1 << 18; p++)
		*disk = *disk * 26 + (*p - 'a' + 1);
	*disk -= 1;
	*part = isdigit((unsigned char)*p) ? strtoul(p, &end, 10) : 0;
	return isdigit((unsigned char)*p) ? !*end && *part && *part < 256 : !*p;
}

bool disk_number(const char *vdev, unsigned int *number)
{
	unsigned int disk, part = 0;
	int used = 0;

	if (sscanf(vdev, "d%up%u%n", &disk, &part, &used) == 2 && !vdev[used])
		;
	else if (!strncmp(vdev, "hd", 2) && letters(vdev + 2, &disk, &part)) {
		*number = (disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | part;
		return disk < 4 && part < 64;
	} else if (!strncmp(vdev, "sd", 2) && letters(vdev + 2, &disk, &part)) {
		*number = 8 << 8 | disk << 4 | part;
		return disk < 16 && part < 16;
	} else if (strncmp(vdev, "xvd", 3) || !letters(vdev + 3, &disk, &part))
		return false;
	*number = disk < 16 && part < 16 ? 202U << 8 | disk << 4 | part : 1U << 28 | disk << 8 | part;
	return disk < 1 << 20 && part < 256;
}

static int set_format(struct ctl *ctl, const char *text, size_t n)
{
	if (!n || is_word(text, n, "raw"))
		return 0;
	return ctl_fail(ctl, -EOPNOTSUPP, "disk format '%.*s' is not supported, only raw", (int)n, text);
}

static int set_access(struct ctl *ctl, struct disk *d, const char *text, size_t n)
{
	d->read_only = is_word(text, n, "ro") || is_word(text, n, "r");
	if (!n || d->read_only || is_word(text, n, "rw") || is_word(text, n, "w"))
		return 0;
	return ctl_fail(ctl, -EINVAL, "'%.*s' is no way to use a disk (ro or rw)", (int)n, text);
}

static int set_vdev(struct ctl *ctl, struct disk *d, const char *text, size_t n)
{
	d->cdrom |= n > 6 && !strncmp(text + n - 6, ":cdrom", 6);
	n -= n > 6 && !strncmp(text + n - 6, ":cdrom", 6) ? 6 : 0;
	snprintf(d->vdev, sizeof(d->vdev), "%.*s", (int)n, text);
	if (n < sizeof(d->vdev) && disk_number(d->vdev, &d->number))
		return 0;
	return ctl_fail(ctl, -EINVAL, "'%.*s' is not the name of a virtual disk (xvda, sda1, d0p0 ...)", (int)n, text);
}

static void set_text(char **to, const char *text, size_t n)
{
	free(*to);
	*to = take(text, n);
}

static int set_type(struct ctl *ctl, struct disk *d, const char *text, size_t n)
{
	d->user_space = is_word(text, n, "qdisk");
	if (d->user_space || is_word(text, n, "phy"))
		return 0;
	return ctl_fail(ctl, -EOPNOTSUPP, "disk backend '%.*s' is not supported, only phy and qdisk", (int)n, text);
}

/* What stands before '=' is a known key, or it is no key at all. */
static int set_key(struct ctl *ctl, struct disk *d, const char *key, size_t kn, const char *text, size_t n)
{
	if (is_word(key, kn, "format"))
		return set_format(ctl, text, n);
	if (is_word(key, kn, "vdev"))
		return set_vdev(ctl, d, text, n);
	if (is_word(key, kn, "access"))
		return set_access(ctl, d, text, n);
	if (is_word(key, kn, "devtype")) {
		d->cdrom = is_word(text, n, "cdrom");
		return d->cdrom || is_word(text, n, "disk") ? 0 :
			ctl_fail(ctl, -EINVAL, "'%.*s' is no type of disk (disk or cdrom)", (int)n, text);
	}
	if (is_word(key, kn, "backendtype"))
		return set_type(ctl, d, text, n);
	if (is_word(key, kn, "backend"))
		set_text(&d->backend, text, n);
	else if (is_word(key, kn, "script"))
		set_text(&d->script, text, n);
	else if (is_word(key, kn, "target"))
		set_text(&d->target, text, n);
	else
		return ctl_fail(ctl, -EOPNOTSUPP, "disk option '%.*s' is not known", (int)kn, key);
	return 0;
}

static int set_flag(struct disk *d, const char *text, size_t n)
{
	if (is_word(text, n, "discard") || is_word(text, n, "no-discard"))
		d->discard = *text == 'd';
	else if (is_word(text, n, "cdrom"))
		d->cdrom = true;
	else
		return !is_word(text, n, "direct-io-safe");	/* we always do it safely */
	return 0;
}

static int set_positional(struct ctl *ctl, struct disk *d, unsigned int at, const char *text, size_t n)
{
	if (!n)
		return 0;	/* left out */
	switch (at) {
	case 0: set_text(&d->target, text, n); return 0;
	case 1: return set_format(ctl, text, n);
	case 2: return set_vdev(ctl, d, text, n);
	case 3: return set_access(ctl, d, text, n);
	default: return ctl_fail(ctl, -EINVAL, "'%.*s' is too much for a disk", (int)n, text);
	}
}

/* Old ways to say what it is: "phy:/dev/x", "file:/x", "tap:aio:/x" and so on. */
static const char *skip_prefixes(const char *text)
{
	static const char *const known[] = { "phy:", "file:", "raw:", "tap:", "tap2:", "aio:", "ioemu:" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(text, known[i], strlen(known[i]))) {
			text += strlen(known[i]);
			i = -1;
		}
	return text;
}

int disk_parse(struct ctl *ctl, const char *text, struct disk *d)
{
	unsigned int at = 0;
	const char *p, *equals;
	size_t n, lead;
	int rc = 0;

	*d = (struct disk){ .discard = true };
	/* Old lines are target,vdev,access. */
	p = skip_prefixes(text);
	if (p != text && *p) {
		n = strcspn(p, ",");
		set_text(&d->target, p, n);
		p += n + (p[n] == ',');
		at = 2;
	}
	for (; *p && !rc; p += n + (p[n] == ',')) {
		lead = strspn(p, " \t");
		p += lead;
		equals = p + strcspn(p, "=,");
		n = strcspn(p, ",");
		if (*equals == '=' && equals < p + n && isalpha((unsigned char)*p) && !memchr(p, '/', equals - p)) {
			if (is_word(p, equals - p, "target"))
				n = strlen(p);
			rc = set_key(ctl, d, p, equals - p, equals + 1, n - (equals + 1 - p));
		} else if (set_flag(d, p, n))
			rc = set_positional(ctl, d, at++, p, n);
	}
	if (!rc && !*d->vdev)
		rc = ctl_fail(ctl, -EINVAL, "disk '%s' has no vdev", text);
	if (!rc && (!d->target || !*d->target))
		rc = ctl_fail(ctl, -EINVAL, "disk '%s' has no target", text);
	d->read_only |= d->cdrom;
	if (!rc && d->user_space && *d->target != '/')
		rc = ctl_fail(ctl, -EINVAL, "disk '%s': bonsai-blockd needs an absolute path", text);
	return rc;
}

void disk_free(struct disk *d)
{
	free(d->target);
	free(d->script);
	free(d->backend);
	memset(d, 0, sizeof(*d));
}

/* What is on its way to a domain. */
struct attach {
	const struct disk *disk;
	char device[64];	/* block device, "" for a script's */
	dev_t number;
	int loop;		/* its descriptor while we hold it, -1: none */
};

static void backend_nodes(struct nodes *n, const void *arg)
{
	const struct attach *a = arg;
	const struct disk *d = a->disk;

	node(n, "dev", "%s", d->vdev);
	node(n, "removable", "%d", d->cdrom);
	node(n, "bootable", "1");
	node(n, "type", "%s", d->user_space ? "qdisk" : "phy");
	node(n, "mode", "%c", d->read_only ? 'r' : 'w');
	node(n, "device-type", "%s", d->cdrom ? "cdrom" : "disk");
	node(n, "discard-enable", "%d", d->discard);
	node(n, "params", "%s%s", d->user_space ? "aio:" : "", *a->device ? a->device : d->target);
	node(n, "target", "%s", d->target);
	if (d->script)
		node(n, "script", "%s%s", *d->script == '/' ? "" : "/etc/xen/scripts/", d->script);
	if (!*a->device)
		return;
	node(n, "physical-device-path", "%s", a->device);
	node(n, "physical-device", "%x:%x", major(a->number), minor(a->number));
	node(n, "hotplug-status", "connected");
}

static void frontend_nodes(struct nodes *n, const void *arg)
{
	const struct attach *a = arg;

	node(n, "virtual-device", "%u", a->disk->number);
	node(n, "device-type", "%s", a->disk->cdrom ? "cdrom" : "disk");
}

/* Bind a file to a free loop device; another process may be faster than we are. */
static int bind_loop(struct ctl *ctl, struct attach *a, int file)
{
	struct loop_config config = { .fd = file, .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), free_one;

	if (control < 0)
		return ctl_fail_errno(ctl, "/dev/loop-control (is loop loaded?)");
	if (a->disk->read_only)
		config.info.lo_flags |= LO_FLAGS_READ_ONLY;
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", a->disk->target);
	for (int tries = 0; tries < 16; tries++) {
		free_one = ioctl(control, LOOP_CTL_GET_FREE);
		if (free_one < 0)
			break;
		snprintf(a->device, sizeof(a->device), "/dev/loop%d", free_one);
		a->loop = open(a->device, O_RDWR | O_CLOEXEC);
		if (a->loop < 0)
			break;
		if (!ioctl(a->loop, LOOP_CONFIGURE, &config)) {
			close(control);
			return 0;
		}
		close(a->loop);
		a->loop = -1;
		/* File systems without direct I/O take the other way. */
		if (errno == EINVAL)
			config.info.lo_flags &= ~LO_FLAGS_DIRECT_IO;
		else if (errno != EBUSY)
			break;
	}
	free_one = ctl_fail_errno(ctl, "%s: no loop device for it", a->disk->target);
	close(control);
	return free_one;
}

static int open_target(struct ctl *ctl, struct attach *a)
{
	const char *path = a->disk->target;
	struct stat st;
	int fd, rc = 0;

	fd = open(path, (a->disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		rc = ctl_fail_errno(ctl, "disk %s: %s", a->disk->vdev, path);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	if (S_ISBLK(st.st_mode))
		snprintf(a->device, sizeof(a->device), "%s", path);
	else if (S_ISREG(st.st_mode))
		rc = bind_loop(ctl, a, fd);
	else
		rc = ctl_fail(ctl, -ENOTBLK, "disk %s: %s: neither a block device nor a file", a->disk->vdev, path);
	close(fd);
	if (!rc && a->loop >= 0 && fstat(a->loop, &st))
		rc = ctl_fail_errno(ctl, "%s", a->device);
	a->number = st.st_rdev;
	return rc;
}

/* The backend shows in sysfs what it has opened. */
static bool is_open(struct ctl *ctl, const struct device *d)
{
	char path[96];

	(void)ctl;
	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device", d->id, d->number);
	return !access(path, F_OK);
}

/* The one in user space says so by its state. */
static bool is_offered(struct ctl *ctl, const struct device *d)
{
	char *state = device_read(ctl, d, false, "state");
	bool moved = state && atoi(state) != XenbusStateInitialising;

	free(state);
	return moved;
}

static int wait_user_space(struct ctl *ctl, const struct device *d, const struct attach *a)
{
	bool closed;
	char *state;

	if (!device_wait(is_offered, ctl, d, OPEN_WAIT))
		return ctl_fail(ctl, -ETIMEDOUT, "disk %s: nobody opens %s (is bonsai-blockd running?)", a->disk->vdev,
				a->disk->target);
	state = device_read(ctl, d, false, "state");
	closed = !state || atoi(state) == XenbusStateClosed;
	free(state);
	return closed ? device_trouble(ctl, d, ctl_fail(ctl, -EIO, "disk %s: bonsai-blockd refuses it", a->disk->vdev)) : 0;
}

static int wait_open(struct ctl *ctl, const struct device *d, const struct attach *a)
{
	if (d->backend)
		return 0;
	if (a->disk->user_space)
		return wait_user_space(ctl, d, a);
	if (device_wait(is_open, ctl, d, OPEN_WAIT))
		return 0;
	return device_trouble(ctl, d, ctl_fail(ctl, -ETIMEDOUT, "disk %s: the backend does not open %s "
					       "(is xen-blkback loaded?)", a->disk->vdev, a->disk->target));
}

static int announce(struct ctl *ctl, const struct device *d, const struct attach *a)
{
	const struct device_new new = { d, backend_nodes, frontend_nodes, a };
	int rc = device_announce(ctl, &new);

	if (rc)
		return rc;
	if (a->disk->script)
		rc = device_script(ctl, d, a->disk->script, "add");
	rc = rc ? rc : wait_open(ctl, d, a);
	if (rc) {
		char why[512];

		snprintf(why, sizeof(why), "%s", ctl_why(ctl));
		device_detach(ctl, d, true);
		ctl_fail(ctl, rc, "%s", why);
	}
	return rc;
}

int disk_attach(struct ctl *ctl, uint32_t id, const struct disk *disk)
{
	struct device d = { .kind = disk->user_space ? "qdisk" : "vbd", .id = id, .number = disk->number };
	struct attach a = { .disk = disk, .loop = -1 };
	int rc = device_backend(ctl, disk->backend, &d.backend);

	if (!rc && !disk->script && !d.backend && !disk->user_space)
		rc = open_target(ctl, &a);
	rc = rc ? rc : announce(ctl, &d, &a);
	/* From now on the device is the backend's: it ends when that closes it, or at once. */
	if (a.loop >= 0)
		close(a.loop);
	return rc;
}
