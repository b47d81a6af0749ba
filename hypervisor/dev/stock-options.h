/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that stock Xen knows and that change nothing here: told as such, not as unknown.
 */
#ifndef HV_DEV_STOCK_OPTIONS_H
#define HV_DEV_STOCK_OPTIONS_H

#define STOCK_OPTIONS \
	" acpi acpi_apic_instance acpi_fake_ecdt acpi_pstate_strict acpi_skip_timer_override acpi_sleep" \
	" adaptive-timers allowsuperpage altp2m apic apicv apic_verbosity argo asid asi ats availmem badpage bootscrub" \
	" bootscrub_chunk bti buddy-alloc-size cet clocksource cmci-threshold cmos-rtc-probe compat-cpuid conring_size" \
	" console_timestamps console_to_ring conswitch core_parking cpufreq cpuid cpuid_mask_cpu cpuid_mask_ecx" \
	" cpuid_mask_edx cpuid_mask_ext_ecx cpuid_mask_ext_edx cpuidle cpuinfo cpu_type crashinfo_maxaddr crashkernel" \
	" credit2_balance_over credit2_balance_under credit2_cap_period_ms credit2_load_precision_shift" \
	" credit2_load_window_shift credit2_runqueue dbgp debug_stack_lines debugtrace dit dma_bits dom0 dom0-cpuid" \
	" dom0-iommu dom0_ioports_disable dom0_nodes dom0_shadow dtuart e820-mtrr-clip e820-verbose edd edid efi ehci-dbgp" \
	" ept ept_disable ext_regions extra_guest_irqs ferr ept_ve font force-ept gdb gnttab" \
	" gnttab_max_nr_frames global-pages guest_entry_irq_period" \
	" hap hap_1gb hap_2mb hardware_domain hest_disable highmem-start hmp-unsafe hpetbroadcast" \
	" hvm_debug hvm_fep hvm_port80 idle_latency_factor invpcid ioapic_ack iommu iommu_dev_iotlb_timeout" \
	" iommu_inclusive_mapping irq_ratelimit irq_vector_map irq-max-guests ivmd ivrs_hpet ivrs_ioapic" \
	" lapic lapic_timer_c2_ok ler low_crashinfo low_mem_virq_limit max_cstate max_gsi_irqs max_lpi_bits mce" \
	" mce_fb mce_verbosity mmcfg msi mtrr.show mtrr mwait-idle nmi noapic noirqbalance nolapic nolapic_timer" \
	" nomigrate nosh noserialnumber nospec numa numa_balancing partial-emulation pci pci-phantom pci-passthrough" \
	" pdx-compress ple_gap ple_window pku ps2 psr pv pv-l1tf pv-linear-pt rcu-idle-timer-period-ms reboot ro-hpet" \
	" rtds sched-gran sched_credit_tslice_ms sched_credit2_max_cpus_runqueue sched_credit2_migrate_resist" \
	" sched_debug sched_smt_power_savings secondary-exec sched scrub-domheap serial_tx_buffer" \
	" serrors shim_mem show-mcheck smt snb_igd_quirk spec-ctrl sync_console tboot tbuf_size tdp tevt_mask" \
	" tickle_one_idle_cpu timer_slop tmem tsc tsx ucode unrestricted_guest vcpu_migration_delay verbose_debug" \
	" vesa-map vesa-mtrr vesa-ram vga viridian-spinlock-retry-count viridian-version vm-notify-window vpid" \
	" vpmu vti_vhpt_size vtsc_tolerance vwfi watchdog watchdog_timeout xenheap_megabytes xpti xsave xsm "

#endif
