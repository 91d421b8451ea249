#include "remote/bytes/disk_line.h"

#include <string.h>

#include "lib/compiler.h"

/* "sd" + one letter: the whole disks of four drivers, when a number follows a partition. */
static bool is_lettered_disk(struct span stem)
{
	static const char *const drivers[] = { "hd", "sd", "vd", "xvd" };
	struct span driver = { stem.at, stem.len ? stem.len - 1 : 0 };
	char letter = stem.len ? stem.at[stem.len - 1] : 0;
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (span_is(driver, drivers[i]))
			return letter >= 'a' && letter <= 'z';
	return false;
}

/* "nvme<n>n<n>p" */
static bool is_nvme_partition(struct span stem)
{
	size_t i = 4;
	if (!span_starts(stem, "nvme"))
		return false;
	while (i < stem.len && span_is_digit(stem.at[i]))
		i++;
	if (i == 4 || i == stem.len || stem.at[i] != 'n')
		return false;
	size_t second = ++i;
	while (i < stem.len && span_is_digit(stem.at[i]))
		i++;
	return i > second && i + 1 == stem.len && stem.at[i] == 'p';
}

static bool is_noise(struct span device)
{
	static const char *const stems[] = { "ram", "zram", "loop", "fd" };
	struct span stem = device;
	while (stem.len && span_is_digit(stem.at[stem.len - 1]))
		stem.len--;
	if (stem.len == device.len)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(stems); i++)
		if (span_is(stem, stems[i]))
			return true;
	return is_lettered_disk(stem) || is_nvme_partition(stem);
}

bool disk_line_parse(struct span line, struct disk_line *ret)
{
	struct disk_line disk;
	uint64_t number;
	if (!span_word(&line, &disk.major) || !span_u64(disk.major, &number) ||
		!span_word(&line, &disk.minor) || !span_u64(disk.minor, &number) ||
		!span_word(&line, &disk.name) || is_noise(disk.name))
		return false;
	disk.counters = line;
	*ret = disk;
	return true;
}
