// SPDX-License-Identifier: GPL-2.0-only
/*
 * A multiboot kernel that prints on the serial port what its loader told it, in
 * lines that a test can compare, and ends through the exit port with status 42. Made
 * twice: as ELF, and (-DADDRESSES) as a plain image whose header has addresses.
 */
#include <stdint.h>

#define MAGIC	0x1badb002
#ifdef ADDRESSES
#define FLAGS	0x10003
#else
#define FLAGS	0x00003
#endif

extern uint8_t _load[], _edata[], _end[];
void _start(void);

struct header {
	uint32_t magic, flags, checksum;
	void *header, *load, *load_end, *bss_end, *entry;
};

__attribute__((section(".multiboot"), used, aligned(4)))
static const struct header header = {
	MAGIC, FLAGS, -(MAGIC + FLAGS), (void *)&header, _load, _edata, _end, _start,
};

struct info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader;
};

struct module {
	uint32_t start, end, string, reserved;
};

struct map {
	uint32_t size;
	uint64_t addr, length;
	uint32_t type;
} __attribute__((packed));

static uint32_t zero;	/* .bss: cleared by the loader */

static void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a" (value), "Nd" (port));
}

static void print(const char *text)
{
	for (; *text; text++)
		outb(0x3f8, *text);
}

static void print_hex(const char *before, uint64_t value)
{
	char text[17];
	int i;

	for (i = 0; i < 16; i++, value >>= 4)
		text[15 - i] = "0123456789abcdef"[value & 15];
	text[16] = '\0';
	for (i = 0; i < 15 && text[i] == '0'; i++)
		;
	print(before);
	print(text + i);
}

static void print_modules(const struct info *info)
{
	const struct module *module = (const struct module *)info->mods_addr;
	uint32_t i;
	const char *p;

	for (i = 0; i < info->mods_count; i++, module++) {
		print("module ");
		print((const char *)module->string);
		print(module->start & 0xfff ? ", not aligned" : ", aligned");
		print(module->start < (uint32_t)_end && module->end > (uint32_t)_load ?
		      ", on the kernel" : "");
		print(": ");
		for (p = (const char *)module->start; p < (const char *)module->end; p++)
			outb(0x3f8, *p);
		print("\n");
	}
}

static void print_map(const struct info *info)
{
	uint32_t at = info->mmap_addr;

	while (at < info->mmap_addr + info->mmap_length) {
		const struct map *map = (const struct map *)at;

		print_hex("map ", map->addr);
		print_hex(" ", map->length);
		print_hex(" ", map->type);
		print("\n");
		at += map->size + 4;
	}
}

__attribute__((used))
static void kernel(uint32_t magic, const struct info *info)
{
	uint32_t cr0, flags;

	asm volatile("mov %%cr0, %0" : "=r" (cr0));
	asm volatile("pushf; pop %0" : "=r" (flags));
	print_hex("magic ", magic);
	print_hex("\npe and pg ", cr0 & 0x80000001);
	print_hex("\ninterrupts ", flags & 0x200);
	print_hex("\nbss ", zero);
	print_hex("\nflags ", info->flags & 0x4d);
	print_hex("\nlower ", info->mem_lower);
	print_hex("\nupper ", info->mem_upper);
	print("\nparams ");
	print((const char *)info->cmdline);
	print("\n");
	print_map(info);
	print_modules(info);
	outb(0xf4, 42);
}

asm(".globl _start\n"
    "_start:	mov $stack_end, %esp\n"
    "	push %ebx\n"
    "	push %eax\n"
    "	call kernel\n"
    "1:	hlt\n"
    "	jmp 1b\n"
    ".bss\n"
    "	.skip 4096\n"
    "stack_end:\n"
    ".text");
