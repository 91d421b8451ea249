#ifndef FLEET_REMOTE_BYTES_TEXT_H
#define FLEET_REMOTE_BYTES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/*
 * The report as it grows: Prometheus text format 0.0.4, in memory of the caller's.
 *
 * Samples come in order of priority. The first that does not fit is left out whole, and so is
 * everything after it, counted. Values are whole numbers of the last decimal place, so that no
 * binary fraction rounds what the kernel said: 1234 with two decimals is 12.34.
 */
struct text {
	char *data;
	size_t len, size;
	bool full;	  /* no room: everything that follows is left out */
	uint64_t cut;	  /* entries, lines and files that were not even read; told by others */
	uint64_t dropped; /* samples left out */
};

struct label {
	const char *name;
	struct span value; /* any bytes: escaped when written */
};

enum {
	TEXT_LABEL_MAX = 512, /* bytes of a label value; a sample with a longer one is left out */
	TEXT_DECIMALS_MAX = 9,
};

/* A family is named, by a line `# TYPE name type`, with its first sample: without any it is not in
 * the report. `type` is "gauge" or "counter". */
struct family {
	const char *name, *type;
	bool named;
};

void text_member(struct text *t, struct family *f, const struct label *labels, size_t label_count,
	int64_t value, unsigned decimals);
void text_member_unsigned(struct text *t, struct family *f, const struct label *labels,
	size_t label_count, uint64_t value, unsigned decimals);

/* For samples of somebody else's: the line that names their family, which comes before them. */
void text_type(struct text *t, const char *name, const char *type);

/* A sample as somebody else wrote it, which must be well-formed; labels with their braces, or "".
 */
void text_copy(struct text *t, struct span name, struct span labels, struct span value);

/* A family of a single sample without labels. */
void text_single(
	struct text *t, const char *name, const char *type, uint64_t value, unsigned decimals);
void text_single_signed(
	struct text *t, const char *name, const char *type, int64_t value, unsigned decimals);

/* A label of a NUL-terminated string. */
struct label text_label(const char *name, const char *value);

/* More room (`size` bytes in all) for what must not be missing, whatever was left out. */
void text_widen(struct text *t, size_t size);

/* How much was left out (`fleet_report_samples_dropped`; `fleet_report_truncated`, 0 or 1) and
 * `# EOF`; there is always room for them. */
void text_finish(struct text *t);

#endif
