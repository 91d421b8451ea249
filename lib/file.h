#ifndef FLEET_FILE_H
#define FLEET_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buffer.h"
#include "lib/error.h"

/*
 * Reading and writing small files with care.
 */
enum file_rule {
	FILE_ANY,
	FILE_TRUSTED, /* owner is the user or root, and nobody else may write it */
	FILE_SECRET,  /* as TRUSTED, and nobody else may read it either */
};

/* Appends the whole regular file to `out`. Opened with O_NOFOLLOW | O_CLOEXEC and checked by
 * fstat(2) on the open descriptor. A refusal names the file, what is wrong and the command
 * that mends it (`chmod 600 FILE`). More than `size_max` bytes is an error. On failure errno
 * tells a missing file (ENOENT) from a refusal (EACCES owner or mode, ELOOP symbolic link,
 * EINVAL not a regular file, EFBIG too large), and `out` holds what it held before, wiped
 * behind that. */
int file_read(const char *path, enum file_rule rule, size_t size_max, struct buffer *out,
	struct error *err) MUST_CHECK;

/* Replaces `path` by these bytes, atomically and durably: temporary name in the same folder
 * (`PATH.tmp-` and six letters), fsync, rename, fsync of the folder. Temporaries of this path that
 * are older than an hour, left by writers that were killed, are removed first. */
int file_write(
	const char *path, const void *data, size_t len, mode_t mode, struct error *err) MUST_CHECK;

/* As file_write(), but never replaces: errno is EEXIST when something has that name already.
 * Of two programs that do so at once one wins, and whoever sees the file sees it whole. */
int file_create(
	const char *path, const void *data, size_t len, mode_t mode, struct error *err) MUST_CHECK;

/* Has anything this name, a symbolic link to nowhere included? */
bool file_is_there(const char *path);

/* "DIR/NAME" on the heap, or NAME itself when it is absolute. NULL without memory. */
char *path_join(const char *dir, const char *name) MUST_CHECK;

/* Frees it and keeps errno; for CLEANUP(). */
void path_free(char **path);

#endif
