/*
 * Between pollers and the spool. A poller that a host has taken over does as it likes in the
 * inbox, and nowhere else; so what is found there counts by its kind and its name, and all else is
 * removed.
 */
#include "collector/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/folder.h"

enum { SPARE_DIGITS_MAX = 10 };

static const char folder[] = "in";

static bool is_spare(const char *name, const struct stat *st)
{
	size_t digits = strspn(name, "0123456789");
	return S_ISREG(st->st_mode) && digits > 0 && digits <= SPARE_DIGITS_MAX && !name[digits];
}

static bool is_frame(const struct spool_entry *e, const struct stat *st)
{
	return S_ISREG(st->st_mode) && e->kind == SPOOL_SEALED && st->st_nlink == 1;
}

static int take(int spool_fd, int inbox_fd, const char *name, bool keep_spares, struct error *err)
{
	struct spool_entry e;
	struct stat st;
	spool_parse_name(name, &e);
	if (fstatat(inbox_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return error_errno(err, "spool: %s/%s", folder, name);
	if (is_frame(&e, &st))
		return spool_name_sealed(inbox_fd, name, spool_fd, e.id, e.index, err);
	if (keep_spares && is_spare(name, &st) && st.st_nlink == 1)
		return 0;
	if (unlinkat(inbox_fd, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0))
		return error_errno(err, "spool: %s/%s, which no poller makes", folder, name);
	return 0;
}

/* Goes on after an error, and returns it. */
static int empty(int spool_fd, int inbox_fd, bool keep_spares, struct error *err)
{
	CLEANUP(folder_close) DIR *stream = folder_stream(inbox_fd);
	const char *name;
	int r = 0;
	if (!stream)
		return error_errno(err, "spool: %s", folder);
	while ((name = folder_next(stream)))
		if (take(spool_fd, inbox_fd, name, keep_spares, err))
			r = -1;
	return errno ? error_errno(err, "spool: %s", folder) : r;
}

static int open_folder(int spool_fd, struct error *err)
{
	int fd = openat(spool_fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		(void)error_errno(err, "spool: %s", folder);
	return fd;
}

int spool_empty_inbox(int spool_fd, struct error *err)
{
	int fd = open_folder(spool_fd, err);
	if (fd < 0)
		return -1;
	int r = empty(spool_fd, fd, true, err);
	(void)close(fd);
	return r;
}

static int give_to(int spool_fd, int fd, uid_t uid, gid_t gid, struct error *err)
{
	struct stat st;
	if (fstat(fd, &st))
		return error_errno(err, "spool: %s", folder);
	if (st.st_uid == uid && st.st_gid == gid)
		return 0;
	if (empty(spool_fd, fd, false, err))
		return -1;
	return fchown(fd, uid, gid) ? error_errno(err, "spool: %s", folder) : 0;
}

int spool_open_inbox(int spool_fd, uid_t uid, gid_t gid, int *ret_fd, struct error *err)
{
	int fd = open_folder(spool_fd, err);
	if (fd < 0)
		return -1;
	if (give_to(spool_fd, fd, uid, gid, err)) {
		(void)close(fd);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

static int add_frame(struct spool_list *list, int inbox_fd, const char *name, struct error *err)
{
	struct spool_entry e;
	struct stat st;
	spool_parse_name(name, &e);
	if (e.kind != SPOOL_SEALED || fstatat(inbox_fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
		!is_frame(&e, &st))
		return 0;
	(void)snprintf(e.name, sizeof e.name, "%s/%.*s", folder,
		SPOOL_NAME_MAX - 1 - (int)sizeof folder, name);
	return spool_list_add(list, &e) ? error_no_memory(err) : 0;
}

int spool_list_inbox(int spool_fd, struct spool_list *list, struct error *err)
{
	CLEANUP(folder_close) DIR *stream = NULL;
	const char *name;
	int r = 0, fd = open_folder(spool_fd, err);
	if (fd < 0)
		return -1;
	stream = folder_stream(fd);
	(void)close(fd);
	if (!stream)
		return error_errno(err, "spool: %s", folder);
	while (r == 0 && (name = folder_next(stream)))
		r = add_frame(list, dirfd(stream), name, err);
	if (r == 0 && errno)
		r = error_errno(err, "spool: %s", folder);
	spool_list_sort(list);
	return r;
}
