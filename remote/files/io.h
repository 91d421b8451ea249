#ifndef FLEET_REMOTE_FILES_IO_H
#define FLEET_REMOTE_FILES_IO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "lib/compiler.h"
#include "remote/bytes/span.h"

/*
 * The few system calls, with the care they want: interrupted and partial ones are resumed,
 * nothing is allocated. A file is never waited for: what has nothing to say now has failed.
 */

/* What that clock says, in milliseconds. */
int64_t io_clock_ms(clockid_t clock);

/* Reads a regular or /proc file from its start, no symbolic link, at most `size` bytes.
 * Returns how many, or -1. */
ssize_t io_read_file(int dir_fd, const char *path, char *out, size_t size) MUST_CHECK;

/* Opens to read, through symbolic links, nothing but a regular file (as those of /proc and /sys
 * are). What else there is, is not touched: devices do things when they are opened. */
int io_open_regular(int dir_fd, const char *path) MUST_CHECK;

/* A read(2) that is resumed when it is interrupted. */
ssize_t io_read_some(int fd, char *out, size_t size) MUST_CHECK;

/* The same as io_read_file() of what io_open_regular() opens. */
ssize_t io_read_regular(int dir_fd, const char *path, char *out, size_t size) MUST_CHECK;

/* The same with a single read(2), which is all that a file of /sys has; for folders of thousands
 * of them, so what kind of file it is goes unasked. */
ssize_t io_read_start(int dir_fd, const char *path, char *out, size_t size) MUST_CHECK;

/* "FOLDER/FILE". Returns false, with ENAMETOOLONG, when that is too long for a path. */
bool io_path(struct span folder, struct span file, char out[static PATH_MAX]) MUST_CHECK;

/* Calls `take` with each name in an open folder, for folders of any size. Returns 0 or -1. */
typedef void io_take_name(void *context, const char *name);
int io_each_name(int dir_fd, io_take_name *take, void *context) MUST_CHECK;

/* The names in an open folder, each with a newline; names that hold one are left out, and so is
 * what does not fit. Returns the length, or -1. */
ssize_t io_list_fd(int dir_fd, char *out, size_t size) MUST_CHECK;

/* Writes everything, also to a descriptor that somebody made non-blocking. */
int io_write(int fd, const void *data, size_t len) MUST_CHECK;

/* Lines from a descriptor, which may come in any pieces. */
struct io_lines {
	int fd;
	bool at_end;
	size_t len, taken;
	char data[8192]; /* a longer line is an error: WIRE_REQUEST_MAX */
};

/* The next line without its newline, NUL-terminated, valid until the next call; NULL at the
 * end of file and after an error. A last line without a newline is none. */
char *io_next_line(struct io_lines *in);

#endif
