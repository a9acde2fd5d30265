/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMREAD and VMWRITE, typed by the width that a field's encoding tells (SDM vol.
 * 3, 25.11.2 and appendix B): an accessor of the wrong width does not compile.
 */
#ifndef KVMFS_VMX_FIELD_H
#define KVMFS_VMX_FIELD_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/vmx.h>

/* bits 14:13 of an encoding; bit 0 is the upper half of a 64-bit field */
#define FIELD_16	0
#define FIELD_64	1
#define FIELD_32	2
#define FIELD_NAT	3
#define FIELD_WIDTH(field)	((field) >> 13 & 3)

/* the encodings themselves, against a kernel header that changes */
static_assert(GUEST_ES_SELECTOR == 0x0800 && GUEST_TR_SELECTOR == 0x080e);
static_assert(GUEST_ES_LIMIT == 0x4800 && GUEST_TR_LIMIT == 0x480e);
static_assert(GUEST_ES_AR_BYTES == 0x4814 && GUEST_TR_AR_BYTES == 0x4822);
static_assert(GUEST_ES_BASE == 0x6806 && GUEST_TR_BASE == 0x6814);
static_assert(GUEST_RIP == 0x681e && HOST_RSP == 0x6c14);

/* the processor refused an access: a field that it does not have */
void field_error(const char *what, u32 field);

static __always_inline u64 field_read(u32 field)
{
	u64 val;
	bool bad;

	asm volatile("vmread %2, %0" : "=r" (val), "=@ccbe" (bad) : "r" ((u64)field));
	if (unlikely(bad))
		field_error("VMREAD", field);
	return val;
}

static __always_inline void field_write(u32 field, u64 val)
{
	asm goto("vmwrite %0, %1\n\t"
		 "jbe %l[bad]"
		 : : "r" (val), "r" ((u64)field) : "cc", "memory" : bad);
	return;
bad:
	field_error("VMWRITE", field);
}

/* all callers give constants, so this is decided when they are compiled */
static __always_inline void field_check(u32 field, unsigned int width)
{
	BUILD_BUG_ON_MSG(FIELD_WIDTH(field) != width || (field & 1),
			 "this VMCS field has another width");
}

static __always_inline u16 vmread16(u32 field)
{
	field_check(field, FIELD_16);
	return field_read(field);
}

static __always_inline u32 vmread32(u32 field)
{
	field_check(field, FIELD_32);
	return field_read(field);
}

static __always_inline u64 vmread64(u32 field)
{
	field_check(field, FIELD_64);
	return field_read(field);
}

static __always_inline u64 vmread_nat(u32 field)
{
	field_check(field, FIELD_NAT);
	return field_read(field);
}

static __always_inline void vmwrite16(u32 field, u16 val)
{
	field_check(field, FIELD_16);
	field_write(field, val);
}

static __always_inline void vmwrite32(u32 field, u32 val)
{
	field_check(field, FIELD_32);
	field_write(field, val);
}

static __always_inline void vmwrite64(u32 field, u64 val)
{
	field_check(field, FIELD_64);
	field_write(field, val);
}

static __always_inline void vmwrite_nat(u32 field, u64 val)
{
	field_check(field, FIELD_NAT);
	field_write(field, val);
}

/* one of eight: the segments' encodings are two apart, in the order of SEG_* */
static __always_inline u16 vmread_seg16(u32 es_field, int seg)
{
	field_check(es_field, FIELD_16);
	return field_read(es_field + 2 * seg);
}

static __always_inline u32 vmread_seg32(u32 es_field, int seg)
{
	field_check(es_field, FIELD_32);
	return field_read(es_field + 2 * seg);
}

static __always_inline u64 vmread_seg_nat(u32 es_field, int seg)
{
	field_check(es_field, FIELD_NAT);
	return field_read(es_field + 2 * seg);
}

static __always_inline void vmwrite_seg16(u32 es_field, int seg, u16 val)
{
	field_check(es_field, FIELD_16);
	field_write(es_field + 2 * seg, val);
}

static __always_inline void vmwrite_seg32(u32 es_field, int seg, u32 val)
{
	field_check(es_field, FIELD_32);
	field_write(es_field + 2 * seg, val);
}

static __always_inline void vmwrite_seg_nat(u32 es_field, int seg, u64 val)
{
	field_check(es_field, FIELD_NAT);
	field_write(es_field + 2 * seg, val);
}

#endif /* KVMFS_VMX_FIELD_H */
