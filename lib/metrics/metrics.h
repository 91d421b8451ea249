#ifndef FLEET_METRICS_METRICS_H
#define FLEET_METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/metrics/unit.h"

/*
 * The catalogue: every metric the server makes of a report, one line each in
 * lib/metrics/metrics.def. Stored by default are those that people look at and alert on, about a
 * hundred readings for an ordinary server: four filesystems, three network devices, four disks, two
 * chips with sensors, a RAID. What else a client reports can be chosen (choice.h), and is there to
 * be seen in its last report.
 *
 * A metric's name is what stands in the `metric` table and in <alert type>: node_exporter's
 * stem without `node_`, base units, ratios from 0 to 1. Its friendly name (`alert`: cpu,
 * memory, swap, disk, inodes, load, …) is what people write in config.xml; both are accepted.
 */
enum metric_kind {
	METRIC_GAUGE,	/* the raw value of `source` */
	METRIC_HIGHEST, /* the same, of several series of one instance the highest */
	METRIC_PERCENT, /* the share that the percentage `source` is */
	METRIC_RATE,	/* per second, of the counter `source` */
	METRIC_GROWTH,	/* what the counter `source` gained since the last report */
	METRIC_CPU,	/* share of the CPU time since the last report in the modes `other` */
	METRIC_PER_CPU, /* `source` by the number of CPUs */
	METRIC_USED,	/* the share of `source` that is not in `other` */
	METRIC_SHARE,	/* the share that `source` is of `other` */
	METRIC_HIGHEST_SHARE,
	METRIC_GROWTH_SHARE, /* of what both counters gained since the last report */
	METRIC_FILESYSTEM,   /* used by what is used or free for everybody, as df(1) */
	METRIC_CGROUP,	     /* the share of `other`, without caches of files that are not in use */
	METRIC_CLOCK, /* 1 when somebody holds the clock: the flag `source`, the error `other` */
	METRIC_TIME_LEFT, /* until the time `source`, by the server's clock */
	METRIC_UPTIME,	  /* these three come from the report's header */
	METRIC_SKEW,
	METRIC_DEVIATION,
	METRIC_UNANSWERED, /* what was asked for and the report has no word on */
	METRIC_REJECTED,   /* lines of the report that are no samples */
	METRIC_LEFT_OUT,   /* readings of the metrics before, beyond the caps of derive.h */
	METRIC_KIND_COUNT
};

/* What belongs together, by the names that <metrics include> takes: "cpu", "memory", … */
enum metric_group {
	METRIC_GROUP_CPU,
	METRIC_GROUP_MEMORY,
	METRIC_GROUP_FILESYSTEM,
	METRIC_GROUP_DISK,
	METRIC_GROUP_NETWORK,
	METRIC_GROUP_SENSORS,
	METRIC_GROUP_PROCESS,
	METRIC_GROUP_SYSTEM,
	METRIC_GROUP_CONTAINER,
	METRIC_GROUP_CUSTOM, /* of all names outside the catalogue; no metric in it has this */
	METRIC_GROUP_COUNT
};

const char *metric_group_name(enum metric_group g);

enum { METRIC_COUNT_MAX = 512, METRIC_ORDINARY_MAX = 105 /* readings of such a server */ };

struct metric {
	const char *name;
	enum metric_group group;
	bool is_stored; /* unless it is chosen otherwise: see choice.h */
	enum metric_unit unit;
	enum metric_kind kind;
	const char *source;   /* raw name in the report; "" when it comes from the header */
	const char *other;    /* second raw name, or CPU modes with blanks between; "" when none */
	const char *only;     /* of its series those with this label, as "state=failed"; "" all */
	const char *instance; /* the raw labels that tell instances apart, with blanks between them;
				 their values have slashes between them. "" when one */
	const char *alert;    /* friendly name; "" when none */
	const char *help;
};

size_t metric_count(void);
const struct metric *metric_at(size_t i);
size_t metric_index(const struct metric *m);

/* By name or friendly name; NULL when neither. */
const struct metric *metric_find(const char *name);

/* The same, or what is known of a name outside the catalogue, which it must outlive: a custom
 * metric, whose unit is told by the end of its name, and which has instances. */
struct metric metric_named(const char *name);

/* By name alone. */
const struct metric *metric_by_name(const char *name);

/* How long a counter's name is without _total, the end that Prometheus' conventions give it; 0 when
 * it has no such end. */
size_t metric_counter_stem(const char *name);

#endif
