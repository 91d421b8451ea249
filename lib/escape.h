#ifndef FLEET_ESCAPE_H
#define FLEET_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Text that came from a remote host, made safe to show on a terminal, in a log or in a mail.
 */

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no overlong form, no surrogate). */
bool utf8_valid(const char *s, size_t len);

/* How many bytes of `s` (`len` of them) are at most `max` and end no character half-way. */
size_t utf8_cut(const char *s, size_t len, size_t max);

/*
 * Copies `len` bytes of `s` to `out` (`size` bytes, always NUL-terminated): printable UTF-8 as
 * it is; control characters (C0, DEL, C1, and the bidirectional marks and overrides that make
 * text lie about its order) and bytes that are not UTF-8 as \xHH. What does not fit is cut at a
 * character. Returns the length written, without the NUL. `size` is at least 1.
 */
size_t escape_text(char *out, size_t size, const char *s, size_t len);

/* The same in one line: ends of lines and tabs are blanks, in `s` itself, and those at its end go.
 */
size_t escape_line(char *out, size_t size, char *s, size_t len);

#endif
