/*
 * Filesystems need a system call between the kernel's file and the samples. What it says goes
 * to the reader as a line a mount:
 *
 *   DEVICE TYPE POINT READONLY SIZE FREE AVAIL FILES FILES_FREE
 *
 * The first three as the kernel escapes them, sizes in bytes.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "remote/collect.h"
#include "remote/io.h"
#include "remote/mounts.h"
#include "remote/sources.h"

static bool measure(const struct collect *c, const struct mount *m, struct statvfs *ret)
{
	char point[MOUNT_PATH_MAX], path[PATH_MAX];
	return mount_unescape(m->point, point, sizeof point) > 0 && *point == '/' &&
	       collect_path(c, point + 1, path) && statvfs(path, ret) == 0 && ret->f_blocks > 0;
}

static size_t put(const struct mount *m, const struct statvfs *s, char *out, size_t size)
{
	uint64_t unit = s->f_frsize;
	int n = snprintf(out, size,
		"%.*s %.*s %.*s %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		(int)m->device.len, m->device.at, (int)m->type.len, m->type.at, (int)m->point.len,
		m->point.at, m->readonly, s->f_blocks * unit, s->f_bfree * unit, s->f_bavail * unit,
		(uint64_t)s->f_files, (uint64_t)s->f_ffree);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

ssize_t gather_filesystems(struct collect *c, const struct source *s, char *out, size_t size)
{
	size_t len = 0, half = size / 2;
	ssize_t n = gather_file(c, s, out + half, size - half);
	if (n < 0)
		return -1;
	size_t count = mounts_parse((struct span){ out + half, (size_t)n }, c->mounts);
	c->cut = c->cut || count == MOUNTS_MAX;
	for (size_t i = 0; i < count; i++) {
		struct statvfs found;
		if (measure(c, &c->mounts[i], &found))
			len += put(&c->mounts[i], &found, out + len, half - len);
	}
	return (ssize_t)len;
}
