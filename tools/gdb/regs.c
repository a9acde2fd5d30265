// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers as gdb wants them: those of its own features for i386 and x86-64 in the
 * order that it prescribes, and behind them all that KVM_REG_LIST has besides.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gdb.h"
#include "kvmfs.h"

/* Where a register is: a slot of the file regs, or bytes of the FXSAVE image */
enum where { SLOT, FX, FX_TAG };

struct gdb_reg {
	const char *name;
	uint8_t bits;
	enum where where;
	uint16_t at;
	const char *type;
};

#define SLOT_OF(NAME)		((KVM_REG_##NAME - KVM_REG_WINDOW) / 8)
#define R(n, NAME, bits, type)	{ n, bits, SLOT, SLOT_OF(NAME), type }
#define ST(i)			{ "st" #i, 80, FX, 32 + 16 * (i), "i387_ext" }
#define XMM(i)			{ "xmm" #i, 128, FX, 160 + 16 * (i), "vec128" }

/* SDM vol. 1, table 10-2; the upper halves of these are their pointers' selectors */
#define X87 \
	ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7), \
	{ "fctrl", 32, FX, 0, "int" }, { "fstat", 32, FX, 2, "int" }, \
	{ "ftag", 32, FX_TAG, 4, "int" }, { "fiseg", 32, FX, 12, "int" }, \
	{ "fioff", 32, FX, 8, "int" }, { "foseg", 32, FX, 20, "int" }, \
	{ "fooff", 32, FX, 16, "int" }, { "fop", 32, FX, 6, "int" }

#define SELECTORS \
	R("cs", CS_SELECTOR, 32, "int"), R("ss", SS_SELECTOR, 32, "int"), \
	R("ds", DS_SELECTOR, 32, "int"), R("es", ES_SELECTOR, 32, "int"), \
	R("fs", FS_SELECTOR, 32, "int"), R("gs", GS_SELECTOR, 32, "int")

static const struct gdb_reg core64[] = {
	R("rax", RAX, 64, "int64"), R("rbx", RBX, 64, "int64"), R("rcx", RCX, 64, "int64"),
	R("rdx", RDX, 64, "int64"), R("rsi", RSI, 64, "int64"), R("rdi", RDI, 64, "int64"),
	R("rbp", RBP, 64, "data_ptr"), R("rsp", RSP, 64, "data_ptr"), R("r8", R8, 64, "int64"),
	R("r9", R9, 64, "int64"), R("r10", R10, 64, "int64"), R("r11", R11, 64, "int64"),
	R("r12", R12, 64, "int64"), R("r13", R13, 64, "int64"), R("r14", R14, 64, "int64"),
	R("r15", R15, 64, "int64"), R("rip", RIP, 64, "code_ptr"),
	R("eflags", RFLAGS, 32, "i386_eflags"), SELECTORS, X87,
};

static const struct gdb_reg core32[] = {
	R("eax", RAX, 32, "int32"), R("ecx", RCX, 32, "int32"), R("edx", RDX, 32, "int32"),
	R("ebx", RBX, 32, "int32"), R("esp", RSP, 32, "data_ptr"), R("ebp", RBP, 32, "data_ptr"),
	R("esi", RSI, 32, "int32"), R("edi", RDI, 32, "int32"), R("eip", RIP, 32, "code_ptr"),
	R("eflags", RFLAGS, 32, "i386_eflags"), SELECTORS, X87,
};

static const struct gdb_reg sse64[] = {
	XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7), XMM(8), XMM(9),
	XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15),
	{ "mxcsr", 32, FX, 24, "int" },
};

static const struct gdb_reg sse32[] = {
	XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
	{ "mxcsr", 32, FX, 24, "int" },
};

static const struct gdb_reg segments64[] = {
	R("fs_base", FS_BASE, 64, "int"), R("gs_base", GS_BASE, 64, "int"),
};

/* The whole table once more, under its own names: a 32-bit gdb has no other way to rax */
#define SYSTEM(NAME, name, slot)	{ name, 64, SLOT, slot, "int64" },
static const struct gdb_reg system_regs[] = { KVM_REG_LIST(SYSTEM) };

#define SIZE(a)	(sizeof(a) / sizeof(*(a)))

struct feature {
	const char *name;
	const struct gdb_reg *regs;
	unsigned int n;
};

static const struct feature features64[] = {
	{ "org.gnu.gdb.i386.core", core64, SIZE(core64) },
	{ "org.gnu.gdb.i386.sse", sse64, SIZE(sse64) },
	{ "org.gnu.gdb.i386.segments", segments64, SIZE(segments64) },
	{ "org.kvmfs.x86", system_regs, SIZE(system_regs) },
};

static const struct feature features32[] = {
	{ "org.gnu.gdb.i386.core", core32, SIZE(core32) },
	{ "org.gnu.gdb.i386.sse", sse32, SIZE(sse32) },
	{ "org.kvmfs.x86", system_regs, SIZE(system_regs) },
};

static const struct feature *features(bool long_mode, unsigned int *n)
{
	*n = long_mode ? SIZE(features64) : SIZE(features32);
	return long_mode ? features64 : features32;
}

/* gdb takes no dot in a name */
static void gdb_name(const struct gdb_reg *r, char name[24])
{
	char *dot;

	snprintf(name, 24, "%s", r->name);
	dot = strchr(name, '.');
	if (dot)
		*dot = '_';
}

/* Those that a feature of gdb's own has under the same name */
static bool is_twice(bool long_mode, const struct gdb_reg *r)
{
	const struct feature *f;
	unsigned int n, i, j;
	char name[24];

	gdb_name(r, name);
	f = features(long_mode, &n);
	for (i = 0; i + 1 < n; i++)
		for (j = 0; j < f[i].n; j++)
			if (!strcmp(f[i].regs[j].name, name))
				return true;
	return false;
}

#define MOST	(SIZE(core64) + SIZE(sse64) + SIZE(segments64) + SIZE(system_regs))

/* All registers in the order of the XML; how many these are */
static unsigned int list_regs(bool long_mode, const struct gdb_reg **list)
{
	const struct feature *f;
	unsigned int n, i, j, count = 0;

	f = features(long_mode, &n);
	for (i = 0; i < n; i++)
		for (j = 0; j < f[i].n; j++)
			if (i + 1 < n || !is_twice(long_mode, &f[i].regs[j]))
				list[count++] = &f[i].regs[j];
	return count;
}

static const struct gdb_reg *lists[2][MOST];

unsigned int regs_count(bool long_mode)
{
	static unsigned int counts[2];

	if (!counts[long_mode])
		counts[long_mode] = list_regs(long_mode, lists[long_mode]);
	return counts[long_mode];
}

/* Register number @want, or NULL; gdb counts them as they come in the XML */
static const struct gdb_reg *find(bool long_mode, unsigned int want)
{
	return want < regs_count(long_mode) ? lists[long_mode][want] : NULL;
}

static const char sse_types[] =
	"<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
	"<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
	"<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
	"<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
	"<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
	"<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
	"<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
	"<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
	"<field name=\"uint128\" type=\"uint128\"/></union>";

static const char * const flag_names[32] = {
	"CF", NULL, "PF", NULL, "AF", NULL, "ZF", "SF", "TF", "IF", "DF", "OF",
	NULL, NULL, "NT", NULL, "RF", "VM", "AC", "VIF", "VIP", "ID",
};

struct writer {
	char *at, *end;
};

static void add(struct writer *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct writer *w, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	w->at += vsnprintf(w->at, w->end - w->at, fmt, args);
	va_end(args);
	if (w->at > w->end)
		w->at = w->end;
}

static void add_types(struct writer *w, const char *feature)
{
	unsigned int i;

	if (strstr(feature, ".sse"))
		add(w, "%s", sse_types);
	if (!strstr(feature, ".core"))
		return;
	add(w, "<flags id=\"i386_eflags\" size=\"4\">");
	for (i = 0; i < SIZE(flag_names); i++)
		if (flag_names[i])
			add(w, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", flag_names[i], i, i);
	add(w, "</flags>");
}

/**
 * regs_xml() - the target description
 * @long_mode: of a 64-bit machine
 * @xml: where to
 * @size: of @xml
 * Return: its length
 */
size_t regs_xml(bool long_mode, char *xml, size_t size)
{
	struct writer w = { xml, xml + size };
	const struct feature *f;
	unsigned int n, i, j;
	char name[24];

	add(&w, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
		"<architecture>%s</architecture>", long_mode ? "i386:x86-64" : "i386");
	f = features(long_mode, &n);
	for (i = 0; i < n; i++) {
		add(&w, "<feature name=\"%s\">", f[i].name);
		add_types(&w, f[i].name);
		for (j = 0; j < f[i].n; j++) {
			if (i + 1 == n && is_twice(long_mode, &f[i].regs[j]))
				continue;
			gdb_name(&f[i].regs[j], name);
			add(&w, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"%s/>", name,
			    f[i].regs[j].bits, f[i].regs[j].type,
			    i + 1 == n ? " group=\"system\"" : "");
		}
		add(&w, "</feature>");
	}
	add(&w, "</target>");
	return w.at - xml;
}

/* Two bits for each register, of which 3 is empty, from one, where 1 is not empty */
static uint16_t full_tag(uint8_t tag)
{
	uint16_t full = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (!(tag >> i & 1))
			full |= 3 << (2 * i);
	return full;
}

static uint8_t short_tag(uint16_t full)
{
	uint8_t tag = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		if ((full >> (2 * i) & 3) != 3)
			tag |= 1 << i;
	return tag;
}

/* Bytes of @r in the image, where gdb's 32-bit one may be of 16 bits */
static size_t fx_bytes(const struct gdb_reg *r)
{
	if (r->bits != 32 || r->at == 24 || r->at == 8 || r->at == 16)
		return r->bits / 8;
	return 2;
}

/**
 * regs_get() - one register's value
 * @long_mode: see regs_xml()
 * @r: all of them
 * @n: its number
 * @bytes: out, little-endian
 * Return: its size in bytes; 0: there is no such register
 */
size_t regs_get(bool long_mode, const struct gdb_regs *r, unsigned int n, uint8_t *bytes)
{
	const struct gdb_reg *reg = find(long_mode, n);
	uint16_t tag;

	if (!reg)
		return 0;
	memset(bytes, 0, GDB_REG_MAX);
	if (reg->where == SLOT) {
		memcpy(bytes, &r->regs[reg->at], reg->bits / 8);
	} else if (reg->where == FX) {
		memcpy(bytes, r->fx + reg->at, fx_bytes(reg));
	} else {
		tag = full_tag(r->fx[reg->at]);
		memcpy(bytes, &tag, sizeof(tag));
	}
	return reg->bits / 8;
}

/**
 * regs_set() - the other way round; nothing else changes
 * @long_mode: see regs_xml()
 * @r: all of them
 * @n: its number
 * @bytes: the value
 * Return: its size in bytes; 0: there is no such register
 */
size_t regs_set(bool long_mode, struct gdb_regs *r, unsigned int n, const uint8_t *bytes)
{
	const struct gdb_reg *reg = find(long_mode, n);

	if (!reg)
		return 0;
	if (reg->where == SLOT) {
		r->regs[reg->at] = 0;
		memcpy(&r->regs[reg->at], bytes, reg->bits / 8);
	} else if (reg->where == FX) {
		memcpy(r->fx + reg->at, bytes, fx_bytes(reg));
	} else {
		r->fx[reg->at] = short_tag(bytes[0] | bytes[1] << 8);
	}
	return reg->bits / 8;
}

#define XSAVE_MAX	16384

/**
 * regs_load() - read a vCPU's registers
 * @cpu: its directory
 * @r: out
 * Return: 0, or -1 and errno
 */
int regs_load(int cpu, struct gdb_regs *r)
{
	uint8_t image[XSAVE_MAX];

	if (kvm_get_regs(cpu, KVM_REG_WINDOW, r->regs, KVM_REG_SLOTS) ||
	    kvmfs_get_fpregs(cpu, image, sizeof(image)) < (ssize_t)sizeof(r->fx))
		return -1;
	memcpy(r->fx, image, sizeof(r->fx));
	return 0;
}

/* What is written as x87 or SSE state must not count as in its initial state */
static int store_fx(int cpu, const struct gdb_regs *r)
{
	uint8_t image[XSAVE_MAX];
	ssize_t n = kvmfs_get_fpregs(cpu, image, sizeof(image));

	if (n < (ssize_t)sizeof(r->fx))
		return -1;
	memcpy(image, r->fx, sizeof(r->fx));
	if (n >= 520)
		image[512] |= 3;
	return kvmfs_set_fpregs(cpu, image, n);
}

/**
 * regs_store() - write what has changed
 * @cpu: the vCPU's directory
 * @r: the new registers
 * @old: as they were
 * Return: 0, or -1 and errno
 */
int regs_store(int cpu, const struct gdb_regs *r, const struct gdb_regs *old)
{
	if (memcmp(r->fx, old->fx, sizeof(r->fx)) && store_fx(cpu, r))
		return -1;
	if (!memcmp(r->regs, old->regs, sizeof(r->regs)))
		return 0;
	return kvm_set_regs(cpu, KVM_REG_WINDOW, r->regs, KVM_REG_SLOTS);
}
