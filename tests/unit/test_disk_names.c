/* What of the kernel's list is told as a disk. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buffer.h"
#include "remote/bytes/disk_names.h"

/* clang-format off */
static const struct {
	const char *names, *disks; /* as the kernel has them, and what stays of them */
} lists[] = {
	{ "sda sda1 sda2 sda15 sdb sr0 dm-0 dm-1 dm-10 md0 md0p1 md127", "sda sdb sr0 dm-0 dm-1 dm-10 md0 md127" },
	{ "sdz sdz1 sdaa sdaa1 sdaa10 sdab", "sdz sdaa sdab" },
	{ "nvme0n1 nvme0n1p1 nvme0n1p10 nvme0n2 nvme0n10 nvme1n1", "nvme0n1 nvme0n2 nvme0n10 nvme1n1" },
	/* cards: the boot partitions of an eMMC are disks of their own */
	{ "mmcblk0 mmcblk0p1 mmcblk0p2 mmcblk0boot0 mmcblk0boot1 mmcblk1", "mmcblk0 mmcblk0boot0 mmcblk0boot1 mmcblk1" },
	{ "cciss/c0d0 cciss/c0d0p1 cciss/c0d1 rssda rssda1 zd0 zd0p1 zd16 nbd0 nbd0p1",
	  "cciss/c0d0 cciss/c0d1 rssda zd0 zd16 nbd0" },
	/* of Xen: a disk with a number, and one with partitions */
	{ "xvda1 xvda2 xvdb xvdb1 xvdc", "xvda1 xvda2 xvdb xvdc" },
	/* noise, and what looks like it */
	{ "ram0 ram15 zram0 loop0 loop0p1 loop1 fd0 loop ram fdisk0", "loop ram fdisk0" },
	/* what looks like a partition */
	{ "sda sda1x sdap1 sdb1", "sda sda1x sdap1 sdb1" },
	{ "md1 md1p md1px md11 md1p1 md1pp1", "md1 md1p md1px md11 md1p1 md1pp1" },
	{ "1 p1 2p1 2", "1 p1 2p1 2" },
	{ "a 1 11 1p1", "a 1 11 1p1" },
	{ "", "" },
};
/* clang-format on */

/* A copy of exactly these bytes, so that a read beyond them is seen. */
static struct span copy(struct span s)
{
	char *data = malloc(s.len + 1);
	assert_non_null(data);
	memcpy(data + 1, s.at, s.len);
	return (struct span){ data + 1, s.len };
}

static void partitions_come_behind_their_disk(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct buffer kept = { 0 };
		struct span rest = span_of(lists[i].names), word, disk = { "", 0 };
		assert_int_equal(buffer_append_text(&kept, ""), 0);
		while (span_word(&rest, &word)) {
			struct span name = copy(word);
			bool is_part = disk_is_part(name, disk);
			if (!is_part && !disk_is_noise(name))
				assert_int_equal(buffer_printf(&kept, "%s%.*s", kept.len ? " " : "",
							 (int)word.len, word.at),
					0);
			disk = is_part ? disk : word;
			free((char *)name.at - 1);
		}
		assert_string_equal(kept.data ? kept.data : "", lists[i].disks);
		buffer_finish(&kept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partitions_come_behind_their_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
