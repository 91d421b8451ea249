#ifndef FLEET_REMOTE_BYTES_BUNDLE_H
#define FLEET_REMOTE_BYTES_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/*
 * Several files in one run of bytes, for a reader whose source is more than one file, or wants
 * to know how old a file is:
 *
 *   KIND TIME SIZE LENGTH PATH newline, LENGTH bytes, newline
 *
 * TIME is in nanoseconds since 1970: of a file when it was last written, of kind "now" what the
 * clock said. SIZE is negative for a file that is not there or cannot be read.
 */
enum { BUNDLE_MISSING = -1, BUNDLE_HIDDEN = -2 /* it may be there */ };

struct bundle_file {
	struct span kind, path, bytes;
	int64_t time_ns, size;
};

/* Takes the next one off `rest`. False at the end, and where the rest is no such thing. */
bool bundle_next(struct span *rest, struct bundle_file *ret_file);

/* Finds the first of a kind. */
bool bundle_find(struct span bundle, const char *kind, struct bundle_file *ret_file);

/* Where a gather writes one. */
struct bundle {
	char *data;
	size_t len, size;
};

/* Appends one; `f->bytes` may already stand anywhere in the free part. False, and nothing
 * appended, when it does not fit or the path holds a newline. */
bool bundle_add(struct bundle *b, const struct bundle_file *f);

/* The bytes of a file that was found in it, for a gather that has more to do to them. */
char *bundle_bytes(struct bundle *b, const struct bundle_file *f);

#endif
