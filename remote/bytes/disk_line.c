#include "remote/bytes/disk_line.h"

bool disk_line_parse(struct span line, struct disk_line *ret)
{
	struct disk_line disk;
	uint64_t number;
	if (!span_word(&line, &disk.major) || !span_u64(disk.major, &number) ||
		!span_word(&line, &disk.minor) || !span_u64(disk.minor, &number) ||
		!span_word(&line, &disk.name))
		return false;
	disk.counters = line;
	*ret = disk;
	return true;
}
