/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICE_H
#define DEVICE_H

#include "bonsai.h"

/* What disk.c and vif.c take from device.c. */

struct device_new {
	const struct device *device;
	void (*backend)(struct nodes *n, const void *arg);	/* nodes of its own there */
	void (*frontend)(struct nodes *n, const void *arg);
	const void *arg;
};

/** device_announce - make the nodes of both sides; -EEXIST if there is one of this number */
int device_announce(struct ctl *ctl, const struct device_new *new);

/** device_write - set a node of the backend */
int device_write(struct ctl *ctl, const struct device *d, const char *what, const char *value);

/** device_wait - until @done says so, or so many milliseconds have gone: false */
bool device_wait(bool (*done)(struct ctl *ctl, const struct device *d), struct ctl *ctl, const struct device *d,
		 unsigned int ms);

/** device_script - run a hotplug script with what xl tells it */
int device_script(struct ctl *ctl, const struct device *d, const char *script, const char *action);

/** device_trouble - put the backend's own complaint, if any, behind the reason; gives @rc back */
int device_trouble(struct ctl *ctl, const struct device *d, int rc);

/** device_backend - the domain of `backend=`, by number or name; NULL: the initial domain */
int device_backend(struct ctl *ctl, const char *word, uint32_t *id);

#endif
