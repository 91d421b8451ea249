#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/columns.h"

enum { DEVICE_COLUMN = 2 };

/* Sectors are of 512 bytes whatever the disk's are. */
/* clang-format off */
static const struct column rows[] = {
	{ "node_disk_reads_completed_total",  0, 1,   0 },
	{ "node_disk_read_bytes_total",       2, 512, 0 },
	{ "node_disk_writes_completed_total", 4, 1,   0 },
	{ "node_disk_written_bytes_total",    6, 512, 0 },
	{ "node_disk_io_time_seconds_total",  9, 1,   3 },
};
/* clang-format on */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

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
	while (i < stem.len && is_digit(stem.at[i]))
		i++;
	if (i == 4 || i == stem.len || stem.at[i] != 'n')
		return false;
	size_t second = ++i;
	while (i < stem.len && is_digit(stem.at[i]))
		i++;
	return i > second && i + 1 == stem.len && stem.at[i] == 'p';
}

/* Partitions, RAM disks, loop devices and floppies, exactly as node_exporter leaves them out
 * unless told otherwise. */
static bool is_left_out(struct span device)
{
	static const char *const stems[] = { "ram", "zram", "loop", "fd" };
	struct span stem = device;
	while (stem.len && is_digit(stem.at[stem.len - 1]))
		stem.len--;
	if (stem.len == device.len)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(stems); i++)
		if (span_is(stem, stems[i]))
			return true;
	return is_lettered_disk(stem) || is_nvme_partition(stem);
}

static bool take_disk(struct span *line, struct span *ret_device)
{
	for (unsigned i = 0; i <= DEVICE_COLUMN; i++)
		if (!span_word(line, ret_device))
			return false;
	return !is_left_out(*ret_device);
}

void read_diskstats(struct span file, struct text *out)
{
	columns_read(file, take_disk, rows, ARRAY_LEN(rows), out);
}
