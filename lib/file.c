/*
 * Files are judged on the open descriptor, never by name, so that what is read is what was
 * judged. The rules are those of ssh: a secret that others can read is no secret any more,
 * and whoever mends it should be told the command.
 */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/folder.h"

enum { CHUNK_SIZE = 4096, TEMPORARY_MAX_S = 3600 };

/* What follows a file's name in its temporary one. */
static const char TEMPORARY[] = ".tmp-XXXXXX";

static void close_fd(const int *fd)
{
	int saved = errno;
	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

/* error_set() that leaves an errno for the caller to tell refusals from a missing file. */
#define refuse(code, err, ...) (error_set(err, __VA_ARGS__), errno = (code), -1)

static int check_rule(
	const char *path, enum file_rule rule, const struct stat *st, struct error *err)
{
	unsigned user = geteuid();
	if (!S_ISREG(st->st_mode))
		return refuse(EINVAL, err, "%s: is not a regular file; name one", path);
	if (rule == FILE_ANY)
		return 0;
	if (st->st_uid != user && st->st_uid != 0)
		return refuse(EACCES, err,
			"%s: belongs to user %u, neither to you nor to root; run: chown %u %s",
			path, (unsigned)st->st_uid, user, path);
	mode_t others = rule == FILE_SECRET ? 077 : 022;
	if (!(st->st_mode & others))
		return 0;
	const char *what = st->st_mode & others & 022 ? "written" : "read";
	const char *mode = rule == FILE_SECRET ? "600" : "go-w";
	if (rule == FILE_SECRET && st->st_uid != user)
		return refuse(EACCES, err,
			"%s: can be %s by others; run: chown %u %s && chmod %s %s", path, what,
			user, path, mode, path);
	return refuse(
		EACCES, err, "%s: can be %s by others; run: chmod %s %s", path, what, mode, path);
}

static int read_chunks(int fd, const char *path, size_t size_max, char chunk[static CHUNK_SIZE],
	struct buffer *out, struct error *err)
{
	size_t left = size_max;
	ssize_t got = 0;
	while ((got = read(fd, chunk, CHUNK_SIZE)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, "%s: cannot be read", path);
		if ((size_t)got > left || buffer_append(out, chunk, (size_t)got) < 0)
			return refuse(EFBIG, err, "%s: is larger than %zu bytes", path, size_max);
		left -= (size_t)got;
	}
	return 0;
}

/* Room for the whole file is made at once, so that no grown-out-of copy of a secret stays
 * behind in freed memory. Files of /proc say that their size is 0: those grow. */
static int read_all(int fd, const char *path, off_t expected, size_t size_max, struct buffer *out,
	struct error *err)
{
	char chunk[CHUNK_SIZE];
	if (expected > 0 && (uintmax_t)expected <= size_max &&
		!buffer_reserve(out, (size_t)expected))
		return refuse(EFBIG, err, "%s: is larger than there is room for", path);
	int result = read_chunks(fd, path, size_max, chunk, out, err);
	explicit_bzero(chunk, sizeof chunk);
	return result;
}

int file_read(const char *path, enum file_rule rule, size_t size_max, struct buffer *out,
	struct error *err)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ELOOP)
		return refuse(ELOOP, err, "%s: is a symbolic link; name the file itself", path);
	if (fd < 0)
		return error_errno(err, "%s: cannot be opened", path);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_errno(err, "%s: cannot be examined", path);
	if (check_rule(path, rule, &st, err) < 0)
		return -1;

	size_t start = out->len;
	if (read_all(fd, path, st.st_size, size_max, out, err) == 0)
		return 0;
	if (out->data) {
		explicit_bzero(out->data + start, out->size - start);
		out->len = start;
	}
	return -1;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

/* The folder of a path; the caller frees. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int sync_folder(const char *path, struct error *err)
{
	CLEANUP(path_free) char *folder = folder_of(path);
	if (!folder)
		return error_errno(err, "%s", path);
	CLEANUP(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return error_errno(err, "%s: folder cannot be made durable", folder);
	return 0;
}

bool file_is_there(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether it is `name` + TEMPORARY with other letters for the X. */
static int is_temporary(const char *entry, const char *name)
{
	size_t len = strlen(name), fixed = strcspn(TEMPORARY, "X");
	return strlen(entry) == len + sizeof TEMPORARY - 1 && strncmp(entry, name, len) == 0 &&
	       strncmp(entry + len, TEMPORARY, fixed) == 0;
}

/* Removes what writers of this file left that were killed; a young one may be at work. */
static void remove_abandoned(const char *path)
{
	CLEANUP(path_free) char *name = folder_of(path);
	CLEANUP(folder_close) DIR *folder = name ? opendir(name) : NULL;
	const char *slash = strrchr(path, '/');
	const char *entry;
	struct stat st;
	while (folder && (entry = folder_next(folder)))
		if (is_temporary(entry, slash ? slash + 1 : path) &&
			fstatat(dirfd(folder), entry, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode) && time(NULL) - st.st_mtime > TEMPORARY_MAX_S)
			(void)unlinkat(dirfd(folder), entry, 0);
}

/* As rename(2), but refuses to replace. link(2) does so on every filesystem that has it. */
static int rename_new(const char *from, const char *to)
{
	if (link(from, to) < 0)
		return -1;
	(void)unlink(from);
	return 0;
}

typedef int rename_fn(const char *from, const char *to);

static int put_file(const char *path, const void *data, size_t len, mode_t mode, rename_fn *place,
	struct error *err)
{
	CLEANUP(path_free) char *temporary = NULL;
	remove_abandoned(path);
	if (asprintf(&temporary, "%s%s", path, TEMPORARY) < 0) {
		temporary = NULL;
		return error_errno(err, "%s", path);
	}
	CLEANUP(close_fd) int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "%s: cannot be created", temporary);
	if (fchmod(fd, mode) < 0 || write_all(fd, data, len) < 0 || fsync(fd) < 0 ||
		place(temporary, path) < 0) {
		(void)error_errno(err, "%s: cannot be written", path);
		int saved = errno;
		(void)unlink(temporary);
		errno = saved;
		return -1;
	}
	return sync_folder(path, err);
}

int file_write(const char *path, const void *data, size_t len, mode_t mode, struct error *err)
{
	return put_file(path, data, len, mode, rename, err);
}

int file_create(const char *path, const void *data, size_t len, mode_t mode, struct error *err)
{
	return put_file(path, data, len, mode, rename_new, err);
}

char *path_join(const char *dir, const char *name)
{
	if (name[0] == '/')
		return strdup(name);
	size_t len = strlen(dir);
	const char *between = len > 0 && dir[len - 1] == '/' ? "" : "/";
	char *joined = NULL;
	return asprintf(&joined, "%s%s%s", dir, between, name) < 0 ? NULL : joined;
}

void path_free(char **path)
{
	int saved = errno;
	free(*path);
	errno = saved;
}
