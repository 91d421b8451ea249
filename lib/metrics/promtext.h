#ifndef FLEET_METRICS_PROMTEXT_H
#define FLEET_METRICS_PROMTEXT_H

#include <stddef.h>

#include "lib/error.h"

/*
 * The Prometheus text exposition format, version 0.0.4, as far as a report uses it:
 * `# TYPE` (whose samples follow it), `# HELP`, comments, and `name{label="value",…} number` lines.
 * Source: prometheus.io, "Exposition formats", text-based format.
 *
 * The text is hostile. A line that is not well-formed is skipped and counted, never the
 * whole report: names must match [a-zA-Z_:][a-zA-Z0-9_:]*, a label may stand once, label values
 * must be valid UTF-8, numbers must be decimal and finite (NaN and infinities are refused by
 * value), and there are caps on lines, labels and samples. A last line without its newline was
 * cut and is refused; so is what follows `# EOF`. Timestamps are read and dropped.
 */
enum { PROMTEXT_LINE_MAX = 8192, PROMTEXT_LABELS_MAX = 16, PROMTEXT_SAMPLES_MAX = 20000 };

struct prom_label {
	const char *name, *value; /* NUL-terminated, unescaped */
};

/* As the TYPE line before it says. */
enum prom_type {
	PROM_UNTYPED, /* or there is none */
	PROM_GAUGE,
	PROM_COUNTER,
	PROM_PART, /* of a histogram or summary */
};

struct prom_sample {
	const char *name;		 /* the same pointer for those of one name in a row */
	const struct prom_label *labels; /* sorted by name */
	size_t label_count;
	enum prom_type type;
	double value;
};

/* Everything a text says. Owns copies of all strings; independent of the input. */
struct promtext {
	struct prom_sample *samples;
	size_t count;
	size_t rejected; /* lines refused */
	int complete;	 /* "# EOF" was seen */
	void *memory;	 /* private */
};

/* Returns -1 only without memory. */
int promtext_parse(
	const char *text, size_t len, struct promtext *ret_text, struct error *err) MUST_CHECK;

void promtext_finish(struct promtext *t);

/* The value of a label, or NULL. */
const char *prom_label(const struct prom_sample *s, const char *name);

/* The same; of `name` the first `len` bytes count. */
const char *prom_label_n(const struct prom_sample *s, const char *name, size_t len);

#endif
