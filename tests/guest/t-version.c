/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version - every question of xen_version
 *
 * Right: version 4.17; strings are ended within their buffers; capabilities name xen-3.0-x86_64;
 * the platform parameter is the start of the hypervisor's range; features are as ABI.md says for
 * an initial domain and further submaps are 0; page size 4096; unknown commands -ENOSYS. ABI:
 * version.h, features.h.
 */
#include "guest.h"

static char text[1025];

static bool ended(unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		if (!text[i])
			return true;
	return false;
}

static void string(u32 cmd, unsigned int size, const char *name)
{
	memset(text, 0x7f, sizeof(text));
	check_eq(HC(xen_version, .cmd = cmd, .arg = text), 0, "%s", name);
	check(ended(size), "is ended");
	check_eq(text[size], 0x7f, "no byte behind it is written");
}

static bool contains(const char *s, const char *part)
{
	for (; *s; s++)
		if (starts_with(s, part))
			return true;
	return false;
}

static void features(void)
{
	xen_feature_info_t fi = { .submap_idx = 0 };

	check_eq(HC(xen_version, .cmd = XENVER_get_features, .arg = &fi), 0, "features");
	check_eq(fi.submap & 0xd, 0, "bits 0, 2, 3 are clear in 0x%x", fi.submap);
	check(fi.submap & 1 << XENFEAT_dom0, "dom0");
	check(fi.submap & 1 << XENFEAT_mmu_pt_update_preserve_ad, "mmu_pt_update_preserve_ad");
	HC(vm_assist, .cmd = VMASST_CMD_enable, .type = VMASST_TYPE_pae_extended_cr3);
	HC(xen_version, .cmd = XENVER_get_features, .arg = &fi);
	check(fi.submap & 1 << XENFEAT_pae_pgdir_above_4gb, "pae_pgdir_above_4gb, once asked for");
	check(fi.submap & 1 << XENFEAT_highmem_assist, "highmem_assist");
	check(fi.submap & 1 << XENFEAT_gnttab_map_avail_bits, "gnttab_map_avail_bits");
	check(fi.submap & 1 << XENFEAT_memory_op_vnode_supported, "memory_op_vnode_supported");
	check(fi.submap & 1 << 17, "not or direct mapped is told");
	fi.submap_idx = 1;
	check_eq(HC(xen_version, .cmd = XENVER_get_features, .arg = &fi), -XEN_EINVAL, "submap 1");
	fi.submap_idx = 99;
	check_eq(HC(xen_version, .cmd = XENVER_get_features, .arg = &fi), -XEN_EINVAL, "submap 99");
}

void test_main(void)
{
	xen_platform_parameters_t pp = { 0 };
	xen_domain_handle_t handle;
	long rc;

	check_eq(HC(xen_version, .cmd = XENVER_version), 0x40011, "version 4.17");
	string(XENVER_extraversion, sizeof(xen_extraversion_t), "extraversion");
	string(XENVER_changeset, sizeof(xen_changeset_info_t), "changeset");
	string(XENVER_commandline, sizeof(xen_commandline_t), "commandline");
	check(contains(text, "guest_loglvl=all"), "has what the loader gave");
	string(XENVER_capabilities, sizeof(xen_capabilities_info_t), "capabilities");
	check(contains(text, "xen-3.0-x86_64"), "have the 64-bit ABI: %s", text);
	string(XENVER_compile_info, sizeof(xen_compile_info_t), "compile_info");
	check_eq(HC(xen_version, .cmd = XENVER_platform_parameters, .arg = &pp), 0,
		 "platform_parameters");
	check_eq(pp.virt_start, HYPERVISOR_VIRT_START, "virt_start");
	features();
	check_eq(HC(xen_version, .cmd = XENVER_pagesize), PAGE_SIZE, "pagesize");
	check_eq(HC(xen_version, .cmd = XENVER_guest_handle, .arg = &handle), 0, "guest_handle");
	rc = HC(xen_version, .cmd = XENVER_build_id, .arg = NULL);
	check(rc == -XEN_ENODATA || (rc > 0 && rc < 64), "build_id asks for %ld bytes", rc);
	check_eq(HC(xen_version, .cmd = 11), -XEN_ENOSYS, "command 11");
	check_eq(HC(xen_version, .cmd = ~0U), -XEN_ENOSYS, "the last command");
	check_eq(HC(xen_version, .cmd = XENVER_extraversion, .arg = (void *)UNMAPPED), -XEN_EFAULT,
		 "a buffer out of reach");
}
