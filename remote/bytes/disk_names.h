#ifndef FLEET_REMOTE_BYTES_DISK_NAMES_H
#define FLEET_REMOTE_BYTES_DISK_NAMES_H

#include <stdbool.h>

#include "remote/bytes/span.h"

/*
 * Which of the kernel's block devices are disks. /proc/diskstats has the partitions of a disk right
 * behind it, and the kernel names them alike whatever the driver (disk_name() of block/): the
 * disk's name, a "p" when that ends in a digit, and a number. So no driver's names have to be
 * known, and a disk that only looks like a partition, as Xen gives them (xvda1 without any xvda),
 * is one.
 */

/* `disk` is the one before it in the list, of whatever kind, or empty. */
bool disk_is_part(struct span name, struct span disk);

/* RAM disks (ram, zram), loop devices and floppies, which node_exporter leaves out, too. */
bool disk_is_noise(struct span name);

#endif
