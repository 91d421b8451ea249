#include "remote/collect.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "remote/io.h"

enum { FILE_MAX = 1 << 20 };

/* One row a source of metrics. Disks and network devices come last: there can be thousands, and
 * when the report is full nothing else is to be missing. */
/* clang-format off */
static const struct {
	const char *path; /* under /proc; "" is its listing, a name a line */
	reader *read;     /* NULL: the filesystems */
} rows[] = {
	{ "stat",           read_stat },
	{ "loadavg",        read_loadavg },
	{ "meminfo",        read_meminfo },
	{ "",               read_processes },
	{ "self/mountinfo", NULL },
	{ "diskstats",      read_diskstats },
	{ "net/dev",        read_netdev },
};
/* clang-format on */

int collect_init(struct collect *c, struct arena *a, const char *root)
{
	*c = (struct collect){ .root = root };
	c->file = arena_take(a, FILE_MAX);
	c->mounts = arena_take(a, MOUNTS_MAX * sizeof *c->mounts);
	return c->file && c->mounts ? 0 : -1;
}

/* A longer file is cut at its last whole line, which *ret_cut tells. */
static struct span read_file(struct collect *c, const char *path, bool *ret_cut)
{
	char full[PATH_MAX];
	struct span none = { c->file, 0 };
	int len = snprintf(full, sizeof full, "%s/proc/%s", c->root, path);
	if (len < 0 || (size_t)len >= sizeof full)
		return none;
	ssize_t n = *path ? io_read_file(AT_FDCWD, full, c->file, FILE_MAX)
			  : io_list_folder(full, c->file, FILE_MAX);
	if (n < 0)
		return none;
	*ret_cut = n == FILE_MAX;
	if (*ret_cut)
		while (n > 0 && c->file[n - 1] != '\n')
			n--;
	return (struct span){ c->file, (size_t)n };
}

static bool measure(const char *root, struct mount *m)
{
	char point[MOUNT_PATH_MAX], path[PATH_MAX];
	struct statvfs s;
	if (!mount_unescape(m->point, point, sizeof point))
		return false;
	int len = snprintf(path, sizeof path, "%s%s", root, point);
	if (len < 0 || (size_t)len >= sizeof path || statvfs(path, &s) < 0 || s.f_blocks == 0)
		return false;
	m->size = (uint64_t)s.f_blocks * s.f_frsize;
	m->free = (uint64_t)s.f_bfree * s.f_frsize;
	m->avail = (uint64_t)s.f_bavail * s.f_frsize;
	m->files = s.f_files;
	m->files_free = s.f_ffree;
	return true;
}

static void read_filesystems(struct collect *c, struct span file, struct text *out)
{
	size_t count = mounts_parse(file, c->mounts);
	out->full = out->full || count == MOUNTS_MAX;
	for (size_t i = 0; i < count; i++)
		c->mounts[i].measured = measure(c->root, &c->mounts[i]);
	mounts_write(c->mounts, count, out);
}

void collect_run(struct collect *c, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool cut = false;
		struct span file = read_file(c, rows[i].path, &cut);
		out->full = out->full || cut;
		if (file.len == 0)
			continue;
		if (rows[i].read)
			rows[i].read(file, out);
		else
			read_filesystems(c, file, out);
	}
}

void collect_boot_id(struct collect *c, char ret_id[static 37])
{
	bool cut;
	struct span file = read_file(c, "sys/kernel/random/boot_id", &cut), line;
	bool found = span_line(&file, &line) && line.len == 36 &&
		     strspn(line.at, "0123456789abcdef-") == 36;
	memcpy(ret_id, found ? line.at : "-", found ? 36 : 2);
	ret_id[36] = 0;
}
