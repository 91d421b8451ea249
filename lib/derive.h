#ifndef FLEET_DERIVE_H
#define FLEET_DERIVE_H

#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"
#include "lib/metrics.h"
#include "lib/promtext.h"
#include "lib/wire.h"

/*
 * Raw counters and gauges of one report, with the counters of the one before, to readings.
 * Pure: no clock, no I/O.
 *
 * Rates are only made when both reports are of the same boot, the earlier one is really
 * earlier by the client's monotonic clock, the gap is at most DERIVE_GAP_MAX_MS, and the
 * counter did not go backwards. Otherwise the reading is absent, which means "not measured";
 * it is never 0. A report older than the stored counters gets no rates and replaces nothing.
 *
 * Packed counters (the `report` table), little-endian:
 *   u8 version (1), u8 boot id[16], i64 monotonic ms, u32 count,
 *   count × (u64 key, f64 value), sorted by key
 * where key is the first 8 bytes of BLAKE2b over the raw name, labels included.
 */
enum { DERIVE_GAP_MAX_MS = 3600 * 1000 };

struct reading {
	const char *metric;   /* catalogue name: static */
	const char *instance; /* "" when the metric has one only */
	double value;
};

struct readings {
	struct reading *items;
	size_t count;
	void *memory; /* private: owns the instances */
};

void readings_finish(struct readings *r);

/* `counters` is what storage holds for the client (length 0 at first; damaged bytes count as
 * none). *ret_counters receives what is to be stored in its place, or stays empty when the
 * stored ones are newer. `taken_at_ms` is the server's time of the attempt. Returns -1 only
 * without memory. */
int derive(const struct wire_report_header *header, const struct promtext *text,
	int64_t taken_at_ms, const void *counters, size_t counters_len,
	struct readings *ret_readings, struct buffer *ret_counters, struct error *err) MUST_CHECK;

#endif
