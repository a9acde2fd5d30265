/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devices.h: the machine around a test guest: guestrun's ports and memory.
 */
#ifndef DEVICES_H
#define DEVICES_H

#define PORT_CHAR	0xe9	/* out: a character of the report */
#define PORT_EXIT	0xf4	/* out: the guest's status, and its end */

#define PORT_BYTES	0x500	/* 16 ports that keep what is written to them */
#define PORT_BYTES_LEN	16
#define PORT_FIFO	0x520	/* out, any size: append; in: take the first bytes */
#define PORT_FIFO_LEN	0x524	/* in: bytes held; out: forget them all */

#define PORT_IRQ	0x540	/* out: IRQ_* and a vector: give the guest an interrupt */
#define IRQ_REQUEST	0x0000	/* by KVMFS_REQ_INJECT, after a window if needed */
#define IRQ_TEXT	0x0100	/* by text in the file irq */
#define IRQ_PACKET	0x0200	/* by a struct kvm_irq in the file irq */
#define IRQ_NMI		0x0400	/* the NMI, with IRQ_TEXT or IRQ_PACKET */
#define IRQ_AT_HLT	0x0800	/* not now but at the next HLT exit */
#define PORT_WINDOWS	0x544	/* in: irq-window exits so far */
#define PORT_HALTS	0x548	/* in: hlt exits so far */

#define PORT_STEP	0x560	/* out: 1 or 0: `step on` or `step off` in debug */
#define PORT_STEPS	0x564	/* in: debug exits since step was switched on */
#define PORT_STEP_IP	0x568	/* in: rip of the first of them; then of the next */

#define PORT_TRICK	0x570	/* out: TRICK_*, done before the guest goes on */
#define TRICK_STATE	1	/* read regs, fpregs and msrs and write them back */
#define TRICK_MOVE	2	/* move the thread to another CPU */
#define TRICK_TIMER	3	/* from now on a signal each millisecond */

#define PORT_MMIO_GPA	0x580	/* in: where the last MMIO access went */
#define PORT_MMIO_SIZE	0x584	/* in: its size, + 0x100 if it was a write */
#define PORT_MMIO_COUNT	0x588	/* in: accesses since this was read last */

#define PORT_NESTED	0x590	/* in: 1 if guestrun was told that paging is nested (-w) */
#define PORT_THOROUGH	0x594	/* in: how much of it a guest with many cases shall do (-l) */

#define MMIO_BASE	0xd0000000	/* a page that keeps what is written to it */
#define MMIO_LEN	0x2000
#define RAM_SIZE	0x1000000	/* RAM ends here, and MMIO_LEN of MMIO follows */

#endif /* DEVICES_H */
