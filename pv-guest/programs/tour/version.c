/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

static long ask(unsigned int cmd, void *arg)
{
	return HC(xen_version, .cmd = cmd, .arg = arg);
}

static bool contains(const char *text, const char *word)
{
	for (; *text; text++)
		if (!strncmp(text, word, strlen(word)))
			return true;
	return false;
}

static void features(void)
{
	xen_feature_info_t info = { .submap_idx = 0 };
	const u32 never = 1 << XENFEAT_writable_page_tables | 1 << XENFEAT_auto_translated_physmap |
			  1 << XENFEAT_supervisor_mode_kernel;

	expect_code(ask(XENVER_get_features, &info), 0, "get_features");
	expect(!(info.submap & never),
	       "features %#x: tables are ours but read-only, and not translated", info.submap);
	expect(!!(info.submap & 1 << XENFEAT_dom0) == is_initial_domain(),
	       "the dom0 feature agrees with start_info");
}

void chapter_version(void)
{
	xen_extraversion_t extra;
	xen_capabilities_info_t caps;
	xen_platform_parameters_t params;
	long v = ask(XENVER_version, NULL), rc;

	expect(v >> 16 == 4, "version -> %ld.%ld", v >> 16, v & 0xffff);
	expect_code(ask(XENVER_extraversion, extra), 0, "extraversion");
	say("       \"%s\"", extra);
	rc = ask(XENVER_capabilities, &caps);
	expect(!rc && contains(caps, "xen-3.0-x86_64"), "capabilities \"%s\"", caps);
	rc = ask(XENVER_platform_parameters, &params);
	expect(!rc && params.virt_start == HYPERVISOR_VIRT_START,
	       "platform_parameters: the hypervisor's addresses begin at %lx", params.virt_start);
	expect_code(ask(XENVER_pagesize, NULL), PAGE_SIZE, "pagesize");
	features();
	expect_code(ask(999, NULL), -38, "a question it does not know");
	expect_code(ask(XENVER_extraversion, (void *)HYPERVISOR_VIRT_START), -14,
		    "an answer to be written into the hypervisor's memory");
	cost(MEASURE(1000, ask(XENVER_version, NULL)), "the shortest hypercall");
}
