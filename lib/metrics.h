#ifndef FLEET_METRICS_H
#define FLEET_METRICS_H

#include <stddef.h>

/*
 * The catalogue: every metric the server knows, one line each in lib/metrics.def.
 *
 * A metric's name is what stands in the `metric` table and in <alert type>: node_exporter's
 * stem without `node_`, base units, ratios from 0 to 1. Its friendly name (`alert`: cpu,
 * memory, swap, disk, inodes, load, …) is what people write in config.xml; both are accepted.
 */
enum metric_kind {
	METRIC_GAUGE, /* the raw value of `source` */
	METRIC_RATE,  /* per second, of the counter `source` */
	METRIC_CPU,   /* computed from several raw samples; see lib/derive.c */
	METRIC_MEMORY,
	METRIC_FILESYSTEM,
	METRIC_SERVER, /* computed from the report's header: clock skew, uptime */
};

enum metric_unit { UNIT_NONE, UNIT_RATIO, UNIT_BYTES, UNIT_SECONDS, UNIT_BYTES_PER_SECOND,
	UNIT_PER_SECOND };

struct metric {
	const char *name;
	enum metric_unit unit;
	enum metric_kind kind;
	const char *source;   /* raw name in the report; "" when several */
	const char *instance; /* the raw label that tells instances apart; "" when one */
	const char *help;
	const char *alert;    /* friendly name; "" when none */
	int stored;           /* by default */
};

size_t metric_count(void);
const struct metric *metric_at(size_t i);

/* By name or friendly name; NULL when neither. */
const struct metric *metric_find(const char *name);

/* The nearest known friendly or full name, for "did you mean"; NULL when nothing is near. */
const char *metric_suggest(const char *name);

const char *unit_name(enum metric_unit u);

/* A value as people read it: "85.3 %", "3.2 GiB", "1.2 MB/s", "4 d 3 h". Returns `out`. */
char *metric_format(enum metric_unit u, double value, char *out, size_t size);

#endif
