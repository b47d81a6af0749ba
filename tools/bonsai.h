/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BONSAI_H
#define BONSAI_H

/*
 * libbonsai: domains from user space, on the stable Xen libraries.
 *
 * A struct ctl is one connection.  Each call gives 0 (or a count, where it says
 * so) or a negative errno; ctl_why() is then one line, fit to be shown.
 * Nothing prints.  What fails has changed nothing, unless its comment says so.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#define PAGE_SHIFT 12
#define PAGE_BYTES 4096UL

struct ctl;
struct xs_handle;

/* ctl.c: the connection */

/**
 * ctl_new - a connection that has opened nothing yet
 *
 * What a call needs (hypercalls, foreign memory, the store) is opened when
 * first used, so that `list` works while the store is down.
 */
struct ctl *ctl_new(void);
void ctl_free(struct ctl *ctl);

/** ctl_why - what the last failed call complained of, one line without a full stop */
const char *ctl_why(const struct ctl *ctl);

/** ctl_fail - note why a call failed; gives @rc back.  "%m" is not looked at: see ctl_fail_errno() */
__attribute__((format(printf, 3, 4))) int ctl_fail(struct ctl *ctl, int rc, const char *fmt, ...);

/** ctl_fail_errno - the same with rc = -errno, and errno's words after a colon */
__attribute__((format(printf, 2, 3))) int ctl_fail_errno(struct ctl *ctl, const char *fmt, ...);

/** ctl_call - a hypercall of up to five arguments, buffers from ctl_buffer(); its result or -errno */
long ctl_call(struct ctl *ctl, unsigned int op, const uint64_t args[5]);

/** ctl_buffer - memory that hypercalls can reach, zeroed; NULL and a reason if there is none */
void *ctl_buffer(struct ctl *ctl, size_t size);
void ctl_buffer_free(struct ctl *ctl, void *p);

/** ctl_domctl - one domctl; the version is filled in, and the structure copied back on success */
int ctl_domctl(struct ctl *ctl, uint32_t cmd, struct xen_domctl *op);

/** ctl_sysctl - one sysctl, as ctl_domctl() */
int ctl_sysctl(struct ctl *ctl, uint32_t cmd, struct xen_sysctl *op);

/** ctl_memory_op - one memory_op on @size bytes at @arg, copied in and out; result or -errno */
long ctl_memory_op(struct ctl *ctl, unsigned int cmd, void *arg, size_t size);

/** ctl_map - map frames of a domain, read and write; NULL and a reason if one cannot be mapped */
void *ctl_map(struct ctl *ctl, uint32_t domid, const xen_pfn_t *mfns, size_t count);

/** ctl_map_read - the same to be read only */
void *ctl_map_read(struct ctl *ctl, uint32_t domid, const xen_pfn_t *mfns, size_t count);
void ctl_unmap(struct ctl *ctl, void *p, size_t count);

/** ctl_map_grants - map the first frame of a domain's grant table, until the process ends */
void *ctl_map_grants(struct ctl *ctl, uint32_t domid);

/** ctl_store - the store's connection, or NULL and a reason */
struct xs_handle *ctl_store(struct ctl *ctl);

/* host.c: the machine and the hypervisor */

struct host_info {
	struct xen_sysctl_physinfo phys;
	unsigned int major, minor;
	char extra[64], caps[1024], changeset[64], command_line[1024];
	char compiler[64], compile_by[16], compile_domain[32], compile_date[32];
	uint64_t virt_start;
	uint32_t scheduler;
};

int host_info(struct ctl *ctl, struct host_info *info);

/** host_scheduler_name - "credit2" and so on */
const char *host_scheduler_name(uint32_t id);

/** host_log - the hypervisor's console ring as text; freed by the caller */
int host_log(struct ctl *ctl, bool clear, char **text);

/** host_debug_keys - as if these keys were pressed on the hypervisor's console */
int host_debug_keys(struct ctl *ctl, const char *keys);

/* domain.c: domains that exist */

struct dom {
	uint32_t id;
	char name[128];		/* empty: the store knows none */
	struct xen_domctl_getdomaininfo info;
};

/** dom_list - all domains by rising number; returns their count, *doms freed by the caller */
int dom_list(struct ctl *ctl, struct dom **doms);

/** dom_list_bare - the same without names, each of which is a question to the store: dom_name() asks it */
int dom_list_bare(struct ctl *ctl, struct dom **doms);
void dom_name(struct ctl *ctl, struct dom *dom);

/** dom_lookup - the domain with this number or name; -ESRCH */
int dom_lookup(struct ctl *ctl, const char *word, struct dom *dom);

/** dom_info - what the hypervisor says now; -ESRCH once the domain is gone */
int dom_info(struct ctl *ctl, uint32_t id, struct xen_domctl_getdomaininfo *info);

/** dom_is_shut_down - whether the guest ended itself; its reason (SHUTDOWN_*) by dom_reason() */
bool dom_is_shut_down(const struct xen_domctl_getdomaininfo *info);
unsigned int dom_reason(const struct xen_domctl_getdomaininfo *info);

int dom_pause(struct ctl *ctl, uint32_t id);
int dom_unpause(struct ctl *ctl, uint32_t id);

/** dom_destroy - end it at once: store nodes and memory go; the initial domain is refused */
int dom_destroy(struct ctl *ctl, uint32_t id);

int dom_max_mem(struct ctl *ctl, uint32_t id, uint64_t kb);
int dom_trigger(struct ctl *ctl, uint32_t id, uint32_t trigger, uint32_t vcpu);

/* vcpu.c: processors of a domain, and the scheduler's settings */

#define CPUS_MAX 1024

struct cpu_set {
	uint8_t bits[CPUS_MAX / 8];
};

struct vcpu_info_of {
	struct xen_domctl_getvcpuinfo now;
	struct cpu_set hard, soft;
};

int vcpu_get(struct ctl *ctl, uint32_t id, uint32_t vcpu, struct vcpu_info_of *v);

/** vcpu_pin - set hard and soft affinity; NULL leaves one as it is */
int vcpu_pin(struct ctl *ctl, uint32_t id, uint32_t vcpu, const struct cpu_set *hard, const struct cpu_set *soft);

struct sched_share {
	uint16_t weight;	/* 1 to 65535, 256 is usual */
	uint16_t cap;		/* percent of one CPU, 0: none */
};

int sched_get(struct ctl *ctl, uint32_t id, struct sched_share *share);
int sched_set(struct ctl *ctl, uint32_t id, const struct sched_share *share);

/** cpus_parse - "all", "0-3,5,^2"; -EINVAL.  cpus_text() is the other way, "all" if none below @online lacks */
int cpus_parse(const char *text, struct cpu_set *set);
void cpus_text(const struct cpu_set *set, unsigned int online, char *text, size_t size);

/* store.c: what the store says of a domain */

/** store_read - a node's value, freed by the caller; NULL if there is none or no store */
char *store_read(struct ctl *ctl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** store_set - set a node, made if need be */
int store_set(struct ctl *ctl, const char *path, const char *value);

/** store_remove - take a node away, with all below it */
void store_remove(struct ctl *ctl, const char *path);

/** store_numbers - the numbers that are the names in a folder, freed by the caller; their count, 0 if there is no such */
int store_numbers(struct ctl *ctl, const char *path, unsigned int **numbers);

/** store_names - fill in the names of these domains; empty where there is none */
int store_names(struct ctl *ctl, struct dom *doms, int count);

/** store_write - set /local/domain/ID/@what */
int store_write(struct ctl *ctl, uint32_t id, const char *what, const char *value);

/** store_rename - a domain's name; -EEXIST if another has it */
int store_rename(struct ctl *ctl, uint32_t id, const char *name);

/** store_shutdown - ask a guest: "poweroff", "reboot"; -ENOENT if it has no nodes */
int store_shutdown(struct ctl *ctl, uint32_t id, const char *how);

/** store_name_valid - whether a name may be given to a domain */
bool store_name_valid(const char *name);

/* config.c: xl.cfg files */

enum on_event { ON_POWEROFF, ON_REBOOT, ON_WATCHDOG, ON_CRASH, ON_SOFT_RESET, ON_EVENTS };

/* A key's list, or its one string. */
struct words {
	char **items;
	size_t count;
	bool list;
};

struct config {
	char *file;
	char *name, *kernel, *ramdisk, *extra, *root, *cmdline;
	char *on[ON_EVENTS];
	char *type, *builder, *uuid, *pool;
	struct words cpus, cpus_soft;		/* one string for all vCPUs, or a list by vCPU */
	struct words disk, vif;
	uint64_t memory, maxmem;		/* MiB; maxmem 0: as memory */
	uint64_t vcpus, maxvcpus;		/* maxvcpus 0: as vcpus */
	uint64_t cpu_weight, cap;		/* weight 0: the scheduler's own */
	uint64_t max_grant_frames, max_maptrack_frames, max_grant_version, event_channels;	/* 0: usual */
};

/** config_load - read a file; a key not known, misplaced or senseless is told with file and line */
int config_load(struct ctl *ctl, const char *file, struct config *c);

/** config_parse - the same from text; @file is for messages */
int config_parse(struct ctl *ctl, const char *file, const char *text, struct config *c);

/** config_add - "key=value" as from a command line, over what the file said */
int config_add(struct ctl *ctl, const char *text, struct config *c);

/** config_check - fill in defaults; what is missing or contradicts is told */
int config_check(struct ctl *ctl, struct config *c);

/** config_command_line - the kernel's: cmdline, else root and extra; freed by the caller */
char *config_command_line(const struct config *c);

/** config_text - as a file that config_load() understands; freed by the caller */
char *config_text(const struct config *c);

/** config_of - what a domain that bonsai made was made from, as the store keeps it; -ENOENT for another's */
int config_of(struct ctl *ctl, uint32_t id, struct config *c);

/** config_each - call @f for each key that has a value, as text; lists item by item as KEY/0, KEY/1 ... */
void config_each(const struct config *c, void (*f)(void *arg, const char *key, const char *value), void *arg);
void config_free(struct config *c);

/* image.c, unpack.c: kernels */

struct blob {
	uint8_t *data;
	size_t size;
	bool mapped;		/* a mapping of a file, else from malloc() */
};

/** blob_read - a whole file; -errno with the path in ctl_why() */
int blob_read(struct ctl *ctl, const char *path, struct blob *b);
void blob_free(struct blob *b);

/** unpack - gzip, xz, lzma, zstd or lz4 (as kernels use it) to memory; -ENOEXEC for another form */
int unpack(struct ctl *ctl, const uint8_t *data, size_t size, struct blob *out);
bool unpack_is_packed(const uint8_t *data, size_t size);

#define CACHE_NAME 128	/* room for a name of packed data */
#define HOLES_MOST 48

/* Pages of a loaded kernel that are all zero, counted from the one that virt_start is in. */
struct hole {
	uint32_t first, count;
};

/* Which file it was: another one, or a changed one, differs. */
struct file_id {
	uint64_t device, inode, size;
	int64_t changed, changed_ns, modified, modified_ns;
};

/* What is remembered of a kernel's file. */
struct seen {
	struct file_id id;
	char name[CACHE_NAME];		/* what it unpacks to is in the cache under this; "": it is not packed, or not kept */
	uint32_t pages, count;		/* of the loaded kernel; of its holes.  0 pages: not looked for yet */
	struct hole holes[HOLES_MOST];
};

/** seen_find - what is remembered of the file that s->id names; false: nothing */
bool seen_find(struct seen *s);

/** seen_keep - remember it, unless the file has changed just now and might again without notice */
void seen_keep(const struct seen *s);

#define IMAGE_NONE UINT64_MAX	/* an address that the image does not give */

struct image {
	struct blob elf;
	uint64_t virt_base, entry, hypercall_page, init_p2m;
	uint64_t virt_start, virt_end;	/* where the segments go */
	bool mod_start_pfn;
	char os[32];
	struct seen seen;		/* id.inode 0: not from a file */
};

/** cache_find - what this packed data unpacks to, if it was kept; else false. Fills in its name, "": there is no cache */
bool cache_find(const struct blob *packed, char name[CACHE_NAME], struct blob *b);

/** cache_open - what is kept under a name */
bool cache_open(const char *name, struct blob *b);

/** cache_keep - keep it for the next time; whether that works concerns nobody */
void cache_keep(const char *name, const struct blob *b);

/** image_load - kernel file to ELF, checked, its Xen notes read; @path is for messages too */
int image_load(struct ctl *ctl, const char *path, struct image *img);

/** image_parse - the same from memory, which the image owns from here on, also on failure */
int image_parse(struct ctl *ctl, const char *path, struct blob file, struct image *img);

/** image_pages - how many pages are loaded, from the one that virt_start is in to the one of virt_end */
uint64_t image_pages(const struct image *img);

/** image_copy - write what the segments have for @count of these pages from @first on */
void image_copy(const struct image *img, uint64_t first, uint64_t count, uint8_t *to);

/** image_find_holes - note which of all pages, loaded at @from, are zero, and remember it */
void image_find_holes(struct image *img, const uint8_t *from);
void image_free(struct image *img);

/* layout.c: where in a new domain's memory everything lies */

#define TABLES_MAX    4096
#define TABLE_ENTRIES 512

struct table {
	uint8_t level;			/* 1 to 4 */
	uint64_t va;			/* first address that it covers */
	uint64_t pfn;
};

struct layout {
	uint64_t virt_base, virt_end;	/* mapped from pfn 0 on, whole 4 MiB */
	uint64_t pages;			/* of the domain */
	uint64_t kernel_pfn, kernel_pages;
	uint64_t ramdisk_pfn, ramdisk_pages, ramdisk_size;
	uint64_t p2m_pfn, p2m_pages;	/* with the tables that map it, where it has its own address */
	uint64_t p2m_va;
	uint64_t start_info_pfn, store_pfn, console_pfn;
	uint64_t tables_pfn, tables_pages;
	uint64_t stack_pfn;
	uint64_t end_pfn;		/* first that nothing is in */
	bool ramdisk_mapped;
	struct table *tables;		/* of both ranges, the root first */
	size_t table_count;
};

/** layout_make - decide it all for a domain of @pages; -ENOMEM if that is not enough */
int layout_make(struct ctl *ctl, const struct image *img, uint64_t ramdisk_size, uint64_t pages, struct layout *l);

/** layout_table - a table's content as it must be, from the list of frames */
void layout_table(const struct layout *l, const struct table *t, const xen_pfn_t *p2m, uint64_t to[TABLE_ENTRIES]);

/** layout_va - the address of a frame in the mapped part */
uint64_t layout_va(const struct layout *l, uint64_t pfn);
void layout_free(struct layout *l);

/* create.c, build.c: a new domain */

struct build {
	uint32_t id;
	const struct config *config;
	struct image image;
	struct blob ramdisk;
	struct layout layout;
	xen_pfn_t *p2m;
	uint64_t shared_info;		/* frame */
	uint32_t store_port, console_port;
	uint8_t uuid[16];
};

/** build_memory - populate, load, page tables, start_info, grants, first vCPU, as b->config says */
int build_memory(struct ctl *ctl, struct build *b);

/* Nodes to be written in one transaction. */
struct nodes;

/** store_commit - have @fill name nodes, write all or none of them; -errno and the node in ctl_why() */
int store_commit(struct ctl *ctl, void (*fill)(struct nodes *n, const void *arg), const void *arg);

/** nodes_base - the folder of the nodes that follow, made if need be: @owner's, to be read by @reader */
__attribute__((format(printf, 4, 5))) void nodes_base(struct nodes *n, uint32_t owner, uint32_t reader, const char *fmt,
						      ...);

/** node - one node; its permissions are those of the folder it is in */
__attribute__((format(printf, 3, 4))) void node(struct nodes *n, const char *path, const char *fmt, ...);

/** node_owned - one that the domain may write */
void node_owned(struct nodes *n, uint32_t owner, const char *path);

/** store_introduce - make the nodes of a new domain and tell the store of it */
int store_introduce(struct ctl *ctl, const struct build *b);

/** store_forget - take a domain's nodes away */
void store_forget(struct ctl *ctl, uint32_t id);

/** dom_create - a paused domain from a checked configuration; on failure nothing is left of it */
int dom_create(struct ctl *ctl, const struct config *c, uint32_t *id);

/* console.c */

/** console_open - the domain's terminal, once the console daemon has one; a descriptor or -errno */
int console_open(struct ctl *ctl, uint32_t id);

/** console_join - join our terminal with that one until Ctrl-] or the domain's end; closes it */
void console_join(int tty);

/* device.c, disk.c, vif.c: disks and network cards */

struct device {			/* what is common to both */
	const char *kind;	/* "vbd", "qdisk" (a disk of bonsai-blockd's), "vif" */
	uint32_t id, backend;	/* domains */
	unsigned int number;
};

struct disk {
	char *target, *script, *backend;
	char vdev[32];
	unsigned int number;
	bool read_only, cdrom, discard, file;
	bool user_space;	/* bonsai-blockd serves it */
};

struct vif {
	char *bridge, *script, *name, *ip, *backend, *gateway;
	uint8_t mac[6];
	bool has_mac;
	unsigned int mtu;
	uint64_t rate, interval;	/* bytes in so many microseconds; rate 0: no limit */
};

/** disk_parse - a line as in xl-disk-configuration(5); what is wrong is told without file and line */
int disk_parse(struct ctl *ctl, const char *text, struct disk *d);
void disk_free(struct disk *d);

/** disk_number - what the guest knows a virtual disk's name by; false if it is none */
bool disk_number(const char *vdev, unsigned int *number);

/** disk_attach - give a domain a disk: nodes, loop device, backend; on failure nothing is left */
int disk_attach(struct ctl *ctl, uint32_t id, const struct disk *d);

/** vif_parse, vif_attach - the same of a network card; the lowest free number if @number is negative */
int vif_parse(struct ctl *ctl, const char *text, struct vif *v);
void vif_free(struct vif *v);
int vif_attach(struct ctl *ctl, uint32_t id, int number, const struct vif *v);

/** device_list - the devices of this kind that a domain has; a count, or -errno; *all freed by the caller */
int device_list(struct ctl *ctl, uint32_t id, const char *kind, struct device **all);

/** device_read - a node of its backend or frontend directory; freed by the caller, NULL if there is none */
char *device_read(struct ctl *ctl, const struct device *d, bool frontend, const char *what);

/**
 * device_detach - take it away, which its frontend has to agree to
 * @force: do not ask, as for a domain that is no more
 *
 * Return: 0; -ETIMEDOUT if the guest does not let go.
 */
int device_detach(struct ctl *ctl, const struct device *d, bool force);

/** device_detach_all - force away all that a domain has */
void device_detach_all(struct ctl *ctl, uint32_t id);

/* core.c */

/** core_dump - write a domain's memory and registers as an ELF core, as `xl dump-core` does; it is paused meanwhile */
int core_dump(struct ctl *ctl, uint32_t id, const char *path);

#endif
