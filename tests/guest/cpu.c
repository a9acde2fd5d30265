// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.c: exceptions, MSRs, CPUID, the time stamp counter, privileged
 * instructions at CPL 3, and segments.
 */
#include "space.h"

static const char *text(word vector)
{
	static const char *const names[] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9",
		"#TS", "#NP", "#SS", "#GP", "#PF",
	};

	return vector < ARRAY_SIZE(names) ? names[vector] : "another";
}

extern u8 at_div[], at_ud[], at_int3[], at_gp[], at_nm[], at_np[], at_int[];

static void divide(word zero)
{
	asm volatile("xor %%edx, %%edx\nmov $1, %%eax\n"
		     ".globl at_div\nat_div: divl %0"
		     : : "m"(zero) : "eax", "edx");
}

static void undefined(word unused)
{
	(void)unused;
	asm volatile(".globl at_ud\nat_ud: ud2");
}

static void breakpoint(word unused)
{
	(void)unused;
	asm volatile("int3\n.globl at_int3\nat_int3:");
}

static void software_int(word unused)
{
	(void)unused;
	asm volatile("int $0x61\n.globl at_int\nat_int:");
}

static void bad_selector(word selector)
{
	asm volatile(".globl at_gp\nat_gp: mov %0, %%es" : : "r"(selector));
}

static void no_fpu(word unused)
{
	(void)unused;
	set_cr0(get_cr0() | CR0_TS);
	asm volatile(".globl at_nm\nat_nm: fnop");
}

static void not_present(word selector)
{
	asm volatile(".globl at_np\nat_np: mov %0, %%fs" : : "r"(selector));
}

static void one(const char *name, void (*fn)(word), word arg, word vector,
		word error, u8 *at)
{
	word got = catch(fn, arg);

	ok(got == vector && caught.error == error && caught.ip == (word)at,
	   "%s: %s error %x", name, text(got), caught.error);
}

static void test_exceptions(void)
{
	extern u64 gdt[];

	for (int i = 0; i < 3; i++) {
		one("division by zero", divide, 0, 0, 0, at_div);
		one("UD2", undefined, 0, 6, 0, at_ud);
	}
	one("INT3 is a trap", breakpoint, 0, 3, 0, at_int3);
	one("INT n is a trap", software_int, 0, 0x61, 0, at_int);
	one("a selector beyond the GDT", bad_selector, 0x1238, 13, 0x1238, at_gp);
	one("a code selector without read for ES", bad_selector, SEL_TSS, 13,
	    SEL_TSS, at_gp);
	gdt[6] = 0x00cf13000000ffff;	/* not present */
	if (!IS64)	/* there it is the TSS's second half */
		one("a selector not present", not_present, 0x30, 11, 0x30, at_np);
	gdt[6] = 0;
	one("x87 with CR0.TS", no_fpu, 0, 7, 0, at_nm);
	set_cr0(get_cr0() & ~CR0_TS);
}

extern u8 trap_entries[];

/* A #GP that finds no handler is a double fault */
static void test_double_fault(void)
{
	word got;

	set_gate(13, NULL, 0);
	((u8 *)idt)[13 * 2 * sizeof(word) + 5] = 0;	/* not present */
	got = catch(bad_selector, 0x1238);
	ok(got == 8 && !caught.error, "#NP while delivering #GP: %s", text(got));
	set_gate(13, trap_entries + 16 * 13, 0);
}

/* what belongs to hypervisors: 0f 01 and this byte. The guest's CPUID has neither VMX nor SVM */
static void test_hypervisor(void)
{
	static const u8 last[] = {
		0xc1, 0xc2, 0xc3, 0xc4,		/* VMCALL, VMLAUNCH, VMRESUME, VMXOFF */
		0xd1,				/* XSETBV, without CR4.OSXSAVE */
		0xd8, 0xd9, 0xda, 0xdb,		/* VMRUN, VMMCALL, VMLOAD, VMSAVE */
		0xdc, 0xdd, 0xde, 0xdf,		/* STGI, CLGI, SKINIT, INVLPGA */
	};
	/* xor %eax, %eax: an address that is no page's is looked at first, and #GP */
	static u8 code[6] = { 0x31, 0xc0, 0x0f, 0x01, 0, 0xc3 };

	for (unsigned int i = 0; i < sizeof(last); i++) {
		word got;

		code[4] = last[i];
		got = catch((void (*)(word))code, 0);
		ok(got == 6 && caught.ip == (word)code + 2, "0f 01 %x is not there: %s", last[i],
		   text(got));
	}
}

/* --- MSRs ------------------------------------------------------------------- */

static void read_msr(word index)
{
	rdmsr(index);
}

static void write_msr(word index)
{
	wrmsr(index, 0);
}

static void test_msr(u32 index, const char *name, u64 value)
{
	u64 old = rdmsr(index), got;

	wrmsr(index, value);
	got = rdmsr(index);
	wrmsr(index, old);
	ok(got == value && rdmsr(index) == old, "%s keeps its value: %q", name, got);
}

static void test_msrs(void)
{
	test_msr(0x174, "SYSENTER_CS", 0x1230);
	test_msr(0x175, "SYSENTER_ESP", 0x12345678);
	test_msr(0x176, "SYSENTER_EIP", 0x87654321);
	if (IS64) {
		test_msr(0xc0000081, "STAR", 0x0023001000000000ull);
		test_msr(0xc0000082, "LSTAR", 0xffffffff81234567ull);
		test_msr(0xc0000083, "CSTAR", 0xffffffff81234568ull);
		test_msr(0xc0000084, "SFMASK", 0x47700);
		test_msr(0xc0000100, "FS_BASE", 0xffff888012345678ull);
		test_msr(0xc0000101, "GS_BASE", 0xffff888087654321ull);
		test_msr(0xc0000102, "KERNEL_GS_BASE", 0x00007fff12345678ull);
	}
	ok(rdmsr(0x1b) & 0x900 || !rdmsr(0x1b), "APIC_BASE is plausible: %q",
	   rdmsr(0x1b));
	if (on_tcg())	/* which knows no unknown ones */
		return;
	ok(catch(read_msr, 0x12345678) == 13 && !caught.error,
	   "RDMSR of an unknown one: %s", text(caught.vector));
	ok(catch(write_msr, 0x12345678) == 13 && !caught.error,
	   "WRMSR of an unknown one: %s", text(caught.vector));
	ok(catch(read_msr, 0xc0001fff) == 13,
	   "RDMSR of an unknown one of AMD's range: %s", text(caught.vector));
}

#ifdef __x86_64__
static void test_swapgs(void)
{
	u64 gs;

	wrmsr(0xc0000101, 0x111000);
	wrmsr(0xc0000102, 0x222000);
	asm volatile("swapgs");
	gs = rdmsr(0xc0000101);
	ok(gs == 0x222000 && rdmsr(0xc0000102) == 0x111000, "SWAPGS");
	asm volatile("movl $5, %%gs:0x10" : : : "memory");
	ok(*(volatile u32 *)0x222010 == 5, "a store at GS base");
	asm volatile("swapgs");
}

/* SYSCALL from CPL 3 into the kernel and back by throw(), twice */
extern u8 syscall_entry[], user_syscall[];
asm("user_syscall: mov $0x1234, %eax\n syscall\n int $0x40\n"
    "syscall_entry: mov %rcx, syscall_rcx\n mov %r11, syscall_r11\n"
    "mov %eax, syscall_eax\n sysretq\n");
u64 syscall_rcx, syscall_r11;
u32 syscall_eax;

static void test_syscall(void)
{
	u64 stack = 0x300000;

	wrmsr(0xc0000081, (u64)(SEL_DATA | 3) << 48 | (u64)SEL_CODE << 32);
	wrmsr(0xc0000082, (u64)syscall_entry);
	wrmsr(0xc0000084, FLAG_IF | FLAG_DF);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	syscall_eax = 0;
	/* SYSRET's selectors are STAR's: user code at +16 must be 64-bit code */
	ok(user((word)user_syscall, 0, stack) == BACK && syscall_eax == 0x1234 &&
	   syscall_rcx == (u64)user_syscall + 7, "SYSCALL and SYSRET");
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~(u64)EFER_SCE);
	ok(user((word)user_syscall, 0, stack) == 6, "SYSCALL without EFER.SCE: %s",
	   text(caught.vector));
}
#endif

static void test_efer(void)
{
	u64 old = rdmsr(MSR_EFER);

	wrmsr(MSR_EFER, old ^ EFER_SCE);
	ok(rdmsr(MSR_EFER) == (old ^ EFER_SCE), "EFER.SCE toggles: %q",
	   rdmsr(MSR_EFER));
	wrmsr(MSR_EFER, old);
	if (has_nx()) {
		wrmsr(MSR_EFER, old ^ EFER_NXE);
		ok(rdmsr(MSR_EFER) == (old ^ EFER_NXE), "EFER.NXE toggles");
		wrmsr(MSR_EFER, old);
	}
	ok(!(old & 0x1000), "EFER hides SVME: %q", old);
}

/* --- the rest --------------------------------------------------------------- */

static void test_cpuid(void)
{
	u32 a[4], b[4], vendor[4];
	int good = 1;

	cpuid(0, 0, vendor);
	print("# %x %x %x, leaves %x\n", (word)vendor[1], (word)vendor[3],
	      (word)vendor[2], (word)vendor[0]);
	ok(vendor[0] >= 1 && vendor[1], "CPUID has leaf 1");
	for (int i = 0; i < 20; i++) {
		cpuid(1, 0, a);
		cpuid(0x80000001, 0, b);
		good &= (a[3] & 0x11) == 0x11;	/* FPU, TSC */
		good &= (b[3] >> 29 & 1) | !IS64;	/* long mode */
	}
	ok(good, "CPUID has FPU and TSC, and long mode where we are in it");
	ok(!(b[2] >> 2 & 1) || on_tcg(), "CPUID hides SVM");
	cpuid(1, 0, a);
	ok(!(a[2] >> 5 & 1), "CPUID hides VMX");
}

static void test_tsc(void)
{
	u64 last = rdtsc(), now;
	u32 r[4];
	int good = 1, grew = 0;

	for (int i = 0; i < 2000; i++) {
		if (i % 100 == 0)
			cpuid(0, 0, r);
		now = rdtsc();
		good &= now >= last;
		grew |= now > last;
		last = now;
	}
	ok(good && grew, "RDTSC never goes back");
}

/* instructions that CPL 3 may not do; each is followed by INT 0x40 */
extern u8 user_hlt[], user_cli[], user_cr0[], user_msr[], user_in[],
	user_lgdt[], user_inv[], user_rdtsc[];
asm("user_hlt: hlt; int $0x40\n"
    "user_cli: cli; int $0x40\n"
#ifdef __x86_64__
    "user_cr0: mov %cr0, %rax; int $0x40\n"
#else
    "user_cr0: mov %cr0, %eax; int $0x40\n"
#endif
    "user_msr: mov $0xc0000080, %ecx; rdmsr; int $0x40\n"
    "user_in: in $0x80, %al; int $0x40\n"
    "user_lgdt: lgdt gdt_pointer; int $0x40\n"
    "user_inv: invlpg 0; int $0x40\n"
    "user_rdtsc: rdtsc; int $0x40\n");

static void test_user(void)
{
	const struct { const char *name; u8 *code; word vector; } t[] = {
		{ "HLT", user_hlt, 13 }, { "CLI", user_cli, 13 },
		{ "MOV from CR0", user_cr0, 13 }, { "RDMSR", user_msr, 13 },
		{ "IN", user_in, 13 }, { "LGDT", user_lgdt, 13 },
		{ "INVLPG", user_inv, 13 }, { "RDTSC", user_rdtsc, BACK },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(t); i++) {
		word got = user((word)t[i].code, 0, 0x300000);

		ok(got == t[i].vector && (got != 13 || !caught.error),
		   "%s at CPL 3: %s", t[i].name, got == BACK ? "done" : text(got));
	}
}

static void bad_cr0(word unused)
{
	(void)unused;
	set_cr0((get_cr0() | CR0_PG) & ~CR0_PE);
}

static void bad_cr4(word unused)
{
	(void)unused;
	set_cr4(get_cr4() | BIT(31));
}

static void test_control(void)
{
	word cr0 = get_cr0(), cr4 = get_cr4();

	set_cr0(cr0 ^ CR0_WP);
	ok(get_cr0() == (cr0 ^ CR0_WP), "CR0 reads as written: %x", get_cr0());
	set_cr0(cr0);
	set_cr4(cr4 ^ CR4_DE);
	ok(get_cr4() == (cr4 ^ CR4_DE), "CR4 reads as written: %x", get_cr4());
	set_cr4(cr4);
	set_cr0(cr0 | CR0_TS);
	asm volatile("clts");
	ok(get_cr0() == (cr0 & ~CR0_TS), "CLTS");
	asm volatile("lmsw %w0" : : "r"((word)(cr0 | CR0_TS | CR0_MP)));
	ok(get_cr0() == (cr0 | CR0_TS | CR0_MP), "LMSW");
	set_cr0(cr0);
	if (on_tcg())	/* which does not check */
		return;
	ok(catch(bad_cr0, 0) == 13 && get_cr0() == cr0, "PG without PE: %s",
	   text(caught.vector));
	ok(catch(bad_cr4, 0) == 13 && get_cr4() == cr4, "CR4's reserved bit: %s",
	   text(caught.vector));
	if (IS64) {
		ok(catch((void (*)(word))set_cr0, cr0 & ~CR0_PG) != NOTHING ||
		   get_cr0() == cr0, "CR0.PG cannot be cleared in 64-bit code");
	}
}

int main(void)
{
	test_exceptions();
	test_double_fault();
	test_hypervisor();
	test_msrs();
	test_efer();
#ifdef __x86_64__
	test_swapgs();
	test_syscall();
#endif
	test_cpuid();
	test_tsc();
	test_user();
	test_control();
	return 0;
}
