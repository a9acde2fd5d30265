// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of `kvmfs save' that somebody else has made. An input is a byte that says how, and
 *
 * - a file, whole: no name outside of a machine's directory is touched, and how much memory
 *   it says is as much as a machine can have;
 * - or changes to the lines of devices that a machine has saved: what is loaded is a machine
 *   that runs on, and can be saved and reset; what is refused is refused with a line.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"
#include "vmm/pc.h"
#include "vmm/restore.h"
#include "vmm/vmm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define MAX_TEXT	(1 << 20)
#define DIRECTORY	4002	/* vm-directory.c's */

static char *running;		/* lines of a machine whose drivers work */

/* --- files ---------------------------- */

static void try_file(const uint8_t *data, size_t size)
{
	struct pc_config pc = { 0 };
	struct vmm_config config = { .pc = &pc };
	char path[40];
	int fd = memfd_create("save", 0);

	ENSURE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config.restore = path;
	if (!restore_open(&config)) {
		ENSURE(config.memory >= 65536 && config.memory <= MAX_MEMORY &&
		       config.memory % 4096 == 0);
		machine_restore(DIRECTORY);
	}
	close(fd);
}

/* --- lines ---------------------------- */

static const uint8_t *at, *end;

static uint8_t byte(void)
{
	return at < end ? *at++ : 0;
}

static uint64_t number(unsigned int bytes)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		value |= (uint64_t)byte() << 8 * i;
	return value;
}

/* Line @n of @text, counted round; its length without the end */
static char *find_line(char *text, unsigned int n, size_t *len)
{
	unsigned int lines = 0;
	char *p;

	for (p = text; *p; p++)
		lines += *p == '\n';
	for (n = lines ? n % lines : 0, p = text; n--; p++)
		p = strchr(p, '\n');
	*len = strcspn(p, "\n");
	return p;
}

/* What stands at @where for @len characters becomes @with */
static void replace(char *text, char *where, size_t len, const char *with, size_t size)
{
	if (strlen(text) - len + size >= MAX_TEXT)
		return;
	memmove(where + size, where + len, strlen(where + len) + 1);
	memcpy(where, with, size);
}

static void change_line(char *text)
{
	unsigned int n = number(2), how = byte(), i;
	size_t len, name;
	char *line = find_line(text, n, &len), with[4096];

	name = strcspn(line, " ");
	switch (how & 7) {
	case 0:
	case 1:
		snprintf(with, sizeof(with), " 0x%llx", (unsigned long long)number(1));
		break;
	case 2:
		snprintf(with, sizeof(with), " 0x%llx", (unsigned long long)number(4));
		break;
	case 3:
		snprintf(with, sizeof(with), " %llu", (unsigned long long)number(8));
		break;
	case 4:		/* some characters */
		for (i = 0; i < how >> 4; i++)
			with[i] = byte() ?: ' ';
		with[i] = '\0';
		break;
	case 5:		/* the line is not there, or has no end */
		replace(text, line, how & 0x80 ? len : len + 1, "", 0);
		return;
	case 6:		/* so many bytes */
		n = number(2) % (sizeof(with) / 2 - 1);
		snprintf(with, sizeof(with), " %0*d", 2 * n, 0);
		break;
	default:	/* one digit of many */
		if (len > name + 1)
			line[name + 1 + number(2) % (len - name - 1)] =
				how & 0x80 ? byte() : "0123456789abcdef"[byte() & 15];
		return;
	}
	replace(text, line + name, len - name, with, strlen(with));
}

/* Each port and register is read and written, time passes, interrupts come */
static unsigned int step;

static bool next(struct kvm_exit *exit)
{
	static const struct { u16 first, last; } ports[] = {
		{ 0x70, 0x71 }, { 0x20, 0x21 }, { 0x40, 0x43 }, { 0x60, 0x64 }, { 0x170, 0x177 },
		{ 0x1f0, 0x1f7 }, { 0x376, 0x376 }, { 0x3b0, 0x3df }, { 0x3f6, 0x3f6 },
		{ 0x3f8, 0x3ff }, { 0x510, 0x511 }, { 0xcf8, 0xcff }, { 0x70, 0x71 },
	};
	unsigned int n = step++ / 3, i;
	bool write = step % 3 == 0;

	exit->state = n & 1 ? KVMFS_STATE_IF | KVMFS_STATE_IRQ_READY : 0;
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		unsigned int count = ports[i].last - ports[i].first + 1;

		if (n >= count) {
			n -= count;
			continue;
		}
		exit->reason = KVMFS_EXIT_IO;
		exit->io.port = ports[i].first + n;
		exit->io.size = 1 << (step & 1);
		exit->io.write = write;
		exit->io.count = step % 5 ? 1 : 300;
		memset(exit->data, step, 600);
		machine_pass(n == 1 ? 3 * NSEC_PER_SEC : 100000);
		return true;
	}
	if (n >= 32u * target_count)
		return false;
	exit->reason = KVMFS_EXIT_MMIO;
	exit->mmio.gpa = targets[n / 32].memory + 4 * (n % 32);
	exit->mmio.size = 4;
	exit->mmio.write = write;
	memset(exit->data, step, 8);
	return true;
}

static void try_lines(const uint8_t *data, size_t size, bool drivers)
{
	char *text = malloc(MAX_TEXT), *saved;

	at = data;
	end = data + size;
	strcpy(text, drivers ? running : machine_first_state());
	while (at < end && *text)
		change_line(text);
	machine_begin();
	if (machine_load(text)) {
		step = 0;
		machine_run(next);
		machine_look(false);
		machine_check();
		saved = machine_save();
		free(saved);
	}
	free(text);
}

/* --- a machine with drivers ---------------------------- */

static bool ends_in(const char *name, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(name + len - n, with, n);
}

/* Rings one behind the other, all of them empty */
static bool driver_value(const char *name, size_t len, char *value, size_t size)
{
	static const struct {
		const char *name;
		u64 value;
		u32 per_queue;
	} fields[] = {
		{ "dev->features", 0x130000000, 0 }, { "dev->status", 15, 0 },
		{ "dev->running", 1, 0 }, { "ring->size", 8, 0 }, { "ring->enabled", 1, 0 },
		{ "ring->desc_addr", 0x100000, 0x1000 },
		{ "ring->avail_addr", 0x100400, 0x1000 },
		{ "ring->used_addr", 0x100800, 0x1000 },
	};
	static unsigned int queues;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strncmp(name, "virtio", 6) || !ends_in(name, len, fields[i].name))
			continue;
		snprintf(value, size, " 0x%llx", (unsigned long long)fields[i].value +
			 fields[i].per_queue * queues);
		queues += i + 1 == ARRAY_SIZE(fields);
		return true;
	}
	return false;
}

static void make_running(void)
{
	char value[32], *line;
	size_t len, name;

	running = malloc(MAX_TEXT);
	strcpy(running, machine_first_state());
	for (line = running; *line; line += strcspn(line, "\n") + 1) {
		len = strcspn(line, "\n");
		name = strcspn(line, " ");
		if (driver_value(line, name, value, sizeof(value)))
			replace(running, line + name, len - name, value, strlen(value));
	}
	machine_begin();
	ENSURE(machine_load(running));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	machine_init();
	make_running();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (*data & 2)
		try_file(data + 1, size - 1);
	else
		try_lines(data + 1, size - 1, *data & 1);
	return 0;
}
