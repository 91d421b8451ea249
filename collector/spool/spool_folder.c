/*
 * The folder itself: made private, listed in the order of ingest, and its bad/, where what
 * never opens is kept for a person to look at, up to a cap.
 */
#include "collector/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/folder.h"

static const char bad_folder[] = "bad";
static const char *const folders[] = { bad_folder, "in" };

int spool_open(const char *path, int *ret_fd, struct error *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "%s", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "%s", path);
	int r = folder_check_private(fd, path, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(folders); i++)
		if (mkdirat(fd, folders[i], 0700) < 0 && errno != EEXIST)
			r = error_errno(err, "%s/%s", path, folders[i]);
	if (r < 0)
		(void)close(fd);
	else
		*ret_fd = fd;
	return r;
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

int spool_list_add(struct spool_list *list, const struct spool_entry *entry)
{
	struct spool_entry *items =
		array_reserve(list->items, list->count + 1, &list->size, sizeof *items);
	if (!items)
		return -1;
	list->items = items;
	items[list->count++] = *entry;
	list->sealed += entry->kind == SPOOL_SEALED;
	return 0;
}

/* Whole, or not at all: half a list tears a cycle apart. */
static int read_entries(DIR *stream, struct spool_list *list, struct error *err)
{
	const char *name;
	while ((name = folder_next(stream))) {
		struct spool_entry entry;
		spool_parse_name(name, &entry);
		if (entry.kind != SPOOL_OTHER && spool_list_add(list, &entry) < 0)
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
	spool_list_sort(&list);
	*ret_list = list;
	return 0;
}

void spool_list_sort(struct spool_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, compare_entries);
}

void spool_list_finish(struct spool_list *list)
{
	free(list->items);
	*list = (struct spool_list){ 0 };
}

int spool_reject(int spool_fd, const char *name, struct error *err)
{
	char to[sizeof bad_folder + SPOOL_NAME_MAX];
	const char *slash = strrchr(name, '/'); /* of the inbox */
	(void)snprintf(
		to, sizeof to, "%s/%.*s", bad_folder, SPOOL_NAME_MAX - 1, slash ? slash + 1 : name);
	if (renameat(spool_fd, name, spool_fd, to) < 0 && errno != ENOENT)
		return error_errno(err, "spool: %s", to);
	return 0;
}

/* Newest first, keeps what fits and removes the rest. */
static void trim(int bad_fd, const struct spool_list *list)
{
	off_t bytes = 0;
	size_t files = 0;
	for (size_t i = list->count; i-- > 0;) {
		struct stat st;
		const char *name = list->items[i].name;
		if (fstatat(bad_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		bytes += st.st_size;
		if (++files > SPOOL_BAD_FILES || bytes > SPOOL_BAD_BYTES)
			(void)unlinkat(bad_fd, name, 0);
	}
}

int spool_trim_bad(int spool_fd, struct error *err)
{
	int fd = openat(spool_fd, bad_folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "spool: %s", bad_folder);
	struct spool_list list = { 0 };
	int r = spool_list(fd, &list, err);
	if (r == 0)
		trim(fd, &list);
	spool_list_finish(&list);
	(void)close(fd);
	return r;
}
