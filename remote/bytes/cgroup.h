#ifndef FLEET_REMOTE_BYTES_CGROUP_H
#define FLEET_REMOTE_BYTES_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/* The files of control groups, version 2: Documentation/admin-guide/cgroup-v2.rst. */

/* Of /proc/self/cgroup (cgroups(7)): the path of the group in the unified hierarchy, which begins
 * with a slash. A path that leads out of what is seen from here ("/../…") is "/". */
bool cgroup_path(struct span file, struct span *ret_path);

/* The path of the next group from the outermost, "", to `path` itself. Begin with *len = 0;
 * false after the last. */
bool cgroup_next(struct span path, size_t *len);

enum { CGROUP_FRACTION = 1000000 }; /* parts of a period */

/* What memory.max, pids.max or cpu.max limits to: bytes, processes, or millionths of a CPU.
 * UINT64_MAX for "max" and for what is not understood. */
uint64_t cgroup_limit(struct span file);

#endif
