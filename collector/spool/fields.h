#ifndef FLEET_COLLECTOR_SPOOL_FIELDS_H
#define FLEET_COLLECTOR_SPOOL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines of fields with one space between them, as the collector's own files have: a reader
 * that remembers that something was wrong, so that a line is read straight down and judged
 * once at its end.
 */
struct fields {
	const char *at; /* the next field; NULL behind the last one */
	const char *end;
	bool bad;
};

/* Takes exactly this word. */
void fields_word(struct fields *f, const char *word);

/* Exactly 16 lower-case hex digits, of 63 bits; an attempt or cycle id is not 0 either. */
uint64_t fields_hex(struct fields *f);
uint64_t fields_id(struct fields *f);

/* Exactly `size` bytes in lower-case hex digits. */
void fields_bytes(struct fields *f, uint8_t *out, size_t size);

/* Decimal digits only, at most `max`. */
int64_t fields_number(struct fields *f, int64_t max);

/* The field as it stands; bad when it does not fit. Always NUL-terminated. */
void fields_raw(struct fields *f, char *out, size_t size);

/* A percent-encoded text (may be empty); bad when it does not fit or holds a NUL. */
void fields_text(struct fields *f, char *out, size_t size);

/* Whether everything was well-formed and nothing is left. */
bool fields_done(const struct fields *f);

enum { FIELDS_ENCODED = 3 }; /* most bytes that one byte becomes */

/* Percent-encodes spaces, '%', control characters and everything beyond ASCII. `out` holds
 * FIELDS_ENCODED * strlen(text) + 1 bytes. Returns `out`. */
char *fields_encode(char *out, const char *text);

#endif
