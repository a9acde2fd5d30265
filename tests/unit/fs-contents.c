// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files' contents, on a fake core: what each says, what it takes, and that a
 * refused write changes nothing and explains itself. Then garbage for all.
 */
#include "fs-fake.h"
#include "../../fs/text.c"
#include "../../fs/files.c"
#include "../../fs/mem.c"
#include "../../fs/memmap.c"
#include "../../fs/regs.c"
#include "../../fs/fpregs.c"
#include "../../fs/msrs.c"
#include "../../fs/cpuid.c"
#include "../../fs/irq.c"
#include "../../fs/events.c"
#include "../../fs/debug.c"
#include "../../fs/run.c"
#include "../../fs/ctl.c"
#include "../../fs/dirty.c"
#include "../../fs/status.c"
#include "../../fs/stat.c"
#include "../../fs/capabilities.c"

static void test_text(void)
{
	struct text t = {};
	char bytes[4];
	size_t n;
	u64 v;

	text_printf(&t, "%0300d", 1);
	text_printf(&t, "%01000d", 1);
	text_hex(&t, "\x01\xab", 2);
	CHECK(t.len == 1304 && !memcmp(t.buf + 1299, "101ab", 5));
	text_free(&t);

	CHECK(!text_u64("0", &v) && v == 0);
	CHECK(!text_u64("010", &v) && v == 10);
	CHECK(!text_u64("0xfFfFfFfFfFfFfFfF", &v) && v == U64_MAX);
	CHECK(!text_u64("18446744073709551615", &v) && v == U64_MAX);
	CHECK(text_u64("18446744073709551616", &v));
	CHECK(text_u64("0x10000000000000000", &v));
	CHECK(text_u64("", &v) && text_u64("0x", &v) && text_u64("-1", &v));
	CHECK(text_u64("+1", &v) && text_u64("1 ", &v) && text_u64("1a", &v));

	CHECK(!text_unhex("4142", bytes, 4, &n) && n == 2 && !memcmp(bytes, "AB", 2));
	CHECK(text_unhex("414", bytes, 4, &n) && text_unhex("4g", bytes, 4, &n));
	CHECK(text_unhex("4142434445", bytes, 4, &n));
}

static void test_table(void)
{
	CHECK(kvmfs_find("regs", 4, true) == kvmfs_find("regs", 4, false));
	CHECK(kvmfs_find("mem", 3, true) && !kvmfs_find("mem", 3, false));
	CHECK(!kvmfs_find("reg", 3, true) && !kvmfs_find("regs2", 5, true));
}

/* a block that ends within a line waits for its rest */
static void test_whole(void)
{
	const struct kvmfs_file *regs = kvmfs_find("regs", 4, true);
	const struct kvmfs_file *fpregs = kvmfs_find("fpregs", 6, true);
	char buf[700];
	struct input in = { .buf = buf };

	memset(buf, '#', sizeof(buf));
	in.len = 511;
	CHECK(kvmfs_may_store(regs, &fake_cpu[0], &in));
	in.len = 512;
	CHECK(!kvmfs_may_store(regs, &fake_cpu[0], &in));
	buf[511] = '\n';
	CHECK(kvmfs_may_store(regs, &fake_cpu[0], &in));
	CHECK(!kvmfs_may_store(fpregs, &fake_cpu[0], &in));
	in.len = 600;
	CHECK(kvmfs_may_store(fpregs, &fake_cpu[0], &in));
}

static void test_regs(void)
{
	char all[4096];
	u64 v[3];

	CHECK(strlen(get("regs")) == regs_size(&fake_cpu[0]));
	CHECK(!put("regs", "\n # nothing\n\trax  0x10 # a comment\nss.attr 0x1ffff\n"));
	CHECK(fake_vcpu[0].regs[0] == 16 && fake_vcpu[0].regs[43] == 0x1ffff);
	CHECK(strlen(get("regs")) == regs_size(&fake_cpu[0]));
	CHECK(strstr(get("regs"), "rax 0x0000000000000010\n"));
	CHECK(strstr(get("regs"), "ss.attr 0x1ffff\n"));
	CHECK(!put("regs", "rbx 7"));
	CHECK_REFUSED("regs", "rax 1\nfoo 1\n", "regs, line 2: no register \"foo\"");
	CHECK_REFUSED("regs", "rax 1 2\n", "\"2\" is too much");
	CHECK_REFUSED("regs", "rax\n", "a number is missing");
	CHECK_REFUSED("regs", "rax 1\ncr0 0x100000000\n", "regs: cr0 has reserved bits");
	CHECK_REFUSED("regs", "rax \x01\x02\n", "\"?\?\" is not a number");
	CHECK(fake_vcpu[0].regs[0] == 16);

	/* what is read can be written */
	snprintf(all, sizeof(all), "%s", get("regs"));
	CHECK(!put("regs", all));
	CHECK_TEXT("regs", all);

	CHECK(!regs_get(&fake_cpu[0], 0, v, 24) && v[0] == 16);
	v[1] = 99;
	CHECK(!regs_put(&fake_cpu[0], 0, v, 16) && fake_vcpu[0].regs[1] == 99);
	CHECK(regs_get(&fake_cpu[0], 4, v, 8) && regs_get(&fake_cpu[0], 0, v, 4));
	CHECK(regs_put(&fake_cpu[0], 1, v, 8) == -EINVAL);
	v[0] = 1ull << 32;
	CHECK(regs_put(&fake_cpu[0], 18 * 8, v, 8) == -EINVAL && !fake_vcpu[0].regs[18]);
	fake_vcpu[0].running = true;
	CHECK(put("regs", "rax 1\n") == -EBUSY && regs_put(&fake_cpu[0], 0, v, 8) == -EBUSY);
}

static void test_fpregs(void)
{
	char image[600] = "fpu";

	CHECK(!put_bytes(0, "fpregs", image, 600, false, false));
	CHECK(!memcmp(get("fpregs"), "fpu", 4));
	CHECK(put_bytes(0, "fpregs", image, 599, false, false) == -EINVAL);
	CHECK(put_bytes(0, "fpregs", image, 600, true, false) == -EINVAL);
	image[0] = -1;
	CHECK(put_bytes(0, "fpregs", image, 600, false, false) == -EINVAL);
}

static void test_msrs(void)
{
	CHECK(!put("msrs", "pat 0x0007040600070406\n0xc0000082 5\n"));
	CHECK_TEXT("msrs", "tsc 0x0000000000000000\npat 0x0007040600070406\n"
			   "lstar 0x0000000000000005\n");
	CHECK_REFUSED("msrs", "pat 1\nlstar 0xbad\n", "line 2: MSR 0xc0000082");
	CHECK_REFUSED("msrs", "pat 1\n0x99 1\n", "line 2: MSR 0x99");
	CHECK_REFUSED("msrs", "nothing 1\n", "no MSR \"nothing\"");
	CHECK_REFUSED("msrs", "0x100000000 1\n", "no MSR");
	CHECK(fake_vcpu[0].msr[1] == 0x0007040600070406 && fake_vcpu[0].msr[2] == 5);
}

static void test_cpuid(void)
{
	char many[VCPU_MAX_CPUID * 20 + 40] = "";
	int i, n = 0;

	CHECK(!put("cpuid", "0 0 1 2 3 4\n1 0 0xffffffff 0 0 0\n"));
	CHECK_TEXT("cpuid",
		   "0x00000000 0x0 0x00000001 0x00000002 0x00000003 0x00000004\n"
		   "0x00000001 0x0 0xffffffff 0x00000000 0x00000000 0x00000000\n");
	CHECK(!put_bytes(0, "cpuid", "2 0 0 0 0 0\n", 12, true, false));
	CHECK(fake_vcpu[0].n_cpuid == 3);
	CHECK_REFUSED("cpuid", "0 0 0 0 0\n", "a number is missing");
	CHECK_REFUSED("cpuid", "0 0 0 0 0 0 0\n", "too much");
	CHECK_REFUSED("cpuid", "0 0 0 0 0 0x100000000\n", "more than 32 bits");
	CHECK_REFUSED("cpuid", "7 1 0 0 0 0\n7 1 0 0 0 0\n", "line 2: leaf 0x7 0x1");
	for (i = 0; i <= VCPU_MAX_CPUID; i++)
		n += sprintf(many + n, "%d 0 0 0 0 0\n", i);
	CHECK_REFUSED("cpuid", many, "more than");
	CHECK(fake_vcpu[0].n_cpuid == 3);
	CHECK(!put("cpuid", "") && fake_vcpu[0].n_cpuid == 0);
}

static void test_irq(void)
{
	struct kvm_irq q = { KVM_IRQ_VECTOR, 0x40 };

	CHECK_TEXT("irq", "pending none\nnmi no\nwindow no\nopen yes\n");
	CHECK(!put("irq", get("irq")) && fake_vcpu[0].vector < 0 && !fake_vcpu[0].nmi);
	CHECK(irq_room(&fake_cpu[0]) && !put("irq", "32") && fake_vcpu[0].vector == 32);
	CHECK(!irq_room(&fake_cpu[0]) && put("irq", "33\n") == -EAGAIN);
	CHECK(put("irq", "33\nnmi\n") == -EAGAIN && !fake_vcpu[0].nmi);
	CHECK(!put("irq", "nmi\nwindow\n") && fake_vcpu[0].nmi && fake_vcpu[0].window);
	CHECK_TEXT("irq", "pending 0x20\nnmi yes\nwindow yes\nopen yes\n");
	fake_vcpu[0].vector = -1;
	CHECK(!put("irq", "pending 0x20\nnmi yes\nwindow yes\nopen yes\n"));
	CHECK(fake_vcpu[0].vector == 32);
	fake_vcpu[0].vector = -1;
	CHECK(!put_bytes(0, "irq", &q, sizeof(q), false, false) && fake_vcpu[0].vector == 64);
	q.vector = 256;
	CHECK(put_bytes(0, "irq", &q, sizeof(q), false, false) == -EINVAL);
	q = (struct kvm_irq){ KVM_IRQ_NMI, 1 };
	CHECK(put_bytes(0, "irq", &q, sizeof(q), false, false) == -EINVAL);
	q.type = 4;
	CHECK(put_bytes(0, "irq", &q, sizeof(q), false, false) == -EINVAL);
	CHECK_REFUSED("irq", "256\n", "not a vector");
	CHECK_REFUSED("irq", "pending\n", "missing");
	CHECK_REFUSED("irq", "1\n2\n", "only one");
	CHECK_REFUSED("irq", "1\npending none\n", "only one");
	CHECK(!put("irq", "pending 7\n") && fake_vcpu[0].vector == 7);
	CHECK(!put("irq", "pending 8\nnmi no\nwindow no\n") && fake_vcpu[0].vector == 8);
	CHECK(!fake_vcpu[0].nmi && !fake_vcpu[0].window);
	CHECK(!put("irq", "pending none\n") && fake_vcpu[0].vector == -1);
	CHECK_REFUSED("irq", "nmi maybe\n", "no or yes");
	CHECK_REFUSED("irq", "32 33\n", "too much");
}

#define NO_EVENTS	"event none\nagain none\nshadow no\nnmi_blocked no\ntrap no\n" \
			"pdptr none\npending none\n"

static void test_events(void)
{
	static const char all[] =
		"event exception 0x0e error 0x2\nagain 0x21\nshadow yes\nnmi_blocked yes\n"
		"trap yes\npdptr cr3 0x1000 0x2001 0x0 0x3001 0x0\n"
		"pending insn rip 0xfff0 gpa 0xfee00000 size 4\n"
		"answer gpa 0xa0000 size 8 data 0xffffffffffffffff\n"
		"answer gpa 0xa0008 size 1 data 0x7\n";
	struct vcpu_events *e = &fake_vcpu[0].events;
	char many[VCPU_MAX_ANSWERS * 40] = "";
	int i;

	CHECK_TEXT("events", NO_EVENTS);
	CHECK(!put("events", all) && e->event == EVENT_EXCEPTION && e->vector == 14);
	CHECK(e->has_error && e->error == 2 && e->again == 0x21 && e->shadow && e->trap);
	CHECK(e->pdptr && e->pdptr_cr3 == 0x1000 && e->pdpte[2] == 0x3001);
	CHECK(e->pending == PENDING_EMUL && e->mmio && e->gpa == 0xfee00000 && e->size == 4);
	CHECK(e->n_answers == 2 && e->answer[1].size == 1 && e->answer[1].data[0] == 7);
	CHECK_TEXT("events", all);
	CHECK(!put("events", "event soft 0x80 length 2\n") && !e->has_error && e->insn_len == 2);
	CHECK(!put("events", "event interrupt 32") && !e->insn_len && e->vector == 32);
	CHECK_REFUSED("events", "event exception 33\n", "events: a vector is 0 to 31");
	CHECK_REFUSED("events", "event nmi 2\n", "too much");
	CHECK_REFUSED("events", "event exception 6 code 1\n", "expected error");
	CHECK_REFUSED("events", "event exception 14 error 0x100000000\n", "more than");
	CHECK_REFUSED("events", "shadow no\nagain 256\n", "vector or none");
	CHECK_REFUSED("events", "pending out rip 0\n", "pending is none");
	CHECK_REFUSED("events", "pending in rip 0 next 1 gpa 0 size 1\n", "of a port");
	CHECK_REFUSED("events", "pending insn rip 0 port 0x10000 size 1 count 1\n", "more than");
	CHECK_REFUSED("events", "pdptr cr3 1 2 3 4\n", "missing");
	CHECK_REFUSED("events", "answer gpa 0 size 2 data 0x10000\n", "more than 2 bytes");
	for (i = 0; i < VCPU_MAX_ANSWERS; i++)
		strcat(many, "answer gpa 0 size 1 data 0\n");
	CHECK_REFUSED("events", many, "too many");
	CHECK(e->shadow && e->n_answers == 2);
	CHECK(!put("events", "pending in rip 1 next 3 port 0x60 size 2 count 1\n"));
	CHECK(e->pending == PENDING_IN && !e->n_answers && !e->mmio && e->next == 3);
	CHECK(!put("events", NO_EVENTS) && !e->pdptr);
	CHECK_TEXT("events", NO_EVENTS);
	fake_vcpu[0].running = true;
	CHECK(put("events", NO_EVENTS) == -EBUSY);
}

static void test_debug(void)
{
	CHECK_TEXT("debug", "step off\n");
	CHECK(!put("debug", "step on\nbreak 0x1000\nwatch 0x2004 4 w\nwatch 8 8 rw\n"));
	CHECK_TEXT("debug", "step on\nbreak 0x1000\nwatch 0x2004 4 w\nwatch 0x8 8 rw\n");
	CHECK(!put("debug", get("debug")));
	CHECK_REFUSED("debug", "break 1\nbreak 2\n", "line 2: there are only 4");
	CHECK_REFUSED("debug", "watch 1 3 w\n", "1, 2, 4 or 8");
	CHECK_REFUSED("debug", "watch 1 4 w\n", "not a multiple of 4");
	CHECK_REFUSED("debug", "watch 4 4 r\n", "w or rw");
	CHECK_REFUSED("debug", "clear 5\n", "no point at 0x5");
	CHECK_REFUSED("debug", "step\n", "off or on");
	CHECK_REFUSED("debug", "hop on\n", "\"hop\"");
	CHECK(!put("debug", "clear 0x1000\nstep off\n"));
	CHECK_TEXT("debug", "step off\nwatch 0x2004 4 w\nwatch 0x8 8 rw\n");
	CHECK(!put("debug", "clear\n"));
	CHECK_TEXT("debug", "step off\n");
	fake_vcpu[0].running = true;
	CHECK(put("debug", "clear\n") == -EBUSY);
}

static void test_run(void)
{
	struct vcpu *v = &fake_vcpu[0];
	struct kvm_exit *x = &v->exit;

	CHECK_TEXT("exit", "none\n");
	CHECK_TEXT("status", "state created\nerror none\n");
	x->reason = KVMFS_EXIT_IO;
	x->state = KVMFS_STATE_IF;
	x->io.port = 0x60;
	x->io.size = 2;
	x->io.count = 1;
	CHECK(!put("run", "run\n"));
	CHECK_TEXT("exit", "io in port 0x60 size 2 count 1 if 1 ready 0\n");
	CHECK_TEXT("status", "state stopped\nerror none\n");
	v->wants = 2;
	CHECK(!put("run", "data 0x1234 inject 33 window\n"));
	CHECK(!memcmp(x->data, "\x34\x12", 2) && x->vector == 33);
	CHECK(x->request == (KVMFS_REQ_INJECT | KVMFS_REQ_IRQ_WINDOW));
	CHECK(!put("run", "data hex:aBcD\n") && !memcmp(x->data, "\xab\xcd", 2));
	CHECK(!put("run", "1") && !memcmp(x->data, "\xff\xff", 2) && !x->request);
	CHECK_REFUSED("run", "data 0x10000\n", "more than 2 bytes");
	CHECK_REFUSED("run", "data hex:ab\n", "must have 2 bytes");
	CHECK_REFUSED("run", "data hex:abcdef\n", "must have 2 bytes");
	CHECK_REFUSED("run", "data\n", "missing");
	CHECK_REFUSED("run", "inject 256\n", "above 255");
	CHECK(put("run", "return\n") == -EINTR);
	v->wants = 0;
	CHECK_REFUSED("run", "data 1\n", "no input is pending");
	fake_cpu[0].dead = true;
	CHECK(put("run", "1\n") == -ENODEV);
	fake_cpu[0].dead = false;
	v->running = true;
	CHECK(put("run", "1\n") == -EBUSY);
	CHECK(strstr(get("status"), "state running\n"));
}

static void test_ctl(void)
{
	unsigned int told = fake_status_changes;

	CHECK(!put("ctl", "# nothing\n") && fake_status_changes == told);
	CHECK_REFUSED("ctl", "stop\n", "\"stop\" is none of pause");
	CHECK_REFUSED("ctl", "pause 1\n", "too much");
	CHECK_REFUSED("ctl", "pause\nreset\n", "one command");
	told = fake_status_changes;
	CHECK(!fake_vm.paused && !put("ctl", "pause\n") && fake_vm.paused);
	CHECK(fake_status_changes == told + 1);
	CHECK_TEXT("status", "state paused\nerror ctl, line 2: one command at a time\n");
	CHECK(!put("ctl", "resume") && !fake_vm.paused && fake_status_changes == told + 2);
	fake_vm.pause_error = -EINTR;
	CHECK(put("ctl", "pause") == -EINTR && fake_status_changes == told + 3);
	fake_vcpu[1].running = true;
	CHECK(!put("ctl", "reset") && fake_vcpu[0].resets == 1 && fake_vcpu[1].resets == 1);
	CHECK(!put("ctl", "resume") && put("ctl", "reset") == -EBUSY && !fake_vcpu[0].held);
	CHECK(!put("ctl", "kill") && fake_vcpu[0].killed && fake_vcpu[1].killed);
	CHECK(strstr(get("status"), "state killed\n"));
	CHECK(!strcmp(get("ctl"), ""));
}

static void test_dirty(void)
{
	struct kvmfs_cpu *c = &fake_cpu[0];
	u8 bits[4] = { 1, 0, 0x82, 0 };

	CHECK(dirty_size(c) == 0);
	CHECK(!put("memmap", "ram 0 4K\n") && dirty_size(c) == 1);
	CHECK(!put("memmap", "ram 4K 32K\n") && dirty_size(c) == 2);
	CHECK(!put("memmap", "ram 1M 64K\n") && dirty_size(c) == 34);
	CHECK(!dirty_open(c) && fake_vm.dirty_users == 1);
	fake_vm.dirty[9] = 0x40;
	dirty_read(c, 8, bits, 4);
	CHECK(!bits[0] && bits[1] == 0x40 && !fake_vm.dirty[9]);
	dirty_unread(c, 8, bits, 4);
	CHECK(fake_vm.dirty[9] == 0x40 && !fake_vm.dirty[8] && !fake_vm.dirty[10]);
	dirty_close(c);
	CHECK(!fake_vm.dirty_users && !put("dirty", "what a copy writes"));
}

static void test_exit(void)
{
	struct kvm_exit *x = &fake_vcpu[0].exit;

	fake_vcpu[0].exits = 1;
	*x = (struct kvm_exit){ .reason = KVMFS_EXIT_IO };
	x->io.port = 0x3f8;
	x->io.size = 1;
	x->io.write = 1;
	x->io.count = 1;
	x->data[0] = 0x41;
	CHECK_TEXT("exit", "io out port 0x3f8 size 1 count 1 data 0x41 if 0 ready 0\n");
	x->io.count = 3;
	CHECK_TEXT("exit", "io out port 0x3f8 size 1 count 3 data hex:410000 if 0 ready 0\n");
	*x = (struct kvm_exit){ .reason = KVMFS_EXIT_MMIO, .state = 3 };
	x->mmio.gpa = 0xfee00000;
	x->mmio.size = 4;
	CHECK_TEXT("exit", "mmio read gpa 0xfee00000 size 4 if 1 ready 1\n");
	x->mmio.write = 1;
	x->mmio.size = 16;
	CHECK(strstr(get("exit"), " data hex:00000000000000000000000000000000 "));
	*x = (struct kvm_exit){ .reason = KVMFS_EXIT_MSR, .msr = { 0x1b, 1, 5 } };
	CHECK_TEXT("exit", "msr write index 0x1b value 0x5 if 0 ready 0\n");
	*x = (struct kvm_exit){ .reason = KVMFS_EXIT_FAIL_ENTRY, .fail = { 1, { 2, 3 } } };
	CHECK_TEXT("exit", "fail-entry code 0x1 info 0x2 0x3 if 0 ready 0\n");
	*x = (struct kvm_exit){ .reason = KVMFS_EXIT_SHUTDOWN };
	CHECK_TEXT("exit", "shutdown if 0 ready 0\n");
	*x = (struct kvm_exit){ .reason = KVMFS_EXIT_DEBUG, .debug = { 0x4000, 0x10, 1, 0 } };
	CHECK_TEXT("exit", "debug dr6 0x4000 rip 0x10 vector 1 if 0 ready 0\n");
}

static void test_lent(void)
{
	CHECK(!put("memmap", "ram 0 64K\nuser 1M 64K 0x7f0000001000\nfile 2M 4K 3 8K\n"));
	CHECK_TEXT("memmap", "ram 0x0 0x10000\nuser 0x100000 0x10000 0x7f0000001000\n"
			     "file 0x200000 0x1000 3 0x2000\n");
	CHECK(fake_lent == 2 && fake_reserved == 65536);
	CHECK(fake_vm.map[1].lent && fake_vm.map[1].type == MEM_RAM && !fake_vm.map[0].lent);
	CHECK(!put("memmap", "file 2M 4K 8 0\n") && fake_lent == 2);
	CHECK(fake_vm.map[2].type == MEM_ROM);
	CHECK(!put("memmap", "alias 3M 4K 0x101000\n") && fake_lent == 2);
	CHECK_REFUSED("memmap", "none 1M 64K\n", "shows no ram or rom");
	CHECK_REFUSED("memmap", "file 8G 4K 9 0\n", "descriptor 9 is not open");
	CHECK_REFUSED("memmap", "user 8G 4K 4K\nnonsense\n", "none of ram");
	CHECK_REFUSED("memmap", "user 0x108000 4K 4K\n", "overlaps");
	CHECK_REFUSED("memmap", "user 8G 4K 1\n", "page size");
	CHECK_REFUSED("memmap", "file 8G 4K 3 1\n", "page size");
	CHECK_REFUSED("memmap", "user 8G 4K\n", "missing");
	CHECK_REFUSED("memmap", "file 8G 4K 3\n", "missing");
	fake_own = false;
	CHECK_REFUSED("memmap", "user 8G 4K 4K\n", "opened the file itself");
	fake_own = true;
	CHECK(fake_lent == 2);
	/* the VM's own bytes in its place, and the other way round */
	fake_discarded = 0;
	CHECK(!put("memmap", "none 3M 4K\nram 1M 64K\n") && fake_lent == 1 && !fake_discarded);
	CHECK(!put("memmap", "user 0 64K 64K\n") && fake_lent == 2 && fake_discarded == 65536);
	CHECK(!put_bytes(0, "memmap", "ram 0 4K\n", 9, false, true) && !fake_lent);
}

static void test_memmap(void)
{
	CHECK_TEXT("memmap", "");
	CHECK(!put("memmap", "rom 0xfffe0000 128K\nram 0 640K\nram 1M 0x3F00000\n"
			     "alias 0xe0000 128k 0xfffe0000\n"));
	CHECK_TEXT("memmap", "ram 0x0 0xa0000\nalias 0xe0000 0x20000 0xfffe0000\n"
			     "ram 0x100000 0x3f00000\nrom 0xfffe0000 0x20000\n");
	CHECK(fake_vm.n == 4 && fake_reserved == 0xa0000 + 0x3f00000 + 0x20000);
	CHECK(kvmfs_mem_end(&fake) == 0x100000000);
	CHECK_REFUSED("memmap", "ram 0x9f000 8K\n", "overlaps the region at 0x0");
	CHECK_REFUSED("memmap", "ram 0xff000 8K\n", "overlaps");
	CHECK_REFUSED("memmap", "ram 0xdf000 8K\n", "overlaps the region at 0xe0000");
	CHECK_REFUSED("memmap", "none 0 4K\n", "only a part");
	CHECK_REFUSED("memmap", "none 0xfffe0000 128K\n", "shows no ram or rom");
	CHECK_REFUSED("memmap", "alias 5G 4K 0xe0000\n", "shows no ram or rom");
	CHECK_REFUSED("memmap", "ram 1 4K\n", "page size");
	CHECK_REFUSED("memmap", "ram 8G 0\n", "size is 0");
	CHECK_REFUSED("memmap", "ram 1T 4K\n", "beyond");
	CHECK_REFUSED("memmap", "ram 0xfffffffffffff000 8K\n", "beyond");
	CHECK_REFUSED("memmap", "ram 4K 0xfffffffffffff000\n", "beyond");
	CHECK_REFUSED("memmap", "ram 99999999T 4K\n", "too large");
	CHECK_REFUSED("memmap", "ram 1X 4K\n", "not a size");
	CHECK_REFUSED("memmap", "ram 1KB 4K\n", "not a size");
	CHECK_REFUSED("memmap", "disk 8G 4K\n", "\"disk\"");
	CHECK(fake.n_map == 4);
}

/* what a change of the map sets free, and what it keeps */
static void test_discard(void)
{
	CHECK(!put("memmap", "ram 0 1M\nrom 1M 64K\n") && !fake_discarded);
	CHECK_REFUSED("memmap", "ram 0 2M\n", "overlaps");
	CHECK(!put("memmap", "none 1M 64K\n") && fake_discarded == 0x10000);
	CHECK(!put("memmap", "ram 0 2M\n") && fake_discarded == 0x10000);
	CHECK(!put("memmap", "ram 0 1M\n") && fake_discarded == 0x110000);
	fake_discarded = 0;
	CHECK(!put_bytes(0, "memmap", "rom 64K 64K\n", 12, false, true));
	CHECK(fake_discarded == 0xf0000 && fake.n_map == 1);
	CHECK(put_bytes(0, "memmap", "bad\n", 4, false, true) == -EINVAL && fake.n_map == 1);
	CHECK(!put_bytes(0, "memmap", "", 0, false, true) && !fake.n_map);

	CHECK(!kvmfs_mem_resize(&fake, 1 << 20));
	CHECK_TEXT("memmap", "ram 0x0 0x100000\n");
	CHECK(!put("memmap", "ram 0 4K\nram 0xff000 4K\n"));
	CHECK(!kvmfs_mem_resize(&fake, 1 << 20) && fake.n_map == 2);
	CHECK(kvmfs_mem_resize(&fake, 100) == -EINVAL && strstr(fake_vm.error, "page size"));
	CHECK(kvmfs_mem_resize(&fake, VM_MAX_GPA + 4096) == -EFBIG);
	CHECK(kvmfs_mem_grow(&fake, 2 << 20) == -ENXIO);
	CHECK(!kvmfs_mem_resize(&fake, 0) && !fake.n_map);

	CHECK(!kvmfs_mem_grow(&fake, 5000) && !kvmfs_mem_grow(&fake, 9000));
	CHECK_TEXT("memmap", "ram 0x0 0x3000\n");
	CHECK(kvmfs_mem_grow(&fake, VM_MAX_GPA + 1) == -ENXIO);
	fake_discarded = 0;
	CHECK(!put_bytes(0, "memmap", "ram 0 8K\n", 9, false, true) && fake_discarded == 4096);
	CHECK(kvmfs_mem_grow(&fake, 20000) == -ENXIO);
	CHECK(!kvmfs_mem_resize(&fake, 0));

	fake_max_mem = 1 << 20;
	CHECK(put("memmap", "ram 0 1M\nrom 1M 4K\n") == -ENOSPC && !fake.n_map);
	CHECK(!put("memmap", "ram 0 1M\nalias 1M 64K 0\n"));
	fake_vcpu[1].running = true;
	CHECK(put("memmap", "none 1M 64K\n") == -EBUSY && fake.n_map == 2);
	CHECK(kvmfs_mem_resize(&fake, 4096) == -EBUSY && !fake_vcpu[0].held);
}

/* what a map that is refused would have given back stays reserved all the time */
static void test_reserve(void)
{
	CHECK(!put("memmap", "ram 0 1M\nram 2M 1M\n") && fake_reserved == 2 << 20);
	fake_least = U64_MAX;
	fake_map_error = -ENOMEM;
	CHECK(put("memmap", "none 2M 1M\n") == -ENOMEM && fake.n_map == 2);
	CHECK(fake_reserved == 2 << 20 && fake_least == 2 << 20);
	CHECK(put("memmap", "ram 4M 1M\n") == -ENOMEM && fake_reserved == 2 << 20);
	fake_map_error = 0;
	CHECK(!put("memmap", "none 2M 1M\n") && fake_reserved == 1 << 20);
}

static void test_find(void)
{
	struct mem_piece p;

	CHECK(!put("memmap", "ram 4K 8K\nalias 32K 4K 8K\n"));
	down_read(&fake.map_sem);
	kvmfs_mem_find(&fake, 0, &p);
	CHECK(p.hole && p.len == 4096);
	kvmfs_mem_find(&fake, 4097, &p);
	CHECK(!p.hole && !p.alias && p.len == 8191 && p.back == 4097);
	kvmfs_mem_find(&fake, 12288, &p);
	CHECK(p.hole && p.len == 32768 - 12288);
	kvmfs_mem_find(&fake, 32769, &p);
	CHECK(!p.hole && p.alias && p.len == 4095 && p.back == 8193);
	kvmfs_mem_find(&fake, 36864, &p);
	CHECK(p.hole && p.len == VM_MAX_GPA - 36864);
	up_read(&fake.map_sem);
}

static void test_others(void)
{
	CHECK(strstr(get("stat"), "memory_pages 0\n") && strstr(get("stat"), "exits 0\n"));
	CHECK(strstr(get("capabilities"), "vendor fake\nsyscalls no\n"));
	CHECK(!put("stat", "anything") && !put("exit", "hlt") && !put("status", "x"));
}

/* pieces of the languages, put together at random: nothing may break, or stay held */
static void test_garbage(void)
{
	static const char *const word[] = {
		"rax", "cs.attr", "0x10", "18446744073709551615", "99999999999999999999",
		"ram", "rom", "alias", "none", "4K", "1M", "0", "1T", "nmi", "window",
		"pending", "data", "hex:41", "hex:4", "inject", "return", "step", "on",
		"break", "watch", "clear", "w", "rw", "pat", "8", "\n", "\n", "\n", "#",
		"pause", "resume", "reset", "kill", "event", "exception", "again",
		"shadow", "yes", "in", "rip", "next", "insn", "port", "gpa", "size", "count",
		"answer", "pdptr", "cr3",
		"\xff\xfe", "\r", "\t", "0x", "-1",
	};
	char text[400];
	unsigned int round, i, n;

	srandom(1);
	for (round = 0; round < 200000; round++) {
		const struct kvmfs_file *row = &kvmfs_files[random() % kvmfs_n_files];

		for (n = 0, i = random() % 12; i; i--)
			n += snprintf(text + n, sizeof(text) - n, "%s%s",
				      word[random() % ARRAY_SIZE(word)],
				      random() % 8 ? " " : "");
		if (random() % 16 == 0)
			text[random() % sizeof(text)] = random();
		fake_vcpu[0].wants = random() % 3 ? random() % 16 : 0;
		put_bytes(random() % 2, row->name, text, n, random() % 2, random() % 2);
		if (round % 64 == 0)
			get(row->name);
		if (fake_vcpu[0].held || fake_vcpu[1].held || fake.lock.held ||
		    fake.map_sem.readers)
			break;
	}
	CHECK(round == 200000);
	for (n = 0, i = 1; i < fake.n_map; i++)
		n += fake.map[i - 1].gpa + fake.map[i - 1].size > fake.map[i].gpa;
	CHECK(!n);
}

static const struct fake_test tests[] = {
	{ "texts and numbers", test_text },
	{ "the table", test_table },
	{ "parts of a text wait", test_whole },
	{ "regs", test_regs },
	{ "fpregs", test_fpregs },
	{ "msrs", test_msrs },
	{ "cpuid", test_cpuid },
	{ "irq", test_irq },
	{ "events", test_events },
	{ "debug", test_debug },
	{ "run", test_run },
	{ "ctl", test_ctl },
	{ "dirty", test_dirty },
	{ "exit", test_exit },
	{ "memmap", test_memmap },
	{ "memory that is lent", test_lent },
	{ "what a new map frees and keeps", test_discard },
	{ "what a refused map keeps reserved", test_reserve },
	{ "pieces of the map", test_find },
	{ "stat, capabilities and what ignores writes", test_others },
	{ "garbage for all files", test_garbage },
};

int main(void)
{
	return run_tests(tests, ARRAY_SIZE(tests));
}
