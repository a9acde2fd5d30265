// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-blk on a raw image or a block device (virtio 1.2, 5.2). It works in a thread
 * of its own, a request at a time: the host's page cache answers most of them, and
 * the guest runs on meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../device.h"
#include "../vmm.h"
#include "virtio.h"

#define SECTOR		512ull
#define MAX_RANGES	16	/* of one request to discard */
#define MOST		(64ull << 20)	/* bytes of a request: a reset waits for it */

struct blk {
	struct virtio_dev dev;
	int fd;
	u64 sectors;
	bool read_only;
	char id[VIRTIO_BLK_ID_BYTES];
};

/* Read or write a whole list of buffers; the list is used up */
static int transfer(int fd, struct iovec *iov, unsigned int count, u64 offset, bool write)
{
	ssize_t n;

	while (count) {
		if (!iov->iov_len) {
			iov++;
			count--;
			continue;
		}
		n = write ? pwritev(fd, iov, count, offset) : preadv(fd, iov, count, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)	/* an error, or somebody has cut the file */
			return VIRTIO_BLK_S_IOERR;
		offset += n;
		for (; count && (size_t)n >= iov->iov_len; iov++, count--)
			n -= iov->iov_len;
		if (count) {
			iov->iov_base = (u8 *)iov->iov_base + n;
			iov->iov_len -= n;
		}
	}
	return VIRTIO_BLK_S_OK;
}

static bool in_range(const struct blk *blk, u64 sector, u64 count)
{
	return sector <= blk->sectors && count <= blk->sectors - sector;
}

static int read_write(struct blk *blk, struct virtq_chain *chain, u64 sector, bool write)
{
	u64 size = write ? chain->out_size : chain->in_size;

	if (size > MOST || size % SECTOR || !in_range(blk, sector, size / SECTOR) ||
	    (write && blk->read_only))
		return VIRTIO_BLK_S_IOERR;
	if (write)
		return transfer(blk->fd, chain->out, chain->out_count, sector * SECTOR, true);
	return transfer(blk->fd, chain->in, chain->in_count, sector * SECTOR, false);
}

/* One range to discard, or to fill with zeros */
static int clear(struct blk *blk, const struct virtio_blk_discard_write_zeroes *range, u32 type)
{
	int mode = FALLOC_FL_KEEP_SIZE;

	if (!in_range(blk, range->sector, range->num_sectors))
		return VIRTIO_BLK_S_IOERR;
	if (!range->num_sectors)
		return VIRTIO_BLK_S_OK;
	if (type == VIRTIO_BLK_T_DISCARD || range->flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP)
		mode |= FALLOC_FL_PUNCH_HOLE;
	else
		mode |= FALLOC_FL_ZERO_RANGE;
	if (!fallocate(blk->fd, mode, range->sector * SECTOR, range->num_sectors * SECTOR))
		return VIRTIO_BLK_S_OK;
	return errno == EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP : VIRTIO_BLK_S_IOERR;
}

static int clear_ranges(struct blk *blk, struct virtq_chain *chain, u32 type)
{
	struct virtio_blk_discard_write_zeroes range;
	int status = VIRTIO_BLK_S_OK;

	if (blk->read_only || !chain->out_size || chain->out_size % sizeof(range) ||
	    chain->out_size > MAX_RANGES * sizeof(range))
		return VIRTIO_BLK_S_IOERR;
	while (status == VIRTIO_BLK_S_OK && chain_read(chain, &range, sizeof(range)))
		status = clear(blk, &range, type);
	return status;
}

static int request(struct blk *blk, struct virtq_chain *chain)
{
	struct virtio_blk_outhdr header;

	if (chain_read(chain, &header, sizeof(header)) != sizeof(header))
		return VIRTIO_BLK_S_IOERR;
	switch (header.type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
		return read_write(blk, chain, header.sector, header.type == VIRTIO_BLK_T_OUT);
	case VIRTIO_BLK_T_FLUSH:
		return fdatasync(blk->fd) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_GET_ID:
		chain_write(chain, blk->id, sizeof(blk->id));
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return clear_ranges(blk, chain, header.type);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

static u32 serve(struct virtio_dev *dev, struct virtq_chain *chain)
{
	u32 size = chain->in_size < UINT32_MAX ? chain->in_size : UINT32_MAX;
	u8 *status = chain_last(chain);

	if (!status)
		return 0;	/* a request that nobody can be told about */
	*status = request((struct blk *)dev, chain);
	return size;
}

static void kick(struct virtio_queue *queue)
{
	virtio_serve(queue, serve);
}

/* The driver knows how large the disk is */
static bool same(const struct virtio_dev *dev, const u8 *config)
{
	return !memcmp(dev->config, config, dev->config_size);
}

static const struct virtio_ops ops = {
	.name = "blk",
	.id = VIRTIO_ID_BLOCK,
	.class = 0x018000,
	.kick = kick,
	.same = same,
};

static int refuse(const char *file, const char *why)
{
	fprintf(stderr, "kvmfs: %s: %s\n", file, why);
	return -1;
}

static int open_image(struct blk *blk, const char *file)
{
	struct stat st;
	off_t size;

	blk->fd = open(file, (blk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (blk->fd < 0 || fstat(blk->fd, &st))
		return refuse(file, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return refuse(file, "is neither a file nor a block device");
	size = lseek(blk->fd, 0, SEEK_END);
	if (size < 0)
		return refuse(file, strerror(errno));
	if (!size || size % SECTOR)
		return refuse(file, "it is not whole sectors of 512 bytes; try truncate -s %512");
	blk->sectors = size / SECTOR;
	if (flock(blk->fd, (blk->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return refuse(file, errno == EWOULDBLOCK ?
			      "is in use by another machine; with ,ro they may share it" :
			      strerror(errno));
	return 0;
}

static void set_config(struct blk *blk)
{
	struct virtio_blk_config config = {
		.capacity = blk->sectors,
		.seg_max = VIRTQ_MAX - 2,	/* header and status take one each */
		.blk_size = SECTOR,
		.max_discard_sectors = UINT32_MAX,
		.max_discard_seg = MAX_RANGES,
		.discard_sector_alignment = 4096 / SECTOR,
		.max_write_zeroes_sectors = UINT32_MAX,
		.max_write_zeroes_seg = MAX_RANGES,
		.write_zeroes_may_unmap = 1,
	};

	blk->dev.offered = 1ull << VIRTIO_BLK_F_SEG_MAX | 1ull << VIRTIO_BLK_F_BLK_SIZE |
			   1ull << VIRTIO_BLK_F_FLUSH;
	if (blk->read_only)
		blk->dev.offered |= 1ull << VIRTIO_BLK_F_RO;
	else
		blk->dev.offered |= 1ull << VIRTIO_BLK_F_DISCARD |
				    1ull << VIRTIO_BLK_F_WRITE_ZEROES;
	blk->dev.config_size = offsetof(struct virtio_blk_config, max_secure_erase_sectors);
	memcpy(blk->dev.config, &config, blk->dev.config_size);
}

/* As much as there is room for, without a zero at the end if it is full */
static void set_id(struct blk *blk, const char *text)
{
	memset(blk->id, 0, sizeof(blk->id));
	memcpy(blk->id, text, strnlen(text, sizeof(blk->id)));
}

/**
 * virtio_blk_add() - `--disk FILE[,ro][,serial=STRING]`
 * @vm: the machine
 * @value: of the option
 * Return: 0, or -1 with a line on stderr
 */
int virtio_blk_add(struct vmm *vm, char *value)
{
	static unsigned int count;
	struct blk *blk = calloc(1, sizeof(*blk));
	const char *file = device_word(&value);
	const char *word;

	if (!blk || !file)
		return refuse("--disk", "a file is wanted");
	snprintf(blk->id, sizeof(blk->id), "disk%u", count++);
	while ((word = device_word(&value))) {
		if (!strcmp(word, "ro") || !strcmp(word, "readonly"))
			blk->read_only = true;
		else if (!strncmp(word, "serial=", 7))
			set_id(blk, word + 7);
		else
			return refuse(word, "no option of a disk; there are ro and serial=");
	}
	blk->dev.ops = &ops;
	blk->dev.own_thread = true;
	if (open_image(blk, file))
		return -1;
	set_config(blk);
	if (virtio_add(vm, &blk->dev, 1))
		return -1;
	return virtio_thread(&blk->dev, 0) ? refuse(file, strerror(errno)) : 0;
}
