/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor: a PC of about 1992 around one vCPU, without APIC and ACPI;
 * with PCI if a device wants it.
 * One thread runs the guest and owns these devices, so none of them locks; the
 * console has a second thread that only reads (see console.c). Devices with threads
 * of their own are built on bus.h.
 */
#ifndef TOOLS_VMM_VMM_H
#define TOOLS_VMM_VMM_H

#include <signal.h>
#include <time.h>

#include "backend.h"
#include "types.h"

struct boot_file;
struct e820_entry;
struct vmm;

/* What a machine can have, bytes */
#define MIN_MEMORY	65536
#define MAX_MEMORY	(1ull << 40)

/* Interrupt lines of the two i8259 */
#define IRQ_TIMER	0
#define IRQ_CASCADE	2
#define IRQ_SERIAL	4
#define IRQ_RTC		8

/**
 * struct vmm_config - what the command line chose
 * @kernel:	bzImage, ELF or multiboot image, or NULL
 * @files:	what is loaded besides: initrd and modules
 * @nr_files:	how many
 * @params:	appended to the default kernel parameters
 * @real_mode:	enter @kernel at its real-mode setup code, with a little BIOS
 * @flat:	raw image entered in real mode instead of a kernel, or NULL
 * @flat_addr:	where @flat is loaded and entered
 * @name:	of the VM, or NULL
 * @cpuid:	file with the guest's CPUID, or NULL
 * @memory:	bytes of RAM
 * @exit_port:	a byte written there ends the guest with that status; 0: none
 * @pci:	have a PCI bus even if no device is on it
 * @devices:	in the order of the command line, see device.h
 * @virtio_mmio: virtio devices are not on the PCI bus
 * @pc:		firmware, and the devices that it wants, see pc.h
 * @serial:	the console was asked to be the serial port
 * @dry_run:	describe the machine, do not run it
 * @gdb:	where gdb connects to, or NULL
 * @restore:	a file of `kvmfs save' in place of a kernel, or NULL
 * @stopped:	the machine is paused at first
 * @no_reboot:	a guest that resets the machine ends it
 * @verbose:	count and print exits at the end
 */
struct vmm_config {
	const char *kernel;
	struct boot_file *files;
	unsigned int nr_files;
	const char *params;
	const char *flat;
	u32 flat_addr;
	const char *name;
	const char *cpuid;
	u64 memory;
	u32 exit_port;
	bool pci;
	struct device_option *devices;
	bool virtio_mmio;
	struct pc_config *pc;
	bool serial;
	const char *gdb;
	const char *restore;
	bool stopped;
	bool no_reboot;
	bool real_mode;
	bool dry_run;
	bool verbose;
};

/* One i8259 */
struct pic_chip {
	u8 irr, isr, imr;
	u8 lines;		/* level of each input at the last change */
	u8 elcr;		/* inputs that are level triggered */
	u8 base;		/* vector of input 0 */
	u8 lowest;		/* the input of lowest priority; 7 after reset */
	u8 init;		/* the ICW expected next (2-4), 0: initialised */
	bool want_icw4, single;
	bool aeoi, rotate_aeoi;
	bool special_mask, special_nested;
	bool poll, read_isr;
};

struct pic {
	struct pic_chip chip[2];
	bool intr;		/* the INTR pin: looked at before every entry */
};

/* One counter of the i8254 */
struct pit_channel {
	u64 start;		/* when the count was loaded */
	u32 count;		/* 1-65536 */
	u16 latched;
	u8 status;		/* latched by a read-back command */
	u8 mode, access;	/* of the control word; access 1: LSB, 2: MSB, 3: both */
	u8 write_low;		/* LSB that waits for its MSB */
	bool write_high, read_high;	/* the MSB comes next */
	bool count_latched, status_latched;
	bool bcd, gate, loaded;
};

struct pit {
	struct pit_channel channel[3];
	u64 next;		/* the next rising edge of counter 0 */
	u8 port61;
};

struct rtc {
	u8 cmos[128];
	u8 index;
	int64_t offset;		/* seconds that the guest's clock is off ours */
	u64 next_second;	/* deadlines, on the monotonic clock */
	u64 next_periodic;
};

#define UART_FIFO	16

struct uart {
	u8 ier, fcr, lcr, mcr, scr, dll, dlm;
	bool thre_pending, overrun;
	u8 fifo[UART_FIFO];
	u32 head, len;
};

#define KBD_QUEUE	64	/* a power of two */

/* The keyboard controller and the keyboard */
struct kbd {
	u8 command;		/* that waits for its data byte */
	u8 config;
	u8 output;
	bool full;
	u8 wants_byte;		/* the keyboard's command that waits for one */
	bool scanning;
	u8 queue[KBD_QUEUE];	/* what the keyboard has sent */
	u32 head, tail;
	u64 next_key;		/* when the next key may be pressed */
};

struct vmm {
	struct kvm_exit exit;
	struct backend *be;
	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct uart uart;
	struct kbd kbd;
	const struct vmm_config *config;
	const char *tty;	/* a Linux guest's console; NULL: the serial port */
	char params[512];	/* what a kernel must be told of devices */
	const char *linux_params;	/* all that Linux was told, in its memory; or NULL */
	u8 *ram_low;		/* guest physical 0 */
	u8 *ram_high;		/* 4 GiB */
	u64 ram_low_size;	/* below the hole under 4 GiB */
	u64 ram_high_size;	/* from 4 GiB on */
	bool acked;		/* exit.vector was refused and is still to be given */
	bool halted;		/* the guest waits for an interrupt */
	/* events: see event.c */
	u32 wake;		/* a futex: something for vmm_events() to do */
	u64 armed;		/* when the timer fires */
	timer_t timer;
	bool resetting;		/* a device has been told to: the loop does it */
	/* how it ended */
	bool ended;
	int status;
	u64 exits[KVMFS_EXIT_ERROR + 1];
};

/* vmm.c */
int vmm_main(const struct vmm_config *config);
void *vmm_ram(const struct vmm *vm, u64 gpa, u64 size);
void vmm_end(struct vmm *vm, int status);
int vmm_reset(struct vmm *vm);
void vmm_fail(struct vmm *vm, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* event.c */
int event_init(struct vmm *vm);
void event_handle(struct vmm *vm);
void event_rearm(struct vmm *vm, u64 deadline);
void event_wait(struct vmm *vm);
void event_kick(void);
bool event_is_runner(void);
void event_call(struct vmm *vm, void (*fn)(struct vmm *vm, void *arg), void *arg);
void event_quit(int status);
u64 event_now(void);

/* port.c */
void port_init(struct vmm *vm);
void port_exit(struct vmm *vm);
void port_each(void (*fn)(const char *name, u32 first, u32 last));

/* describe.c */
void vmm_describe(const struct vmm *vm);

/* devices */
void pic_init(struct pic *pic);
void pic_set(struct pic *pic, unsigned int irq, bool level);
void pic_pulse(struct pic *pic, unsigned int irq);
void pic_level(struct pic *pic, unsigned int irq);
u8 pic_ack(struct pic *pic);
u8 pic_in(struct vmm *vm, u16 port);
void pic_out(struct vmm *vm, u16 port, u8 value);
u8 elcr_in(struct vmm *vm, u16 port);
void elcr_out(struct vmm *vm, u16 port, u8 value);

void pit_init(struct vmm *vm);
u64 pit_event(struct vmm *vm, u64 now);
u8 pit_in(struct vmm *vm, u16 port);
void pit_out(struct vmm *vm, u16 port, u8 value);
u8 port61_in(struct vmm *vm, u16 port);
void port61_out(struct vmm *vm, u16 port, u8 value);

void rtc_init(struct vmm *vm);
u64 rtc_event(struct vmm *vm, u64 now);
u8 rtc_in(struct vmm *vm, u16 port);
void rtc_out(struct vmm *vm, u16 port, u8 value);

void uart_init(struct vmm *vm);
void uart_input(struct vmm *vm);
u8 uart_in(struct vmm *vm, u16 port);
void uart_out(struct vmm *vm, u16 port, u8 value);

u8 kbd_in(struct vmm *vm, u16 port);
void kbd_out(struct vmm *vm, u16 port, u8 value);
void kbd_init(void);
u64 kbd_input(struct vmm *vm, u64 now);
void reset_out(struct vmm *vm, u16 port, u8 value);

/* console.c */
int console_init(void);
void console_close(void);
bool console_get(u8 *byte);
bool console_take(u8 *byte);
bool console_waits(void);
void console_write(const char *text, size_t size);
bool console_put(u8 byte);
void console_mute(void);
void console_share(void);
void console_flush(void);
void console_redirect(void (*fn)(void *arg), void *arg);

/* load.c */
int load_file(const char *path, void *to, u64 room, u64 *size);
int load_flat(struct vmm *vm);

/* bios.c */
void bios_load(struct vmm *vm, const struct e820_entry *map, unsigned int n);
int bios_enter(struct vmm *vm, u16 cs, u16 ds, u16 sp);

#endif
