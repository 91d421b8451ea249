#ifndef FLEET_REMOTE_BYTES_DISK_LINE_H
#define FLEET_REMOTE_BYTES_DISK_LINE_H

#include <stdbool.h>

#include "remote/bytes/span.h"

/* A line of /proc/diskstats: Documentation/admin-guide/iostats.rst. */
struct disk_line {
	struct span major, minor, name;
	struct span counters; /* the columns that follow */
};

/* Returns false for a line that is none. */
bool disk_line_parse(struct span line, struct disk_line *ret);

#endif
