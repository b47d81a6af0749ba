/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_H
#define MODEL_H

/*
 * The store as simply as it can be said: an array of all the paths there can
 * be, copied whole for each transaction.  Nothing here is shared with the real one.
 */
#include <stdbool.h>
#include <stdint.h>

#define NAMES		4	/* "a" to "d" at each level */
#define PATHS		(1 + NAMES + NAMES * NAMES + NAMES * NAMES * NAMES)
#define DOMS		4	/* 0 is privileged */
#define PERMS		3
#define WATCHES		6
#define TXNS		3
#define LOG		256

enum { MAY_READ = 1, MAY_WRITE = 2, MAY_OWN = 8 };

struct mperm {
	int dom, bits;
};

struct mnode {
	bool exists;
	int value;		/* 0: empty */
	int nperms;
	struct mperm perms[PERMS];
	uint64_t born;		/* order among siblings */
	uint64_t kids_ver;	/* changes when a child comes or goes */
	uint64_t below_ver;	/* changes with anything below */
};

struct mtree {
	struct mnode n[PATHS];
};

struct mtouch {
	bool seen, existed, fire, exact;
	bool value, perms, kids, subtree;
};

struct mop {
	enum { M_CREATE, M_VALUE, M_PERMS, M_REMOVE } kind;
	int path, value, nperms;
	struct mperm perms[PERMS];
};

struct mtxn {
	bool open;
	uint32_t id;
	struct mtree base, now;
	struct mtouch touch[PATHS];
	struct mop log[LOG];
	int ops, delta[DOMS];
	int named, gone;
};

struct mwatch {
	bool set;
	int path, token, depth;
};

/* What one request should bring: an error word or NULL, and events a client */
struct mresult {
	const char *error;
	int value;
	struct { int path, token; } events[DOMS][512];
	int nevents[DOMS];
};

extern struct mtree mtree;
extern struct mtxn mtxns[DOMS][TXNS];
extern struct mwatch mwatches[DOMS][WATCHES];
extern int mquota_nodes;

void model_init(void);
int model_parent(int path);
void model_path(int path, char *buf);
int model_owned(int dom);

/* @t: NULL outside of transactions */
void model_read(int c, struct mtxn *t, int path, struct mresult *r);
void model_directory(int c, struct mtxn *t, int path, struct mresult *r, char *list, int *len);
void model_get_perms(int c, struct mtxn *t, int path, struct mresult *r, char *text, int *len);
void model_write(int c, struct mtxn *t, int path, int value, bool mkdir, struct mresult *r);
void model_rm(int c, struct mtxn *t, int path, struct mresult *r);
void model_set_perms(int c, struct mtxn *t, int path, const struct mperm *p, int n,
		     struct mresult *r);
void model_start(int c, struct mtxn *t, uint32_t id);
void model_end(int c, struct mtxn *t, bool commit, struct mresult *r);
void model_release(int dom, struct mresult *r);

#endif
