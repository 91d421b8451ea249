#ifndef FLEET_METRICS_SERIES_H
#define FLEET_METRICS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/metrics/promtext.h"

/*
 * The samples of a report by family, so that a metric finds its sources without looking at the
 * whole report. A series is a name with labels; each stands once, with the value of its last line.
 */
struct series {
	const struct prom_sample *sample; /* into the text */
	uint64_t key;			  /* see series_key(); set by the user of the index */
	bool has_key;
};

/* All series of one name. */
struct family {
	const char *name; /* into the text */
	struct series *series;
	size_t count;
	uint64_t hash;	     /* private, as all that follows */
	struct family *next; /* in its slot */
	unsigned behind;     /* it, there */
	bool is_sorted;
};

struct series_index {
	struct family *families; /* each name once, in the order of the text */
	size_t count;
	size_t left_out;      /* samples of names that were made to be slow to find */
	struct series *items; /* private, as all that follows */
	struct family **slots;
	unsigned shift;
};

/* `text` must outlive the index. Returns -1 only without memory. */
int series_index_init(struct series_index *index, const struct promtext *text) MUST_CHECK;
void series_index_finish(struct series_index *index);

/* All series of that name, sorted by their labels: *ret_count from the one returned. They are
 * sorted in their place, when they are asked for first. */
struct series *series_named(const struct series_index *index, const char *name, size_t *ret_count);

/* The same of a family. */
struct series *series_of(struct family *f, size_t *ret_count);

/* That of `name` with the same labels as `like`, or NULL; and its value. */
const struct series *series_twin(
	const struct series_index *index, const char *name, const struct prom_sample *like);
bool series_like(const struct series_index *index, const char *name, const struct prom_sample *like,
	double *ret_value);

/* A hash of name and labels, the same on every machine. A client that makes two of its series have
 * one confuses nothing but its own rates. */
uint64_t series_key(const struct prom_sample *s);

#endif
