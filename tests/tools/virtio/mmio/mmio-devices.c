// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module for the guest of virtio-mmio.sh: does what a kernel with
 * CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES does, which Debian's are not: devices=ADDRESS:IRQ,...
 */
#include <linux/module.h>
#include <linux/platform_device.h>

#define WINDOW	0x200

static char *devices = "";
module_param(devices, charp, 0);

static struct platform_device *found[8];
static int count;

static int add_one(unsigned long long address, unsigned int irq)
{
	const struct resource resources[] = {
		DEFINE_RES_MEM(address, WINDOW), DEFINE_RES_IRQ(irq),
	};

	found[count] = platform_device_register_simple("virtio-mmio", count, resources, 2);
	if (IS_ERR(found[count]))
		return PTR_ERR(found[count]);
	count++;
	return 0;
}

static void leave(void)
{
	while (count)
		platform_device_unregister(found[--count]);
}

static int __init enter(void)
{
	unsigned long long address;
	char *at = devices, *word;
	unsigned int irq;
	int err = 0;

	while (!err && count < ARRAY_SIZE(found) && (word = strsep(&at, ",")))
		if (sscanf(word, "%llx:%u", &address, &irq) == 2)
			err = add_one(address, irq);
	if (err)
		leave();
	return err;
}

module_init(enter);
module_exit(leave);
MODULE_DESCRIPTION("virtio-mmio devices of a test");
MODULE_LICENSE("GPL");
