#ifndef FLEET_REMOTE_BYTES_DISK_LINE_H
#define FLEET_REMOTE_BYTES_DISK_LINE_H

#include <stdbool.h>

#include "remote/bytes/span.h"

/* A line of /proc/diskstats: Documentation/admin-guide/iostats.rst. */
struct disk_line {
	struct span major, minor, name;
	struct span counters; /* the columns that follow */
};

/* Returns false for a line that is none, and for what is noise, exactly as node_exporter leaves
 * it out unless it is told otherwise: RAM disks (ram, zram), loop devices, floppies, and
 * partitions of hd, sd, vd, xvd and nvme. Partitions of others (mmcblk0p1) are told of. */
bool disk_line_parse(struct span line, struct disk_line *ret);

#endif
