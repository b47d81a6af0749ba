/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_version: what hypervisor this is.  ABI: version.h.
 */
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest-copy.h"

#define ABI_MAJOR	4
#define ABI_MINOR	17
#define EXTRAVERSION	".7-bonsai"

#ifdef __clang__
#define COMPILER	"clang " __clang_version__
#else
#define COMPILER	"gcc " __VERSION__
#endif

static_assert(sizeof(EXTRAVERSION) <= XEN_EXTRAVERSION_LEN, "version.h");

/*
 * ABI.md section 9.  Bits 0, 2 and 3 are clear: page tables are ours to guard, frames are
 * machine's.
 */
#define FEATURES	(BIT(XENFEAT_pae_pgdir_above_4gb) | BIT(XENFEAT_mmu_pt_update_preserve_ad) | \
			 BIT(XENFEAT_highmem_assist) | BIT(XENFEAT_gnttab_map_avail_bits) | \
			 BIT(XENFEAT_memory_op_vnode_supported) | BIT(XENFEAT_direct_mapped))

/*
 * Commands are answered to all; the command line and the build are the privileged domain's to know.
 */
long do_xen_version(struct vcpu *v, const struct hc_xen_version *a)
{
	/* Linux has its events delivered by it: not by way of the table. */
	if (likely(a->cmd == XENVER_version))
		return do_version_version(NULL, NULL);
	return subop_call(FAM_version, a->cmd, &(struct subop_call){ .v = v, .arg = a->arg_reg });
}

long do_version_version(struct subop_call *c, void *op)
{
	(void)c, (void)op;
	return ABI_MAJOR << 16 | ABI_MINOR;
}

long do_version_extraversion(struct subop_call *c, void *op)
{
	__builtin_memcpy(op, EXTRAVERSION, sizeof(EXTRAVERSION));	/* which was cleared */
	return 0;
}

long do_version_compile_info(struct subop_call *c, void *op)
{
	struct xen_compile_info *i = op;

	str_copy(i->compiler, COMPILER, sizeof(i->compiler));
	str_copy(i->compile_by, "bonsai", sizeof(i->compile_by));
	str_copy(i->compile_domain, "", sizeof(i->compile_domain));
	/* Compilers take SOURCE_DATE_EPOCH for it, where an image is to be made twice the same. */
	str_copy(i->compile_date, __DATE__ " " __TIME__, sizeof(i->compile_date));
	return 0;
}

long do_version_capabilities(struct subop_call *c, void *op)
{
	str_copy(op, "xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
	return 0;
}

long do_version_changeset(struct subop_call *c, void *op)
{
	str_copy(op, "unavailable", sizeof(xen_changeset_info_t));
	return 0;
}

long do_version_platform_parameters(struct subop_call *c, void *op)
{
	((xen_platform_parameters_t *)op)->virt_start = HV_START;
	return 0;
}

long do_version_get_features(struct subop_call *c, void *op)
{
	struct xen_feature_info *f = op;

	if (f->submap_idx >= XENFEAT_NR_SUBMAPS)
		return hc_fail(-EINVAL, "feature map %u", f->submap_idx);
	f->submap = FEATURES;
	if (c->v->domain->privileged)
		f->submap |= BIT(XENFEAT_dom0);
	return 0;
}

long do_version_pagesize(struct subop_call *c, void *op)
{
	if (c->arg)
		return hc_fail(-EINVAL, "pagesize has no argument");
	return PAGE_SIZE;
}

long do_version_guest_handle(struct subop_call *c, void *op)
{
	memcpy(op, c->v->domain->handle, sizeof(xen_domain_handle_t));
	return 0;
}

long do_version_commandline(struct subop_call *c, void *op)
{
	str_copy(op, c->v->domain->privileged ? hv_cmdline : "<denied>", sizeof(xen_commandline_t));
	return 0;
}

/* The linker's note about this image (hv.lds): a header, the name "GNU", then the id. */
#define NOTE_HEADER	16
extern const u8 build_id_note[], build_id_end[];

/* Return: the id's size; -EPERM; -EFAULT; -EINVAL for an empty buffer; -ENOBUFS for one too small. */
long do_version_build_id(struct subop_call *c, void *op)
{
	long size = build_id_end - build_id_note - NOTE_HEADER;
	xen_build_id_t id;

	if (!c->v->domain->privileged)
		return hc_fail(-EPERM, "build id");
	if (!c->arg)
		return size;
	if (copy_from_guest(&id.len, c->arg, sizeof(id.len)))
		return -EFAULT;
	if (!id.len)
		return hc_fail(-EINVAL, "no room for a build id");
	if (id.len < size)
		return -ENOBUFS;
	if (copy_to_guest(c->arg + offsetof(xen_build_id_t, buf), build_id_note + NOTE_HEADER, size))
		return -EFAULT;
	return size;
}
