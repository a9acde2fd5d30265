// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug.c: single steps, breakpoints and watchpoints of the guest's own, and
 * single steps that the host makes by the file `debug` without the guest seeing
 * them.
 */
#include "guest.h"

#ifdef __x86_64__
#define STACK	"%%rsp"
#else
#define STACK	"%%esp"
#endif
#define DR6_BS	BIT(14)
#define DR6_BD	BIT(13)

static volatile u32 hits;
static word hit_ip[64], hit_dr6[64];

static void on_debug(struct frame *f)
{
	if (hits < ARRAY_SIZE(hit_ip)) {
		hit_ip[hits] = f->ip;
		hit_dr6[hits] = get_dr6();
	}
	hits++;
	set_dr6(0xffff0ff0);
	f->flags |= FLAG_RF;
}

static void begin(void)
{
	hits = 0;
	set_dr6(0xffff0ff0);
}

static int dr6_is(word value, word bits)
{
	return (value & 0xf) == (bits & 0xf) &&
	       (value & (DR6_BS | DR6_BD)) == (bits & (DR6_BS | DR6_BD));
}

extern u8 step1[], step2[], step3[], step4[], step5[];

static void test_single_step(void)
{
	int good;

	begin();
	asm volatile("pushf\n orl $0x100, (" STACK ")\n popf\n"
		     ".globl step1, step2, step3, step4, step5\n"
		     "nop\n"
		     "step1: xor %%eax, %%eax\n"
		     "step2: mov %%eax, %%edx\n"
		     "step3: pushf\n"
		     "step4: andl $~0x100, (" STACK ")\n"
		     "step5: popf\n"
		     : : : "eax", "edx", "memory", "cc");
	good = hits == 6 && hit_ip[0] == (word)step1 && hit_ip[1] == (word)step2 &&
	       hit_ip[2] == (word)step3 && hit_ip[3] == (word)step4 &&
	       hit_ip[4] == (word)step5;
	for (u32 i = 0; i < hits && i < 6; i++)
		good &= dr6_is(hit_dr6[i], DR6_BS);
	ok(good, "EFLAGS.TF: %d steps", hits);
}

/* instructions that exit are stepped like others */
extern u8 exit1[], exit2[], exit3[], exit4[];

static void test_step_over_exits(void)
{
	int good;

	begin();
	set_flags(get_flags() | FLAG_TF);
	asm volatile(".globl exit1, exit2, exit3, exit4\n"
		     "mov $0, %%eax\n"
		     "exit1: cpuid\n"
		     "exit2: mov $0x500, %%edx\n"
		     "exit3: out %%al, (%%dx)\n"
		     "exit4: nop\n" : : : "eax", "ebx", "ecx", "edx");
	set_flags(get_flags() & ~FLAG_TF);
	good = 0;
	for (u32 i = 0; i + 3 < hits; i++)
		good |= hit_ip[i] == (word)exit1 && hit_ip[i + 1] == (word)exit2 &&
			hit_ip[i + 2] == (word)exit3 && hit_ip[i + 3] == (word)exit4;
	ok(good, "CPUID and OUT are one step each");
}

extern u8 break_here[], after_watch[], after_read[];
static volatile u32 watched[4] __attribute__((aligned(16)));

__attribute__((noinline)) static void breakable(void)
{
	asm volatile("nop\n.globl break_here\nbreak_here: nop");
}

static void test_exec(int n, void (*set)(word))
{
	int good;

	begin();
	set((word)break_here);
	set_dr7(0x400 | 2u << 2 * n);
	for (int i = 0; i < 3; i++)
		breakable();
	set_dr7(0x400);
	breakable();
	good = hits == 3 && hit_ip[0] == (word)break_here &&
	       dr6_is(hit_dr6[0], 1u << n);
	ok(good, "DR%d breaks at an instruction: %d hits, dr6 %x", n, hits,
	   hit_dr6[0]);
	set(0);
}

__attribute__((noinline)) static void write_watched(void)
{
	asm volatile("movl $5, %0\n.globl after_watch\nafter_watch: nop"
		     : "=m"(watched[1]));
}

__attribute__((noinline)) static void read_watched(void)
{
	asm volatile("mov %0, %%eax\n.globl after_read\nafter_read: nop"
		     : : "m"(watched[1]) : "eax");
}

static void test_watch(int n, void (*set)(word))
{
	set((word)&watched[1]);
	begin();
	set_dr7(0x400 | 2u << 2 * n | 0xdu << (16 + 4 * n));
	read_watched();
	write_watched();
	set_dr7(0x400);
	ok(hits == 1 && hit_ip[0] == (word)after_watch &&
	   dr6_is(hit_dr6[0], 1u << n), "DR%d watches writes: %d hits, dr6 %x",
	   n, hits, hit_dr6[0]);
	begin();
	set_dr7(0x400 | 2u << 2 * n | 0xfu << (16 + 4 * n));
	read_watched();
	write_watched();
	watched[0] = watched[2] = 1;
	set_dr7(0x400);
	ok(hits == 2 && hit_ip[0] == (word)after_read &&
	   hit_ip[1] == (word)after_watch, "DR%d watches reads and writes: %d hits",
	   n, hits);
	set(0);
}

static void test_registers(void)
{
	set_dr0(0x1000);
	set_dr1(0x2000);
	set_dr2(0x3000);
	set_dr3(0x4000);
	set_dr6(0xffff0ff0 | 5);
	outb(PORT_BYTES, 0);
	ok(get_dr0() == 0x1000 && get_dr1() == 0x2000 && get_dr2() == 0x3000 &&
	   get_dr3() == 0x4000, "DR0-3 keep their values over an exit");
	ok((get_dr6() & 0xf) == 5, "DR6 keeps its value: %x", get_dr6());
	ok(get_dr7() == 0x400, "DR7 is as after reset: %x", get_dr7());
	set_dr6(0xffff0ff0);
}

static void test_int3(void)
{
	word got;

	got = catch((void (*)(word))write_watched, 0);
	ok(got == NOTHING, "nothing is left over");
}

extern u8 host1[], host2[], host3[];

/* the host steps; the guest must not notice */
static void test_host_step(void)
{
	u32 steps, good = 0, at;

	begin();
	outb(PORT_STEP, 1);
	asm volatile(".globl host1, host2, host3\n"
		     "host1: nop\n"
		     "host2: pushf\n"
#ifdef __x86_64__
		     "host3: pop %%rax\n"
#else
		     "host3: pop %%eax\n"
#endif
		     : "=a"(at) : : "memory");
	outb(PORT_STEP, 0);
	steps = inl(PORT_STEPS);
	for (u32 i = 0; i < steps && i < 64; i++) {
		u32 ip = inl(PORT_STEP_IP);

		good |= (ip == (u32)(word)host2) << 0;
		good |= (ip == (u32)(word)host3) << 1;
	}
	ok(steps >= 3 && steps < 12 && good == 3,
	   "the host steps: %d debug exits", steps);
	/* PUSHF shows TF then, as under every hypervisor without an emulator for it */
	ok(!hits && !(get_flags() & FLAG_TF), "and the guest gets no #DB: %d", hits);
	(void)at;
}

static void test_breakpoints(void)
{
	if (on_emulated_svm()) {
		skip("QEMU's VMRUN loads DR7 and arms nothing", "DR0-3 break and watch");
		return;
	}
	test_exec(0, set_dr0);
	test_exec(1, set_dr1);
	test_exec(2, set_dr2);
	test_exec(3, set_dr3);
	test_watch(0, set_dr0);
	test_watch(3, set_dr3);
}

int main(void)
{
	handler[1] = on_debug;
	test_registers();
	test_single_step();
	test_step_over_exits();
	test_breakpoints();
	test_int3();
	if (on_tcg())
		skip("needs guestrun", "the host steps");
	else
		test_host_step();
	return 0;
}
