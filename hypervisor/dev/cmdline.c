/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options: name=value, name, no-name; separated by spaces; later ones win.
 */
#include "dev/console.h"
#include "dev/multiboot.h"

#define OPTIONS_MAX	96

static char given[BOOT_CMDLINE_SIZE];		/* as it was */
static char split[BOOT_CMDLINE_SIZE];		/* with NULs between names and values */
const char *hv_cmdline = given;

static struct option {
	const char *name, *value;		/* value NULL: none */
} options[OPTIONS_MAX];
static u32 nr_options;

static const char ours[] __initdata =
	" com1 com2 console dom0_max_vcpus dom0_mem dom0_vcpus_pin gnttab_max_frames gnttab_max_maptrack_frames hpet loglvl"
	" guest_loglvl maxcpus mem noreboot nosmp placeholder sched_ratelimit_us smap smep x2apic ";

/* Options that stock Xen knows and that change nothing here. */
static const char xens[] __initdata =
	" acpi acpi_apic_instance acpi_fake_ecdt acpi_pstate_strict acpi_skip_timer_override acpi_sleep"
	" adaptive-timers allowsuperpage altp2m apic apicv apic_verbosity argo asid asi ats availmem badpage bootscrub"
	" bootscrub_chunk bti buddy-alloc-size cet clocksource cmci-threshold cmos-rtc-probe compat-cpuid conring_size"
	" console_timestamps console_to_ring conswitch core_parking cpufreq cpuid cpuid_mask_cpu cpuid_mask_ecx"
	" cpuid_mask_edx cpuid_mask_ext_ecx cpuid_mask_ext_edx cpuidle cpuinfo cpu_type crashinfo_maxaddr crashkernel"
	" credit2_balance_over credit2_balance_under credit2_cap_period_ms credit2_load_precision_shift"
	" credit2_load_window_shift credit2_runqueue dbgp debug_stack_lines debugtrace dit dma_bits dom0 dom0-cpuid"
	" dom0-iommu dom0_ioports_disable dom0_nodes dom0_shadow dtuart e820-mtrr-clip e820-verbose edd edid efi ehci-dbgp"
	" ept ept_disable ext_regions extra_guest_irqs ferr ept_ve font force-ept gdb gnttab"
	" gnttab_max_nr_frames global-pages guest_entry_irq_period"
	" hap hap_1gb hap_2mb hardware_domain hest_disable highmem-start hmp-unsafe hpetbroadcast"
	" hvm_debug hvm_fep hvm_port80 idle_latency_factor invpcid ioapic_ack iommu iommu_dev_iotlb_timeout"
	" iommu_inclusive_mapping irq_ratelimit irq_vector_map irq-max-guests ivmd ivrs_hpet ivrs_ioapic"
	" lapic lapic_timer_c2_ok ler low_crashinfo low_mem_virq_limit max_cstate max_gsi_irqs max_lpi_bits mce"
	" mce_fb mce_verbosity mmcfg msi mtrr.show mtrr mwait-idle nmi noapic noirqbalance nolapic nolapic_timer"
	" nomigrate nosh noserialnumber nospec numa numa_balancing partial-emulation pcid pci pci-phantom pci-passthrough"
	" pdx-compress ple_gap ple_window pku ps2 psr pv pv-l1tf pv-linear-pt rcu-idle-timer-period-ms reboot ro-hpet"
	" rtds sched-gran sched_credit_tslice_ms sched_credit2_max_cpus_runqueue sched_credit2_migrate_resist"
	" sched_debug sched_smt_power_savings secondary-exec sched scrub-domheap serial_tx_buffer"
	" serrors shim_mem show-mcheck smt snb_igd_quirk spec-ctrl sync_console tboot tbuf_size tdp tevt_mask"
	" tickle_one_idle_cpu timer_slop tmem tsc tsx ucode unrestricted_guest vcpu_migration_delay verbose_debug"
	" vesa-map vesa-mtrr vesa-ram vga viridian-spinlock-retry-count viridian-version vm-notify-window vpid"
	" vpmu vti_vhpt_size vtsc_tolerance vwfi watchdog watchdog_timeout xenheap_megabytes xpti xsave xsm ";

static bool is_one_of(const char *word, const char *words)
{
	size_t n = strlen(word);

	for (const char *p = words; n && (p = strstr(p, word)); p++)
		if (p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

void __init cmdline_init(const char *text)
{
	char *p;

	str_copy(given, text, sizeof(given));
	str_copy(split, text, sizeof(split));
	for (p = split; *p && nr_options < OPTIONS_MAX;) {
		struct option *o = &options[nr_options];

		while (*p == ' ' || *p == '\t')
			p++;
		if (!*p || !strncmp(p, "-- ", 3))
			break;
		*o = (struct option){ p, NULL };
		nr_options++;
		for (; *p && *p != ' ' && *p != '\t'; p++) {
			if (*p == '=' && !o->value) {
				*p = 0;
				o->value = p + 1;
			}
		}
		if (*p)
			*p++ = 0;
	}
}

void __init cmdline_report_unknown(void)
{
	for (u32 i = 0; i < nr_options; i++) {
		const char *name = options[i].name + (strncmp(options[i].name, "no-", 3) ? 0 : 3);

		if (is_one_of(name, xens))
			log_info("option \"%s\" changes nothing here", name);
		else if (!is_one_of(name, ours))
			log_err("unknown option \"%s\"", options[i].name);
	}
}

const char *cmdline_get(const char *name)
{
	for (u32 i = nr_options; i--;)
		if (!strcmp(options[i].name, name))
			return options[i].value ?: "";
	return NULL;
}

bool cmdline_bool(const char *name, bool def)
{
	for (u32 i = nr_options; i--;) {
		const struct option *o = &options[i];

		if (!strncmp(o->name, "no-", 3) && !strcmp(o->name + 3, name))
			return false;
		if (strcmp(o->name, name))
			continue;
		if (!o->value || is_one_of(o->value, " yes on true enable 1 "))
			return true;
		if (is_one_of(o->value, " no off false disable 0 "))
			return false;
		return def;
	}
	return def;
}

static u64 parse_number(const char **s)
{
	u64 n = 0, base = 10;

	if (!strncmp(*s, "0x", 2)) {
		base = 16;
		*s += 2;
	}
	for (;; ++*s) {
		u64 c = (u8)**s, digit = c - '0';

		if (digit > 9)
			digit = (c | 0x20) - 'a' < 6 ? (c | 0x20) - 'a' + 10 : 99;
		if (digit >= base)
			return n;
		n = n * base + digit;
	}
}

u64 cmdline_uint(const char *name, u64 def)
{
	const char *s = cmdline_get(name);

	return s && *s ? parse_number(&s) : def;
}

u64 cmdline_size(const char *name, u64 def)
{
	const char *s = cmdline_get(name);
	u64 n;

	if (!s || !*s)
		return def;
	n = parse_number(&s);
	switch (*s | 0x20) {
	case 't': return n << 40;
	case 'g': return n << 30;
	case 'm': return n << 20;
	case 'b': return n;
	default: return n << 10;		/* k, or no suffix: KiB, as in stock Xen */
	}
}
