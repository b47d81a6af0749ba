// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network cards: what a line means (xl-network-configuration(5)), and how a domain gets one.
 *
 * Without script= the backend's interface is set up and put into its bridge here.
 */

#include "device.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#define USUAL_BRIDGE "xenbr0"
#define APPEAR_WAIT  5000	/* ms for the backend to make its interface */

static void set_text(char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
	if (!*to)
		abort();
}

static int set_mac(struct ctl *ctl, struct vif *v, const char *text)
{
	unsigned int b[6];
	int used = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", b, b + 1, b + 2, b + 3, b + 4, b + 5, &used) != 6 || text[used] ||
	    b[0] & 1)
		return ctl_fail(ctl, -EINVAL, "'%s' is not the MAC address of a card", text);
	for (int i = 0; i < 6; i++)
		v->mac[i] = b[i];
	v->has_mac = true;
	return 0;
}

/* "10Mb/s", "250KB/s@50ms": at most so much, counted over this interval (50 ms if there is none). */
static int set_rate(struct ctl *ctl, struct vif *v, const char *text)
{
	static const struct { const char *name; double bytes; } units[] = {
		{ "Gb/s", 125e6 }, { "Mb/s", 125e3 }, { "Kb/s", 125 }, { "b/s", 0.125 },
		{ "GB/s", 1e9 }, { "MB/s", 1e6 }, { "KB/s", 1e3 }, { "B/s", 1 },
	};
	char *end;
	double n = strtod(text, &end), every = 50e3;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(end, units[i].name, length))
			continue;
		end += length;
		if (*end == '@') {
			every = strtod(end + 1, &end);
			every *= !strcmp(end, "s") ? 1e6 : !strcmp(end, "ms") ? 1e3 : 1;
			end += strspn(end, "mus");
		}
		v->interval = every;
		v->rate = n * units[i].bytes * every / 1e6;
		if (n > 0 && every > 0 && !*end && v->rate && v->rate < UINT32_MAX)
			return 0;
	}
	return ctl_fail(ctl, -EINVAL, "'%s' is not a rate (like 10Mb/s or 1MB/s@20ms)", text);
}

static int set_mtu(struct ctl *ctl, struct vif *v, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	v->mtu = n;
	return *end || n < 68 || n > 65535 ? ctl_fail(ctl, -EINVAL, "'%s' is not an MTU (68 to 65535)", text) : 0;
}

static int set_type(struct ctl *ctl, const char *text)
{
	return !strcmp(text, "vif") ? 0 : ctl_fail(ctl, -EOPNOTSUPP, "card type '%s' is not supported, only vif", text);
}

static int set_name(struct ctl *ctl, struct vif *v, const char *text)
{
	if (!*text || strlen(text) >= IFNAMSIZ || strchr(text, '/'))
		return ctl_fail(ctl, -EINVAL, "'%s' cannot be the name of an interface", text);
	set_text(&v->name, text);
	return 0;
}

static int set_key(struct ctl *ctl, struct vif *v, const char *key, const char *text)
{
	if (!strcmp(key, "mac"))
		return set_mac(ctl, v, text);
	if (!strcmp(key, "rate"))
		return set_rate(ctl, v, text);
	if (!strcmp(key, "mtu"))
		return set_mtu(ctl, v, text);
	if (!strcmp(key, "type"))
		return set_type(ctl, text);
	if (!strcmp(key, "vifname"))
		return set_name(ctl, v, text);
	if (!strcmp(key, "model"))
		return 0;	/* for machines that are emulated, which ours are not */
	if (!strcmp(key, "bridge"))
		set_text(&v->bridge, text);
	else if (!strcmp(key, "script"))
		set_text(&v->script, text);
	else if (!strcmp(key, "ip"))
		set_text(&v->ip, text);
	else if (!strcmp(key, "gatewaydev"))
		set_text(&v->gateway, text);
	else if (!strcmp(key, "backend"))
		set_text(&v->backend, text);
	else
		return ctl_fail(ctl, -EOPNOTSUPP, "card option '%s' is not known", key);
	return 0;
}

int vif_parse(struct ctl *ctl, const char *text, struct vif *v)
{
	char *copy = strdup(text), *rest = NULL, *equals;
	int rc = 0;

	memset(v, 0, sizeof(*v));
	if (!copy)
		abort();
	for (char *p = strtok_r(copy, ",", &rest); p && !rc; p = strtok_r(NULL, ",", &rest)) {
		p += strspn(p, " \t");
		equals = strchr(p, '=');
		if (!*p)
			continue;
		if (!equals) {
			rc = ctl_fail(ctl, -EINVAL, "'%s' is not KEY=VALUE", p);
			break;
		}
		*equals = 0;
		rc = set_key(ctl, v, p, equals + 1);
	}
	if (!rc && !v->script && !v->bridge && !v->backend)
		set_text(&v->bridge, USUAL_BRIDGE);
	free(copy);
	return rc;
}

void vif_free(struct vif *v)
{
	free(v->bridge);
	free(v->script);
	free(v->name);
	free(v->ip);
	free(v->backend);
	free(v->gateway);
	memset(v, 0, sizeof(*v));
}

struct attach {
	const struct vif *vif;
	const struct device *device;
	uint8_t mac[6];
};

static void mac_node(struct nodes *n, const struct attach *a)
{
	const uint8_t *m = a->mac;

	node(n, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void backend_nodes(struct nodes *n, const void *arg)
{
	const struct attach *a = arg;
	const struct vif *v = a->vif;

	mac_node(n, a);
	node(n, "handle", "%u", a->device->number);
	node(n, "type", "vif");
	if (v->bridge)
		node(n, "bridge", "%s", v->bridge);
	if (v->ip)
		node(n, "ip", "%s", v->ip);
	if (v->gateway)
		node(n, "gatewaydev", "%s", v->gateway);
	if (v->name)
		node(n, "vifname", "%s", v->name);
	if (v->rate)
		node(n, "rate", "%llu,%llu", (unsigned long long)v->rate, (unsigned long long)v->interval);
	/* Linux's backend wants the node, be it empty. */
	node(n, "script", "%s%s", !v->script || *v->script == '/' ? "" : "/etc/xen/scripts/", v->script ? v->script : "");
	node(n, "hotplug-status", "%s", "");
}

static void frontend_nodes(struct nodes *n, const void *arg)
{
	const struct attach *a = arg;

	mac_node(n, a);
	node(n, "handle", "%u", a->device->number);
	if (a->vif->mtu)
		node(n, "mtu", "%u", a->vif->mtu);
}

static void made_name(const struct device *d, char name[IFNAMSIZ])
{
	snprintf(name, IFNAMSIZ, "vif%u.%u", d->id, d->number);
}

static bool is_there(struct ctl *ctl, const struct device *d)
{
	char name[IFNAMSIZ];

	(void)ctl;
	made_name(d, name);
	return if_nametoindex(name);
}

/* One setting of an interface. */
static int set(struct ctl *ctl, int s, unsigned long what, struct ifreq *r, const char *doing)
{
	return ioctl(s, what, r) ? ctl_fail_errno(ctl, "interface %.15s: %s", r->ifr_name, doing) : 0;
}

static int join_bridge(struct ctl *ctl, int s, const char *bridge, const char *name)
{
	struct ifreq r = { .ifr_ifindex = if_nametoindex(name) };

	snprintf(r.ifr_name, IFNAMSIZ, "%s", bridge);
	if (!ioctl(s, SIOCBRADDIF, &r))
		return 0;
	if (errno == ENODEV)
		return ctl_fail(ctl, -ENODEV, "bridge %s is not there (ip link add %s type bridge; ip link set %s up)",
				bridge, bridge, bridge);
	return ctl_fail_errno(ctl, "bridge %s: cannot take %s", bridge, name);
}

static int raise_interface(struct ctl *ctl, const struct attach *a)
{
	/* Frames bear the guest's address; ours must not be taken for it. */
	static const unsigned char ours[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct vif *v = a->vif;
	struct ifreq r = { 0 };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (s < 0)
		return ctl_fail_errno(ctl, "no socket");
	made_name(a->device, r.ifr_name);
	if (v->name) {
		memcpy(r.ifr_newname, v->name, strlen(v->name) + 1);
		rc = set(ctl, s, SIOCSIFNAME, &r, v->name);
		if (!rc)
			memcpy(r.ifr_name, v->name, strlen(v->name) + 1);
	}
	r.ifr_hwaddr.sa_family = 1;
	memcpy(r.ifr_hwaddr.sa_data, ours, sizeof(ours));
	rc = rc ? rc : set(ctl, s, SIOCSIFHWADDR, &r, "its address");
	if (v->mtu) {
		r.ifr_mtu = v->mtu;
		rc = rc ? rc : set(ctl, s, SIOCSIFMTU, &r, "its MTU");
	}
	if (v->bridge)
		rc = rc ? rc : join_bridge(ctl, s, v->bridge, r.ifr_name);
	r.ifr_flags = IFF_UP;
	rc = rc ? rc : set(ctl, s, SIOCSIFFLAGS, &r, "up");
	close(s);
	return rc;
}

static bool bridge_missing(const struct vif *v)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", v->bridge);
	return access(path, F_OK);
}

static int connect_it(struct ctl *ctl, const struct attach *a)
{
	const struct device *d = a->device;
	int rc;

	if (d->backend)
		return 0;	/* that domain's tools do what is to be done */
	if (!device_wait(is_there, ctl, d, APPEAR_WAIT))
		return device_trouble(ctl, d, ctl_fail(ctl, -ETIMEDOUT, "card %u: the backend makes no interface "
						       "(is xen-netback loaded?)", d->number));
	rc = a->vif->script ? device_script(ctl, d, a->vif->script, "online") : raise_interface(ctl, a);
	/* A script that says this itself says it twice. */
	return rc ? rc : device_write(ctl, d, "hotplug-status", "connected");
}

static void choose_mac(struct attach *a)
{
	static const uint8_t xen[3] = { 0x00, 0x16, 0x3e };

	memcpy(a->mac, a->vif->mac, sizeof(a->mac));
	if (a->vif->has_mac)
		return;
	memcpy(a->mac, xen, sizeof(xen));
	if (getrandom(a->mac + 3, 3, 0) != 3)
		a->mac[5] = a->device->id;
	a->mac[3] &= 0x7f;
}

static int lowest_free(struct ctl *ctl, uint32_t id)
{
	struct device *all;
	int count = device_list(ctl, id, "vif", &all), number = 0;

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		if ((int)all[i].number == number) {
			number++;
			i = -1;
		}
	free(all);
	return number;
}

int vif_attach(struct ctl *ctl, uint32_t id, int number, const struct vif *v)
{
	struct device d = { .kind = "vif", .id = id };
	struct attach a = { v, &d, { 0 } };
	const struct device_new new = { &d, backend_nodes, frontend_nodes, &a };
	char why[512];
	int rc = device_backend(ctl, v->backend, &d.backend);

	if (rc)
		return rc;
	if (v->bridge && !v->script && !d.backend && bridge_missing(v))
		return ctl_fail(ctl, -ENODEV, "bridge %s is not there (ip link add %s type bridge; ip link set %s up)",
				v->bridge, v->bridge, v->bridge);
	number = number < 0 ? lowest_free(ctl, id) : number;
	if (number < 0)
		return number;
	d.number = number;
	choose_mac(&a);
	rc = device_announce(ctl, &new);
	if (rc)
		return rc;
	rc = connect_it(ctl, &a);
	if (rc) {
		snprintf(why, sizeof(why), "%s", ctl_why(ctl));
		device_detach(ctl, &d, true);
		ctl_fail(ctl, rc, "%s", why);
	}
	return rc;
}
