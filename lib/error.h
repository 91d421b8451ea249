#ifndef FLEET_ERROR_H
#define FLEET_ERROR_H

#include "lib/compiler.h"

/*
 * One error text, built up by the layers it passes through.
 *
 * A fallible function returns 0 or -1 and takes a `struct error *` last, which is untouched
 * on success. The layer where it happened states the cause with error_set() or
 * error_errno(); each layer above adds its own context once with error_context(), so that
 * the reader sees `web1: host key: changed from SHA256:… to SHA256:…`.
 *
 * All functions accept NULL for a caller that does not care. All return -1, so that
 * `return error_set(err, …);` reads well.
 */
struct error {
	char text[1024]; /* NUL-terminated, no newline at its end, cut when too long */
};

/* States the cause; what stood there before is replaced. */
int error_set(struct error *err, const char *fmt, ...) PRINTF(2, 3);

/* That there is no memory. */
int error_no_memory(struct error *err);

/* As error_set(), followed by ": " and the text of the errno of the moment of the call. */
int error_errno(struct error *err, const char *fmt, ...) PRINTF(2, 3);

/* Puts "CONTEXT: " before what already stands there. */
int error_context(struct error *err, const char *fmt, ...) PRINTF(2, 3);

#endif
