#ifndef FLEET_BUFFER_H
#define FLEET_BUFFER_H

#include <stddef.h>

#include "lib/compiler.h"

/*
 * A growing run of bytes with a cap, for everything whose length another machine decides.
 *
 * Zero-initialised it is empty with no cap but SIZE_MAX / 4. `data` is always followed
 * by a NUL byte that `len` does not count, or is NULL while nothing was ever appended.
 */
struct buffer {
	char *data;
	size_t len;
	size_t size; /* bytes allocated */
	size_t cap;  /* most bytes it may hold; 0 means SIZE_MAX / 4 */
};

/* Frees the bytes and leaves an empty buffer with the same cap. Accepts a zeroed one. */
void buffer_finish(struct buffer *b);

/* The same after wiping them. What the buffer grew out of is not wiped: reserve room for a
 * secret before it is appended. */
void buffer_wipe(struct buffer *b);

/* Forgets the content, keeps the memory. */
void buffer_clear(struct buffer *b);

/* Each returns 0, or -1 with errno EFBIG (the cap) or ENOMEM; then nothing was appended. */
int buffer_append(struct buffer *b, const void *data, size_t len) MUST_CHECK;
int buffer_append_text(struct buffer *b, const char *text) MUST_CHECK;
int buffer_printf(struct buffer *b, const char *fmt, ...) MUST_CHECK PRINTF(2, 3);

/* Drops the first `len` bytes (at most all). */
void buffer_consume(struct buffer *b, size_t len);

/* Makes room for `len` more bytes and returns where they go, or NULL with errno as above; add to
 * `len` what was written there. */
char *buffer_reserve(struct buffer *b, size_t len) MUST_CHECK;

#endif
