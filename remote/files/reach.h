#ifndef FLEET_REMOTE_FILES_REACH_H
#define FLEET_REMOTE_FILES_REACH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a path can be walked without asking anybody who may never answer. The way is gone as the
 * kernel goes it (path_resolution(7)), link by link and dots and all, and ends at the first mount
 * that is feared, before anything of it was touched.
 */
struct reach {
	const char *points; /* of mounts: mounts_list_away() */
	size_t len;
	bool is_unknown; /* not all of them are in the list: no path is safe */
};

/* `path` below `root`, as collect_path() means it. What is not there is safe, too; what leads
 * through links of /proc, which are no paths, is not. The first tells where the way ends: NULL when
 * it is safe, the point of the list, or "" when that cannot be known. */
const char *reach_end(const struct reach *r, const char *root, const char *path);
bool reach_is_safe(const struct reach *r, const char *root, const char *path);

#endif
