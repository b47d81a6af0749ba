/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initial domain, made from the kernel and ramdisk that the boot loader left in memory.
 *
 * Whatever is wrong with them is said in one line, and the machine stops: there is nobody to run.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "domain/build.h"
#include "domain/kernel-image.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/memmap.h"

#define MIB(x)		((x) << 20)

/* ---- how much memory, how many vCPUs --------------------------------------------------------- */

struct mem_option {
	u64 size, min, max;		/* bytes; 0: not given */
	bool minus;			/* all but size */
};

/* dom0_mem=[-]size,min:size,max:size; a size may also be N% of what is free, or a sum of the two */
static struct mem_option parse_dom0_mem(void)
{
	const char *s = cmdline_get("dom0_mem");
	struct mem_option m = { 0 };

	while (s && *s) {
		u64 *to = !strncmp(s, "min:", 4) ? &m.min : !strncmp(s, "max:", 4) ? &m.max : &m.size;

		if (to != &m.size)
			s += 4;
		else if ((m.minus = *s == '-'))
			s++;
		for (*to = 0;; s++) {
			u64 n = parse_size(&s);

			if (*s == '%' && s++)		/* parse_size() took the number for KiB */
				n = (n >> 10) * (heap_free_pages() << PAGE_SHIFT) / 100;
			*to += n;
			if (*s != '+')
				break;
		}
		if (*s && *s != ',')
			boot_fail("dom0_mem=%s: not a size", cmdline_get("dom0_mem"));
		s += *s == ',';
	}
	return m;
}

/*
 * Pages the initial domain gets; without an option all but 1/16 (at most 128 MiB) of what is free, with
 * what is free once the images are loaded.
 */
static u64 dom0_pages(u64 images)
{
	struct mem_option m = parse_dom0_mem();
	u64 avail = heap_free_pages() + images, keep = MIN(avail / 16, MIB(128UL) >> PAGE_SHIFT);
	u64 pages = avail - keep, want = m.size >> PAGE_SHIFT;

	/* Table and scratch pages of ours come out of the same pot: 8 bytes a page for the P2M copy. */
	avail -= MIN(avail, avail / 256 + 512);
	if (m.minus)
		pages = want < avail ? avail - want : 0;
	else if (m.size)
		pages = want;
	if (m.min && pages < m.min >> PAGE_SHIFT)
		pages = m.min >> PAGE_SHIFT;
	if (m.max && pages > m.max >> PAGE_SHIFT)
		pages = m.max >> PAGE_SHIFT;
	if (pages > avail && (m.size || m.min))
		log_err("dom0_mem asks for %lu MiB, the machine has %lu MiB free", pages >> 8, avail >> 8);
	return MIN(pages, avail);
}

static u32 dom0_vcpus(void)
{
	const char *s = cmdline_get("dom0_max_vcpus");
	u64 n = s ? parse_number(&s) : nr_cpus;

	if (s && *s++ == '-')			/* min-max: as many as CPUs, within these */
		n = MIN(MAX(n, (u64)nr_cpus), parse_number(&s));
	return MIN(MAX(n, 1UL), (u64)MAX_VCPUS);
}

/* ---- layout ------------------------------------------------------------------------------------ */

static void lay_out(struct build *b)
{
	struct guest_image *img = &b->img;
	u64 va = ROUND_UP(image_va(img, img->phys_end), PAGE_SIZE);
	u64 p2m_bytes = b->nr_pages * 8;

	if (b->initrd_size && !img->mod_start_pfn) {
		b->va_initrd = va;
		va = ROUND_UP(va + b->initrd_size, PAGE_SIZE);
	}
	b->va_p2m = img->init_p2m;
	if (img->init_p2m == NOT_SET) {
		b->va_p2m = va;
		va = ROUND_UP(va + p2m_bytes, PAGE_SIZE);
	}
	b->va_start_info = va;
	b->va_tables = va + PAGE_SIZE;
	do {
		b->nr_tables++;
		b->va_stack = b->va_tables + b->nr_tables * PAGE_SIZE;
		b->v_end = ROUND_UP(b->va_stack + PAGE_SIZE, MIB(4UL));
		if (b->v_end - (b->va_stack + PAGE_SIZE) < MIB(1UL) / 2)
			b->v_end += MIB(4UL);
	} while (b->nr_tables < 1 + tables_for(img->virt_base, b->v_end));

	b->pfn_end = build_pfn(b, b->v_end);
	if (b->initrd_size && img->mod_start_pfn) {
		b->pfn_initrd = b->pfn_end;
		b->pfn_end += PFN_UP(b->initrd_size);
	}
	if (img->init_p2m != NOT_SET) {
		b->pfn_p2m = b->pfn_end;
		b->nr_p2m_frames = PFN_UP(p2m_bytes) +
			tables_for(img->init_p2m, img->init_p2m + ROUND_UP(p2m_bytes, PAGE_SIZE));
		b->pfn_end += b->nr_p2m_frames;
	}
}

/* The image's wishes, where they could take us outside the guest's address space. */
static void check_layout(const struct build *b)
{
	const struct guest_image *img = &b->img;
	u64 image_end = image_va(img, img->phys_end);

	if (b->pfn_end > b->nr_pages)
		boot_fail("the kernel and its ramdisk need %lu MiB, dom0_mem gives %lu MiB",
			  (b->pfn_end >> 8) + 1, b->nr_pages >> 8);
	if (img->virt_base & ~PAGE_MASK || !va_is_canonical(img->virt_base) || b->v_end < img->virt_base ||
	    !va_is_canonical(b->v_end - 1) || va_is_hypervisor(img->virt_base) ||
	    va_is_hypervisor(b->v_end - 1) || (img->virt_base < HV_START && b->v_end > HV_END))
		boot_fail("the kernel's addresses %#lx-%#lx overlap the hypervisor's or are not canonical",
			  img->virt_base, b->v_end);
	if (img->entry < img->virt_base || img->entry >= image_end)
		boot_fail("the kernel's entry point %#lx lies outside of it", img->entry);
	if (img->hypercall_page != NOT_SET &&
	    (img->hypercall_page & ~PAGE_MASK || img->hypercall_page < img->virt_base ||
	     img->hypercall_page >= image_end))
		boot_fail("the kernel's hypercall page %#lx lies outside of it", img->hypercall_page);
	if (img->init_p2m != NOT_SET &&
	    (img->init_p2m & ~PAGE_MASK || !va_is_canonical(img->init_p2m) || va_is_hypervisor(img->init_p2m) ||
	     img->init_p2m + b->nr_pages * 8 > (img->init_p2m | (BIT(39) - 1)) ||
	     (img->init_p2m >> 39) == (img->virt_base >> 39)))
		boot_fail("the kernel wants its P2M at an impossible address %#lx", img->init_p2m);
}

/* ---- contents ---------------------------------------------------------------------------------- */

static void allocate_p2m(struct build *b)
{
	b->p2m = alloc_pages(order_for(b->nr_pages * 8));
	if (!b->p2m)
		boot_fail("not enough memory for the initial domain's P2M");
}

static void allocate_frames(struct build *b, pfn_t pfn, pfn_t end)
{
	unsigned int order = 9;

	while (pfn < end) {
		struct frame *f;

		while (order && end - pfn < BIT(order))
			order--;
		f = frame_alloc(b->d, order, MEMF_NO_SCRUB);
		if (!f && order) {
			order--;
			continue;
		}
		if (!f)
			boot_fail("not enough memory for the initial domain");
		for (u64 i = 0; i < BIT(order); i++, pfn++) {
			b->p2m[pfn] = frame_to_mfn(f) + i;
			m2p_set(b->p2m[pfn], pfn);
		}
	}
}

/* Copy to (or, with no source, clear) consecutive guest frames from a byte offset in frame pfn. */
static void fill(struct build *b, pfn_t pfn, u64 offset, const u8 *src, u64 size)
{
	while (size) {
		u64 n = MIN(size, PAGE_SIZE - offset);
		u8 *page = build_page(b, pfn);

		if (src) {
			memcpy(page + offset, src, n);
			src += n;
		} else {
			memset(page + offset, 0, n);
		}
		size -= n;
		offset = 0;
		pfn++;
	}
}

static int load_segment(void *arg, u64 va, const void *data, u64 filesz, u64 memsz)
{
	struct build *b = arg;
	u64 bss = va + filesz;

	fill(b, build_pfn(b, va), va & ~PAGE_MASK, data, filesz);
	fill(b, build_pfn(b, bss), bss & ~PAGE_MASK, NULL, memsz - filesz);
	return 0;
}

/*
 * Slot n: push RCX and R11, which SYSCALL destroys, load the number, SYSCALL, pop, return.  iret's
 * slot makes the frame's first three words instead, and does not come back.
 */
void hypercall_page_fill(u8 *page)
{
	memset(page, 0xcc, PAGE_SIZE);
	for (u32 nr = 0; nr < PAGE_SIZE / 32; nr++) {
		u8 *p = page + nr * 32;

		*p++ = 0x51;				/* push %rcx */
		*p++ = 0x41, *p++ = 0x53;		/* push %r11 */
		if (nr == HC_iret)
			*p++ = 0x50;			/* push %rax */
		*p++ = 0xb8;				/* mov $nr, %eax */
		memcpy(p, &nr, 4);
		p += 4;
		*p++ = 0x0f, *p++ = 0x05;		/* syscall */
		if (nr == HC_iret)
			continue;
		*p++ = 0x41, *p++ = 0x5b;		/* pop %r11 */
		*p++ = 0x59;				/* pop %rcx */
		*p++ = 0xc3;				/* ret */
	}
}

static void load_contents(struct build *b)
{
	const struct guest_image *img = &b->img;
	pfn_t after = build_pfn(b, ROUND_UP(image_va(img, img->phys_end), PAGE_SIZE));

	/* Gaps between segments, and what follows start_info, start as zeroes. */
	fill(b, 0, 0, NULL, after * PAGE_SIZE);
	fill(b, build_pfn(b, b->va_start_info), 0, NULL, b->v_end - b->va_start_info);
	elf_for_each_segment(img, load_segment, b);
	if (img->hypercall_page != NOT_SET)
		hypercall_page_fill(build_page(b, build_pfn(b, img->hypercall_page)));
	if (b->initrd_size)
		fill(b, b->va_initrd ? build_pfn(b, b->va_initrd) : b->pfn_initrd, 0,
		     maddr_to_hv(b->initrd), b->initrd_size);
}

/* The memory of the images becomes the initial domain's last. */
static void allocate_and_load(struct build *b, struct kernel_image *image, u64 image_pages)
{
	pfn_t first = MAX(b->nr_pages - MIN(b->nr_pages, image_pages), b->pfn_end);

	allocate_p2m(b);
	allocate_frames(b, 0, first);
	load_contents(b);
	kernel_image_close(image);
	memmap_free_modules();
	allocate_frames(b, first, b->nr_pages);
	fill(b, b->nr_p2m_frames ? b->pfn_p2m : build_pfn(b, b->va_p2m), 0, (const u8 *)b->p2m, b->nr_pages * 8);
}

/* ---- start ------------------------------------------------------------------------------------- */

static void make_domain(struct build *b)
{
	u32 vcpus = dom0_vcpus();
	const struct domain_config cfg = {
		.id = 0, .privileged = true, .max_vcpus = vcpus, .max_evtchn_port = EVTCHN_FIFO_NR_CHANNELS - 1,
		.max_grant_frames = -1, .max_maptrack_frames = -1, .max_grant_version = 2,
	};
	int rc;

	b->d = domain_create(&cfg, &rc);
	if (!b->d)
		boot_fail("out of memory for the initial domain");
	dom0 = b->d;
	for (u32 i = 0; i < vcpus; i++) {
		const u64 own_cpu = BIT(i % nr_cpus);

		if (!vcpu_create(b->d, i))
			boot_fail("out of memory for vCPU %u of the initial domain", i);
		if (cmdline_bool("dom0_vcpus_pin", false))
			sched_set_affinity(b->d->vcpu[i], &own_cpu);
	}
	b->v = b->d->vcpu[0];
}

static void set_entry_state(struct build *b)
{
	struct vcpu *v = b->v;

	v->regs.rip = b->img.entry;
	v->regs.rsp = b->va_stack + PAGE_SIZE;
	v->regs.rsi = b->va_start_info;
	v->regs.rflags = FLAGS_IF | BIT(1);
	v->regs.cs = FLAT_KERNEL_CS;
	v->regs.ss = FLAT_KERNEL_SS;
	v->pv.kernel_ss = FLAT_KERNEL_SS;
	v->pv.kernel_sp = v->regs.rsp;
	v->initialised = true;
}

struct domain *dom0_build(const void *kernel, size_t kernel_size, const char *cmdline,
			  maddr_t initrd, size_t initrd_size)
{
	struct build b = { .cmdline = cmdline, .initrd = initrd, .initrd_size = initrd_size };
	struct kernel_image image;
	const char *wrong = kernel_image_open(kernel, kernel_size, &image);
	u64 image_pages;
	mfn_t root;

	if (!wrong)
		wrong = elf_parse(image.elf, image.size, &b.img);
	if (wrong)
		boot_fail("%s", wrong);
	image_pages = (kernel_size >> PAGE_SHIFT) + (initrd_size >> PAGE_SHIFT) +
		      (image.memory ? BIT(image.order) : 0);
	b.nr_pages = dom0_pages(image_pages);
	lay_out(&b);
	check_layout(&b);
	make_domain(&b);
	b.d->mm.max_pages = MAX(b.nr_pages, parse_dom0_mem().max >> PAGE_SHIFT);
	allocate_and_load(&b, &image, image_pages);
	build_tables(&b);
	build_start_info(&b);

	root = b.p2m[build_pfn(&b, b.va_tables)];
	if (mm_set_kernel_root(b.v, root) || mm_pin(b.d, root, FT_L4, false))
		panic("the initial domain's own page tables are not valid");
	free_pages(b.p2m, order_for(b.nr_pages * 8));
	set_entry_state(&b);
	log_info("initial domain: %lu MiB, %u vCPUs, ring %u, kernel %#lx-%#lx, entry %#lx", b.nr_pages >> 8,
		 b.d->max_vcpus, b.v->pv.ring1 ? 1 : 3, image_va(&b.img, b.img.phys_start), image_va(&b.img, b.img.phys_end),
		 b.img.entry);
	return b.d;
}
