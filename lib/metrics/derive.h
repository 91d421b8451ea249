#ifndef FLEET_METRICS_DERIVE_H
#define FLEET_METRICS_DERIVE_H

#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"
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
 * it is never 0. A report older than the stored counters (by the monotonic clock within a
 * boot, by the attempt id's across boots: the server's clock may go back) gets no rates and replaces nothing.
 *
 * A value that cannot be (a negative counter, more memory available than there is) makes its
 * reading absent, too. When two series give one metric the same instance, such as two
 * filesystems at one mount point, the later line wins. What one host may claim is capped:
 * instances of a metric, and the length of an instance's name; what is beyond is a reading itself
 * (readings_left_out).
 */
enum {
	DERIVE_INSTANCES_MAX = 256,	  /* of one metric in one report */
	DERIVE_INSTANCE_LENGTH_MAX = 255, /* bytes */
};

struct reading {
	const char *metric;   /* catalogue name: static */
	const char *instance; /* "" when the metric has one only; see escape_text() */
	double value;	      /* finite */
};

struct readings {
	struct reading *items;
	size_t count;
	void *memory; /* private: owns the instances */
};

void readings_finish(struct readings *r);

/* `counters` is what storage holds for the client, as lib/metrics/counters.h says (length 0 at
 * first; damaged bytes count as none). *ret_counters receives what is to be stored in its place, or
 * stays empty when the stored ones are newer. `taken_at_ms` is the server's time of the attempt, to which the client's is compared.
 * `gap_max_ms` is the longest time that a rate may be the mean of. Returns -1 only without
 * memory. */
int derive(const struct wire_report_header *header, const struct promtext *text,
	int64_t taken_at_ms, int64_t gap_max_ms, const void *counters, size_t counters_len,
	struct readings *ret_readings, struct buffer *ret_counters, struct error *err) MUST_CHECK;

#endif
