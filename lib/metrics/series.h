#ifndef FLEET_METRICS_SERIES_H
#define FLEET_METRICS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/metrics/promtext.h"

/*
 * The samples of a report as sorted series, so that a metric finds its sources without
 * looking at the whole report. A series is a name with labels; each stands once, with the
 * value of its last line.
 */
struct series {
	const struct prom_sample *sample; /* into the text */
	uint64_t key;			  /* see series_key(); set by the user of the index */
	bool has_key;
};

struct series_index {
	struct series *items; /* by name, then labels */
	size_t count;
};

/* `text` must outlive the index. Returns -1 only without memory. */
int series_index_init(struct series_index *index, const struct promtext *text) MUST_CHECK;
void series_index_finish(struct series_index *index);

/* All series of that name: *ret_count from the one returned. */
struct series *series_named(const struct series_index *index, const char *name, size_t *ret_count);

/* That of `name` with the same labels as `like`, or NULL; and its value. */
const struct series *series_twin(
	const struct series_index *index, const char *name, const struct prom_sample *like);
bool series_like(const struct series_index *index, const char *name, const struct prom_sample *like,
	double *ret_value);

/* The first 8 bytes of BLAKE2b-128 over name and labels, each with its NUL, read as a
 * little-endian number. Returns -1 only without memory. */
int series_key(const struct prom_sample *s, uint64_t *ret_key) MUST_CHECK;

#endif
