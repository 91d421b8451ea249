#ifndef FLEET_METRICS_WORK_H
#define FLEET_METRICS_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/metrics/choice.h"
#include "lib/metrics/counters.h"
#include "lib/metrics/derive.h"
#include "lib/metrics/drafts.h"
#include "lib/metrics/series.h"

/*
 * What derive() knows of one report while it works on it. Part of derive.c, values.c and
 * customs.c and disks.c.
 */
enum { CPU_MODE_COUNT = 8 };

/* A name outside the catalogue that is stored. */
struct custom {
	const char *name; /* as it is stored; in `memory` of the work */
	struct series *series;
	size_t count;
	bool is_rate; /* of a counter */
};

struct work {
	const struct wire_report_header *header;
	const struct promtext *text;
	const struct derive_terms *terms;
	const struct metric_choice *choice; /* never NULL */
	struct series_index index;
	struct counters before, now;
	bool is_newer;	/* than `before` */
	bool is_grown;	/* and of the same boot: counters went on from there */
	double seconds; /* between them; 0 when there can be no rates */
	double cpu_seconds[CPU_MODE_COUNT];
	size_t cpu_count;
	struct custom *customs;
	size_t custom_count;
	struct drafts drafts;
	struct arena memory; /* of what drafts point to and the text has not */
};

/* Gives these series the keys under which their counters are kept, negative ones none. */
void work_key_counters(struct series *s, size_t count);

/* How much a counter grew since the report before, however long ago; negative when it was reset.
 * False when there are no two of it. The second is for rates: also when that was too long ago. */
bool work_gain(const struct work *w, const struct series *s, double *ret_gain);
bool work_growth(const struct work *w, const struct series *s, double *ret_growth);

/* Adds up cpu_seconds and cpu_count. */
void work_sum_cpus(struct work *w);

/* How metrics of one kind come to their values. */
struct kind {
	/* `s` is a series of the metric's source; NULL when the kind is_whole. False when there is
	 * no value. */
	bool (*value)(const struct work *w, const struct metric *m, const struct series *s,
		double *ret_value);
	bool is_whole;	       /* one value for the report, not one a series */
	bool is_counted;       /* by counters: those of the report before are looked up */
	bool is_counted_twice; /* by those of `other`, too */
	bool is_highest; /* of several series of one instance the highest counts; else the last */
};

const struct kind *work_kind(const struct metric *m);

/* The values of these labels, whose names have blanks between them, or of all with "*", joined by
 * slashes. NULL when one is missing; *ret_instance lives as long as work and text. */
int work_instance(struct work *w, const struct prom_sample *s, const char *labels,
	const char **ret_instance) MUST_CHECK;

/* The name of a disk that the device mapper made ("vg0-root" for "dm-0"), which stays the same when
 * the machine boots; of others, and when the report does not tell, `device` itself. */
const char *work_disk_name(const struct work *w, const char *device);

/* Finds the names outside the catalogue that are chosen, and keys their counters. */
int work_find_customs(struct work *w) MUST_CHECK;

/* Their readings. */
int work_add_customs(struct work *w) MUST_CHECK;

#endif
