/*
 * The folder itself: made private, listed in the order of ingest, and its bad/, where what
 * never opens is kept for a person to look at, the newest that fits under a cap.
 */
#include "collector/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/folder.h"

enum { MOVED_AT_ONCE = 16384 };

static const char bad_folder[] = "bad";

static bool is_sealed(int fd, const char *name)
{
	struct spool_entry e;
	struct stat st;
	spool_parse_name(name, &e);
	return e.kind == SPOOL_SEALED && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

/* What pollers left in a folder of theirs, when they had one. What does not go is tried again by
 * the next run. */
static void take_inbox(int spool_fd)
{
	static const char inbox[] = "in";
	CLEANUP(folder_close) DIR *stream = NULL;
	const char *name;
	int fd = openat(spool_fd, inbox, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	stream = folder_stream(fd);
	while (stream && (name = folder_next(stream)))
		if (is_sealed(fd, name))
			(void)renameat2(fd, name, spool_fd, name, RENAME_NOREPLACE);
		else
			(void)unlinkat(fd, name, 0);
	(void)close(fd);
	(void)unlinkat(spool_fd, inbox, AT_REMOVEDIR);
}

int spool_open(const char *path, int *ret_fd, struct error *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "%s", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "%s", path);
	int r = folder_check_private(fd, path, err);
	if (r == 0 && mkdirat(fd, bad_folder, 0700) < 0 && errno != EEXIST)
		r = error_errno(err, "%s/%s", path, bad_folder);
	if (r < 0) {
		(void)close(fd);
		return -1;
	}
	take_inbox(fd);
	*ret_fd = fd;
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct spool_entry *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int add_entry(struct spool_list *list, const struct spool_entry *entry)
{
	struct spool_entry *items =
		array_reserve(list->items, list->count + 1, &list->size, sizeof *items);
	if (!items)
		return -1;
	list->items = items;
	items[list->count++] = *entry;
	return 0;
}

/* Whole, or not at all: half a list tears a cycle apart. */
static int read_entries(DIR *stream, struct spool_list *list, struct error *err)
{
	const char *name;
	while ((name = folder_next(stream))) {
		struct spool_entry entry;
		spool_parse_name(name, &entry);
		if (entry.kind != SPOOL_OTHER && add_entry(list, &entry) < 0)
			return error_set(err, "spool: out of memory");
	}
	return errno ? error_errno(err, "spool: list") : 0;
}

int spool_list(int spool_fd, struct spool_list *ret_list, struct error *err)
{
	struct spool_list list = { 0 };
	CLEANUP(folder_close) DIR *stream = folder_stream(spool_fd);
	if (!stream)
		return error_errno(err, "spool: list");
	if (read_entries(stream, &list, err) < 0) {
		spool_list_finish(&list);
		return -1;
	}
	if (list.count)
		qsort(list.items, list.count, sizeof *list.items, compare_entries);
	*ret_list = list;
	return 0;
}

void spool_list_finish(struct spool_list *list)
{
	free(list->items);
	*list = (struct spool_list){ 0 };
}

static int open_bad(int spool_fd, struct error *err)
{
	int fd = openat(spool_fd, bad_folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		(void)error_errno(err, "spool: %s", bad_folder);
	return fd;
}

static int create_free(int bad_fd, uint64_t attempt_id, struct error *err)
{
	char name[SPOOL_NAME_MAX];
	int fd = -1;
	for (uint32_t index = 0; fd < 0 && index < SPOOL_CONNECTION_FILES; index++) {
		(void)snprintf(name, sizeof name, "%016" PRIx64 "-%02" PRIu32 ".sealed", attempt_id,
			index);
		fd = openat(bad_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		(void)error_errno(err, "spool: %s/%s", bad_folder, name);
	return fd;
}

int spool_reject(int spool_fd, uint64_t attempt_id, const struct buffer *frame, struct error *err)
{
	int bad = open_bad(spool_fd, err);
	int fd = bad < 0 ? -1 : create_free(bad, attempt_id, err);
	int r = fd < 0 ? -1 : 0;
	errno = ENOSPC; /* when it takes a part only */
	if (r == 0 && write(fd, frame->data, frame->len) != (ssize_t)frame->len)
		r = error_errno(err, "spool: %s", bad_folder);
	if (fd >= 0)
		(void)close(fd);
	if (bad >= 0)
		(void)close(bad);
	return r;
}

/* Moves what is behind `from` to the start, as much as bad/ takes. */
static int cut_front(int fd, off_t from)
{
	char block[MOVED_AT_ONCE];
	off_t to = 0;
	ssize_t n;
	while ((n = pread(fd, block, sizeof block, from + to)) > 0 && to < SPOOL_BAD_BYTES) {
		if (pwrite(fd, block, (size_t)n, to) != n)
			return -1;
		to += n;
	}
	return n < 0 ? -1 : ftruncate(fd, to < SPOOL_BAD_BYTES ? to : SPOOL_BAD_BYTES);
}

static int keep_end(int spool_fd, const char *path, uint64_t size)
{
	struct stat st;
	int fd = openat(spool_fd, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -1 : fstat(fd, &st);
	if (r == 0)
		r = cut_front(fd, (uint64_t)st.st_size > size ? st.st_size - (off_t)size : 0);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

int spool_reject_file(int spool_fd, const char *name, uint64_t lost, struct error *err)
{
	char to[sizeof bad_folder + SPOOL_NAME_MAX];
	(void)snprintf(to, sizeof to, "%s/%.*s", bad_folder, SPOOL_NAME_MAX - 1, name);
	if (renameat(spool_fd, name, spool_fd, to) == 0)
		(void)keep_end(spool_fd, to, lost); /* or all of it, if that fits */
	else if (errno != ENOENT)
		return error_errno(err, "spool: %s", to);
	return 0;
}

/* Newest first, keeps each that fits with those kept before it. */
static void trim(int bad_fd, const struct spool_list *list)
{
	off_t bytes = 0;
	size_t files = 0;
	for (size_t i = list->count; i-- > 0;) {
		struct stat st;
		const char *name = list->items[i].name;
		if (fstatat(bad_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (files == SPOOL_BAD_FILES || st.st_size > SPOOL_BAD_BYTES - bytes) {
			(void)unlinkat(bad_fd, name, 0);
		} else {
			files++;
			bytes += st.st_size;
		}
	}
}

int spool_trim_bad(int spool_fd, struct error *err)
{
	int fd = open_bad(spool_fd, err);
	if (fd < 0)
		return -1;
	struct spool_list list = { 0 };
	int r = spool_list(fd, &list, err);
	if (r == 0)
		trim(fd, &list);
	spool_list_finish(&list);
	(void)close(fd);
	return r;
}
