#ifndef FLEET_METRICS_UNIT_H
#define FLEET_METRICS_UNIT_H

#include <stddef.h>

/*
 * What a metric is measured in, and how people read it.
 */
enum metric_unit {
	UNIT_NONE,
	UNIT_RATIO,
	UNIT_BYTES,
	UNIT_SECONDS,
	UNIT_BYTES_PER_SECOND,
	UNIT_PER_SECOND,
	UNIT_TIMESTAMP, /* seconds since 1970 */
	UNIT_CELSIUS,
	UNIT_WATTS,
};

/* As in the `metric` table: "ratio", "bytes_per_second", …; "" for a plain number. */
const char *unit_name(enum metric_unit u);

/* That of a name outside the catalogue, told by its end: _bytes, _bytes_per_second, _celsius,
 * _mtime_seconds, _per_second, _ratio, _seconds, _timestamp_seconds, _watts. */
enum metric_unit unit_of_name(const char *name);

/* A value as people read it: "85.3 %", "3.2 GiB", "1.2 MB/s", "4 d 3 h". Returns `out`. */
char *unit_format(enum metric_unit u, double value, char *out, size_t size);

#endif
