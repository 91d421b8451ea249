/*
 * Filesystems need a system call between the kernel's file and the samples. What it says goes
 * to the reader as a line a mount, with the first three words as the kernel escapes them and
 * sizes in bytes; or without numbers, when it does not answer, or it may not be asked:
 *
 *   DEVICE TYPE POINT READONLY [SIZE FREE AVAIL FILES FILES_FREE | denied]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "remote/bytes/mounts.h"
#include "remote/collect.h"
#include "remote/files/io.h"
#include "remote/sources.h"

/* Lines as they are put together. */
struct lines {
	struct collect *c;
	const struct mount *mounts;
	size_t count;
	char *out;
	size_t len, size;
	size_t next; /* of the mounts, to be asked by a child */
};

enum answer { ANSWER, NO_ANSWER, DENIED, NOT_OURS };

/* Below a root may lie the files of another machine, whose mounts are not here. (btrfs gives each
 * subvolume a number of its own.) */
static bool is_ours(const struct collect *c, const struct mount *m, const char *path)
{
	char id[32];
	struct stat st;
	if (!*c->root || span_is(m->type, "btrfs"))
		return true;
	if (stat(path, &st) < 0)
		return false;
	(void)snprintf(id, sizeof id, "%u:%u", major(st.st_dev), minor(st.st_dev));
	return span_is(m->id, id);
}

static enum answer measure(struct collect *c, const struct mount *m, struct statvfs *ret)
{
	char point[MOUNT_PATH_MAX], path[PATH_MAX];
	if (mount_unescape(m->point, point, sizeof point) == 0 || *point != '/' ||
		!collect_path_unasked(c, point + 1, path) || !is_ours(c, m, path))
		return NOT_OURS;
	if (statvfs(path, ret) < 0) {
		bool denied = errno == EACCES || errno == EPERM;
		collect_note(c, errno);
		return denied ? DENIED : NO_ANSWER;
	}
	return ret->f_blocks > 0 ? ANSWER : NOT_OURS;
}

static size_t put(
	const struct mount *m, enum answer answer, const struct statvfs *s, char *out, size_t size)
{
	char numbers[128] = "";
	if (answer == DENIED) {
		(void)snprintf(numbers, sizeof numbers, " denied");
	} else if (answer == ANSWER) {
		uint64_t unit = s->f_frsize;
		(void)snprintf(numbers, sizeof numbers,
			" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
			s->f_blocks * unit, s->f_bfree * unit, s->f_bavail * unit,
			(uint64_t)s->f_files, (uint64_t)s->f_ffree);
	}
	int n = snprintf(out, size, "%.*s %.*s %.*s %d%s\n", (int)m->device.len, m->device.at,
		(int)m->type.len, m->type.at, (int)m->point.len, m->point.at, m->readonly, numbers);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

static size_t put_measured(struct collect *c, const struct mount *m, char *out, size_t size)
{
	struct statvfs found;
	enum answer answer = measure(c, m, &found);
	return answer == NOT_OURS ? 0 : put(m, answer, &found, out, size);
}

/* ---- away --------------------------------------------------------------------------------- */

/* In the child: an empty line stands for a mount that is left out. */
static void measure_away(int fd, const void *data)
{
	const struct lines *l = data;
	char line[4 * MOUNT_PATH_MAX];
	for (size_t i = l->next; i < l->count; i++) {
		if (!l->mounts[i].away)
			continue;
		size_t len = put_measured(l->c, &l->mounts[i], line, sizeof line);
		if (io_write(fd, len ? line : "\n", len ? len : 1) < 0)
			return;
	}
}

static size_t count_lines(const char *text, size_t *len)
{
	size_t count = 0, whole = 0;
	for (size_t i = 0; i < *len; i++)
		if (text[i] == '\n') {
			whole = i + 1;
			count++;
		}
	*len = whole;
	return count;
}

static void skip_to_away(struct lines *l)
{
	while (l->next < l->count && !l->mounts[l->next].away)
		l->next++;
}

/* They are answered in their order. Where a child comes to no answer at all, the first of them
 * gives none, and the next child begins behind it. When nobody could be sent to ask, none is broken
 * for that. */
static void put_away(struct lines *l)
{
	for (skip_to_away(l); l->next < l->count; skip_to_away(l)) {
		char *out = l->out + l->len;
		ssize_t n = collect_away(l->c, measure_away, l, out, l->size - l->len);
		if (n < 0)
			return;
		size_t len = (size_t)n, known = count_lines(out, &len);
		if (known == 0)
			len = put(&l->mounts[l->next++], NO_ANSWER, NULL, out, l->size - l->len);
		for (; known > 0; known--, l->next++)
			skip_to_away(l);
		l->len += len;
	}
}

/* ---- all ---------------------------------------------------------------------------------- */

ssize_t gather_filesystems(struct collect *c, const struct source *s, char *out, size_t size)
{
	(void)s;
	c->denied = c->is_table_denied;
	if (!c->mount_table.at)
		return -1;
	size_t cut, count = mounts_parse(c->mount_table, c->asks, c->mounts, &cut);
	struct lines l = { c, c->mounts, count, out, 0, size, 0 };
	bool any_away = false;
	c->cut += cut + c->is_table_cut;
	for (size_t i = 0; i < count; i++) {
		struct mount *m = &c->mounts[i];
		m->away = m->away || c->is_table_cut; /* the rest may say that it is */
		any_away = any_away || m->away;
		if (!m->away)
			l.len += put_measured(c, m, out + l.len, size - l.len);
	}
	if (any_away)
		put_away(&l);
	return (ssize_t)l.len;
}
