#ifndef FLEET_METRICS_DERIVE_H
#define FLEET_METRICS_DERIVE_H

#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"
#include "lib/metrics/choice.h"
#include "lib/metrics/metrics.h"
#include "lib/metrics/promtext.h"
#include "lib/wire/wire.h"

/*
 * Raw counters and gauges of one report, with the counters of the one before, to readings.
 * Pure: no clock, no I/O.
 *
 * Rates are only made when both reports are of the same boot, the earlier one is really
 * earlier by the client's monotonic clock, the gap is no longer than the caller allows, and the
 * counter did not go backwards. Otherwise the reading is absent, which means "not measured";
 * it is never 0. What a counter gained in number (METRIC_GROWTH) is told after any gap. A report
 * older than the stored counters (by the monotonic clock within a boot, by the attempt id's across
 * boots: the server's clock may go back) gets no rates and replaces nothing.
 *
 * A value that cannot be (a negative counter, more memory available than there is) makes its
 * reading absent, too. When two series give one metric the same instance, such as two
 * filesystems at one mount point, the later line wins. What one host may claim is capped:
 * instances of a metric, readings of names outside the catalogue, and the length of an instance's
 * name; what is beyond is a reading itself (readings_left_out).
 *
 * Names outside the catalogue are stored where the choice says so (choice.h): of a gauge, and of
 * what has no type, the value under its own name; of a counter, which is what a TYPE line says or
 * a name that ends in _total, the rate as NAME_per_second without that end. Their instance is the
 * values of all labels, in the order of the labels' names, with slashes between them. Histograms
 * and summaries are not stored.
 *
 * Of what is chosen of them is left out, and counted in readings_left_out: names that the catalogue
 * has, friendly ones too; names too long; of counters x and x_total and a gauge x_per_second, which
 * would all be stored as the last, all but one; of two series whose labels' values make one
 * instance the earlier line; and what is beyond the caps, where those that alerts compare come
 * first. So are samples of any name that was made to have the hash of dozens of others.
 */
enum {
	DERIVE_INSTANCES_MAX = 256,	  /* of one metric in one report */
	DERIVE_INSTANCE_LENGTH_MAX = 255, /* bytes */
	DERIVE_CUSTOM_MAX = 1000,	  /* readings outside the catalogue in one report */
	DERIVE_CUSTOM_NAME_MAX = 128,	  /* bytes */
	DERIVE_STORED_NAME_SIZE = DERIVE_CUSTOM_NAME_MAX + sizeof "_per_second",
};

/* The name under which a sample outside the catalogue is stored where it is chosen; "" when there
 * can be none. */
void derive_custom_name(const struct prom_sample *s, char ret_name[static DERIVE_STORED_NAME_SIZE]);

struct reading {
	const char *metric;   /* of the catalogue: static; else as the instance */
	const char *instance; /* "" when the metric has one only; see escape_text() */
	double value;	      /* finite */
};

struct readings {
	struct reading *items;
	size_t count;
	void *memory; /* private: owns the names */
};

void readings_finish(struct readings *r);

/* How a report is to be taken. */
struct derive_terms {
	int64_t asked_at_ms; /* by the server's clock: the client read its own after this, */
	int64_t came_at_ms;  /* and before this */
	int64_t gap_max_ms;  /* the longest time that a rate may be the mean of */
	const struct metric_choice *choice; /* what is stored; NULL = what the catalogue says */
	const char *asks; /* what the probe was asked for (lib/wire/ask.h), or NULL */
};

/* `counters` is what storage holds for the client, as lib/metrics/counters.h says (length 0 at
 * first; damaged bytes count as none). *ret_counters receives what is to be stored in its place, or
 * stays empty when the stored ones are newer. Returns -1 only without memory. */
int derive(const struct wire_report_header *header, const struct promtext *text,
	const struct derive_terms *terms, const void *counters, size_t counters_len,
	struct readings *ret_readings, struct buffer *ret_counters, struct error *err) MUST_CHECK;

#endif
