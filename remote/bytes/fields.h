#ifndef FLEET_REMOTE_BYTES_FIELDS_H
#define FLEET_REMOTE_BYTES_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "remote/bytes/span.h"
#include "remote/bytes/text.h"

/*
 * Files that name their numbers: one row a metric. A reader takes names and numbers off its
 * bytes, in whatever shape they stand there, and notes each; then all are written in the order
 * of the rows, which may ask for one number twice. What no row asks for is passed over, and of two
 * of one name the first counts.
 */
struct field {
	const char *key;  /* as the reader notes it: "NAME", or "SECTION NAME" */
	const char *name; /* the metric's */
	const char *type;
	unsigned factor;   /* to the metric's unit, at its last decimal; or FIELD_PAGES */
	unsigned decimals; /* see text.h */
};

enum {
	FIELDS_MAX = 64,
	FIELD_KEY_MAX = 63, /* bytes of a key */
	FIELD_PAGES = 0,    /* as many bytes as the machine's pages have */
};

struct fields {
	const struct field *rows;
	size_t count;
	uint64_t as_long[FIELD_KEY_MAX + 1]; /* which rows' keys, a bit a row: few are as long */
	uint64_t noted;			     /* a bit a row */
	uint64_t values[FIELDS_MAX];
};

/* At most FIELDS_MAX rows, which stay the caller's. */
void fields_init(struct fields *f, const struct field *rows, size_t count);

/* The section may be empty. Passed over unless the first word of `number` is one, in decimal
 * digits. */
void fields_note(struct fields *f, struct span section, struct span name, struct span number);

/* Each row that was noted, as a family of a single sample. */
void fields_write(const struct fields *f, struct text *out);

/* All of it for the most common shape: a name and a number, divided by blanks, a line. */
void fields_read(struct span bytes, const struct field *rows, size_t count, struct text *out);

#endif
