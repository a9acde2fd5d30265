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

	asm volatile("vmread %2, %0"
		     : "=r" (val), "=@ccbe" (bad) : "r" ((u64)field) : "memory");
	if (unlikely(bad))
		field_error("VMREAD", field);
	return val;
}

static __always_inline void field_write(u32 field, u64 val)
{
	bool bad;

	asm volatile("vmwrite %1, %2"
		     : "=@ccbe" (bad) : "r" (val), "r" ((u64)field) : "memory");
	if (unlikely(bad))
		field_error("VMWRITE", field);
}

#define FIELD_CHECK(field, width)						\
	static_assert(FIELD_WIDTH(field) == (width) && !((field) & 1),		\
		      #field " has another width")

#define vmread16(field)		({ FIELD_CHECK(field, FIELD_16); (u16)field_read(field); })
#define vmread32(field)		({ FIELD_CHECK(field, FIELD_32); (u32)field_read(field); })
#define vmread64(field)		({ FIELD_CHECK(field, FIELD_64); field_read(field); })
#define vmread_nat(field)	({ FIELD_CHECK(field, FIELD_NAT); field_read(field); })

/* a value that is too wide does not compile either, where it is a constant */
#define vmwrite16(field, val)	({ FIELD_CHECK(field, FIELD_16); field_write(field, (u16)(val)); })
#define vmwrite32(field, val)	({ FIELD_CHECK(field, FIELD_32); field_write(field, (u32)(val)); })
#define vmwrite64(field, val)	({ FIELD_CHECK(field, FIELD_64); field_write(field, val); })
#define vmwrite_nat(field, val)	({ FIELD_CHECK(field, FIELD_NAT); field_write(field, val); })

/* one of eight: the segments' encodings are two apart, in the order of SEG_* */
#define FIELD_SEG(es_field, seg)	((es_field) + 2 * (seg))
#define vmread_seg16(f, seg)	({ FIELD_CHECK(f, FIELD_16); (u16)field_read(FIELD_SEG(f, seg)); })
#define vmread_seg32(f, seg)	({ FIELD_CHECK(f, FIELD_32); (u32)field_read(FIELD_SEG(f, seg)); })
#define vmread_seg_nat(f, seg)	({ FIELD_CHECK(f, FIELD_NAT); field_read(FIELD_SEG(f, seg)); })
#define vmwrite_seg16(f, seg, val)						\
	({ FIELD_CHECK(f, FIELD_16); field_write(FIELD_SEG(f, seg), (u16)(val)); })
#define vmwrite_seg32(f, seg, val)						\
	({ FIELD_CHECK(f, FIELD_32); field_write(FIELD_SEG(f, seg), (u32)(val)); })
#define vmwrite_seg_nat(f, seg, val)						\
	({ FIELD_CHECK(f, FIELD_NAT); field_write(FIELD_SEG(f, seg), val); })

#endif /* KVMFS_VMX_FIELD_H */
