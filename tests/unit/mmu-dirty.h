/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of mmu-shadow.c: which pages were written. The log is held against the
 * contents of all pages.
 */
static u64 n_noted, n_unnoted;
static bool logging;
static char *was[FRAMES];	/* their contents when the log was read last */

static void remember_all(void)
{
	int i;

	for (i = 0; i < FRAMES; i++) {
		if (!was[i])
			was[i] = malloc(PAGE_SIZE);
		memcpy(was[i], page_address(frame[i]), PAGE_SIZE);
	}
}

/* what has other contents than the last time must be in the log */
static void read_log(void)
{
	u8 bits[(FRAMES + 7) / 8];
	int i, n = 0;

	vm_dirty_read(&vm, 0, bits, sizeof(bits));
	for (i = 0; i < FRAMES; i++) {
		n += bits[i / 8] >> i % 8 & 1;
		if (!(bits[i / 8] >> i % 8 & 1) &&
		    memcmp(was[i], page_address(frame[i]), PAGE_SIZE))
			die("a write was not noted", -1, -1, i, 0);
	}
	n_noted += n;
	n_unnoted += FRAMES - n;
	vm_dirty_read(&vm, 0, bits, sizeof(bits));
	for (i = 0; i < FRAMES; i++)
		if (bits[i / 8] >> i % 8 & 1)
			die("read twice", -1, -1, i, 0);
	remember_all();
}

static void dirty_log(void)
{
	if (!logging) {
		if (vm_dirty_start(&vm))
			die("vm_dirty_start", -1, -1, 0, 0);
		logging = true;
		remember_all();
	} else if (chance(80)) {
		read_log();
	} else {
		vm_dirty_stop(&vm);
		logging = false;
	}
}
