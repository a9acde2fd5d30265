// SPDX-License-Identifier: GPL-2.0-only
/* The state of devices as text, and the command of the control socket that prints it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "control.h"
#include "pc.h"
#include "pci.h"
#include "state.h"
#include "vmm.h"

static struct device_state *devices;

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

/* The value of `PREFIX.NAME' in what is loaded, or NULL: as a rule behind the last one */
static const char *find(struct state *s, const char *name)
{
	const char *line = s->at ? s->at : s->from;
	char key[128];
	size_t len = snprintf(key, sizeof(key), "%s.%s ", s->prefix, name);

	if (strncmp(line, key, len))
		line = s->from;
	while (line && strncmp(line, key, len))
		line = next_line(line);
	if (!line) {
		s->failed = true;
		return NULL;
	}
	s->at = next_line(line);
	return line + len;
}

/* The control socket wants a blank in front of a line, and who asks takes it away */
static void begin_line(struct state *s, const char *name)
{
	fprintf(s->to, "%s%s.%s ", s->reset ? "" : " ", s->prefix, name);
}

static const char digits[] = "0123456789abcdef";

static void put_byte(FILE *to, u8 byte)
{
	fputc(digits[byte >> 4], to);
	fputc(digits[byte & 15], to);
}

static u8 digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/**
 * state_bytes() - a field of some bytes
 * @s: where to or from
 * @name: of the field; no blank
 * @bytes: it
 * @size: of it
 */
void state_bytes(struct state *s, const char *name, void *bytes, size_t size)
{
	const char *hex;
	size_t i;

	if (!s->loading) {
		begin_line(s, name);
		for (i = 0; i < size; i++)
			put_byte(s->to, ((u8 *)bytes)[i]);
		fputc('\n', s->to);
		return;
	}
	hex = find(s, name);
	if (!hex)
		return;
	if (strspn(hex, digits) != 2 * size || hex[2 * size] != '\n') {
		s->failed = true;
		return;
	}
	for (i = 0; i < size; i++)
		((u8 *)bytes)[i] = digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]);
}

/**
 * state_number() - a field that is a number; see STATE()
 * @s: where to or from
 * @name: of the field; no blank
 * @value: it
 * @size: of it, bytes
 */
void state_number(struct state *s, const char *name, void *value, size_t size)
{
	const char *text;
	u64 number = 0;
	char *end;

	if (!s->loading) {
		memcpy(&number, value, size);
		begin_line(s, name);
		fprintf(s->to, "0x%llx\n", (unsigned long long)number);
		return;
	}
	text = find(s, name);
	if (!text)
		return;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end != '\n' || errno ||
	    (size < sizeof(number) && number >> (8 * size)))
		s->failed = true;
	else
		memcpy(value, &number, size);
}

/**
 * state_flag() - a field that is a bool; see STATE()
 * @s: where to or from
 * @name: of the field; no blank
 * @flag: it
 * @size: of it
 */
void state_flag(struct state *s, const char *name, void *flag, size_t size)
{
	u8 value = *(bool *)flag;

	(void)size;
	state_number(s, name, &value, sizeof(value));
	if (value > 1)
		s->failed = true;
	else
		*(bool *)flag = value;
}

/**
 * state_time() - a moment in event_now() time, which is another clock after a restart
 * @s: where to or from
 * @name: of the field
 * @when: it, or NEVER
 */
void state_time(struct state *s, const char *name, u64 *when)
{
	u64 now = event_now(), left = *when == NEVER ? NEVER : *when - now;

	state_number(s, name, &left, sizeof(left));
	if (s->loading)
		*when = left == NEVER ? NEVER : now + left;
}

/* What the loop has in hand: the last exit and its answer, a vector on its way */
static void vcpu_state(struct state *s, struct vmm *vm, void *dev)
{
	u64 memory = vm->config->memory;

	(void)dev;
	STATE(s, memory);
	s->failed |= memory != vm->config->memory;
	STATE(s, vm->acked);
	STATE(s, vm->halted);
	state_bytes(s, "exit", &vm->exit, sizeof(vm->exit));
	if (s->loading)
		vm->exit.request = 0;
}

static struct device_state own[] = {
	{ .name = "vcpu", .fields = vcpu_state },
	{ .name = "pic", .fields = pic_state },
	{ .name = "pit", .fields = pit_state },
	{ .name = "rtc", .fields = rtc_state },
	{ .name = "uart", .fields = uart_state },
	{ .name = "kbd", .fields = kbd_state },
};

/**
 * state_add() - one more device that has state
 * @device: stays the caller's, and where it is
 */
void state_add(struct device_state *device)
{
	struct device_state **at = &devices;

	while (*at)
		at = &(*at)->next;
	*at = device;
}

static void walk_devices(struct state *s, struct vmm *vm)
{
	struct device_state *d;

	for (d = devices; d; d = d->next) {
		snprintf(s->prefix, sizeof(s->prefix), "%s", d->name);
		d->fields(s, vm, d->dev);
	}
}

static int do_state(struct vmm *vm, struct control *c)
{
	struct state s = { .to = c->answer };

	walk_devices(&s, vm);
	return s.failed ? control_fail(c, "devices that others serve cannot be saved: "
				       "--vhost-user, --share, --vsock") : 0;
}

/**
 * state_load() - make all devices what they were
 * @vm: the machine, before it runs
 * @text: what the command `state' has printed, without the blanks in front
 * Return: 0, or -1 with a line on stderr
 */
int state_load(struct vmm *vm, const char *text)
{
	struct state s = { .loading = true, .from = text };

	walk_devices(&s, vm);
	line_refresh();
	if (!s.failed)
		return 0;
	fputs("kvmfs: the file has the state of another machine\n", stderr);
	return -1;
}

static char *kept;

/**
 * state_keep() - remember what all devices are before the guest runs
 * @vm: the machine, with all its devices
 * Return: 0, or -1 without memory
 */
int state_keep(struct vmm *vm)
{
	struct state s = { .reset = true };
	size_t len;

	s.to = open_memstream(&kept, &len);
	if (!s.to)
		return -1;
	walk_devices(&s, vm);
	return fclose(s.to);
}

/**
 * state_reset() - make all devices what they were then
 * @vm: the machine
 * Return: 0, or -1 with a line on stderr
 */
int state_reset(struct vmm *vm)
{
	struct state s = { .loading = true, .reset = true, .from = kept };

	walk_devices(&s, vm);
	line_refresh();
	if (s.failed)
		fputs("kvmfs: a device cannot be reset\n", stderr);
	return s.failed ? -1 : 0;
}

/**
 * state_init() - offer the state to who saves
 * @vm: the machine
 */
void state_init(struct vmm *vm)
{
	static struct control_command command = {
		.name = "state", .help = ": of all devices, for `kvmfs save'", .run = do_state,
	};
	unsigned int i;

	(void)vm;
	for (i = 0; i < ARRAY_SIZE(own); i++)
		state_add(&own[i]);
	control_add(&command);
}
