#include "lib/metrics/metrics.h"

#include <string.h>

#include "lib/compiler.h"

/* clang-format off */
#define ROW(name, group, is_stored, unit, kind, source, other, only, instance, alert, help) \
	{ #name, METRIC_GROUP_##group, is_stored, UNIT_##unit, METRIC_##kind, source, other, only, \
		instance, alert, help },
#define CPU(name, group, is_stored, source, modes, alert, help) \
	ROW(name, group, is_stored, RATIO, CPU, source, modes, "", "", alert, help)
#define PER_CPU(name, group, is_stored, source, alert, help) \
	ROW(name, group, is_stored, NONE, PER_CPU, source, "", "", "", alert, help)
#define GAUGE(name, group, is_stored, unit, label, alert, help) \
	ROW(name, group, is_stored, unit, GAUGE, "node_" #name, "", "", label, alert, help)
#define PROBE(name, group, is_stored, unit, label, alert, help) \
	ROW(name, group, is_stored, unit, GAUGE, "fleet_" #name, "", "", label, alert, help)
#define PERCENT(name, group, is_stored, source, label, alert, help) \
	ROW(name, group, is_stored, RATIO, PERCENT, source, "", "", label, alert, help)
#define STATE(name, group, is_stored, source, only, label, alert, help) \
	ROW(name, group, is_stored, NONE, GAUGE, source, "", only, label, alert, help)
#define HIGHEST(name, group, is_stored, unit, source, label, alert, help) \
	ROW(name, group, is_stored, unit, HIGHEST, source, "", "", label, alert, help)
#define USED(name, group, is_stored, whole, without, label, alert, help) \
	ROW(name, group, is_stored, RATIO, USED, whole, without, "", label, alert, help)
#define SHARE(name, group, is_stored, part, whole, label, alert, help) \
	ROW(name, group, is_stored, RATIO, SHARE, part, whole, "", label, alert, help)
#define HIGHEST_SHARE(name, group, is_stored, part, whole, label, alert, help) \
	ROW(name, group, is_stored, RATIO, HIGHEST_SHARE, part, whole, "", label, alert, help)
#define FILESYSTEM(name, group, is_stored, alert, help) \
	ROW(name, group, is_stored, RATIO, FILESYSTEM, "node_filesystem_size_bytes", "", "", \
		"mountpoint", alert, help)
#define RATE(name, group, is_stored, source, unit, label, alert, help) \
	ROW(name, group, is_stored, unit, RATE, source, "", "", label, alert, help)
#define GROWTH(name, group, is_stored, source, label, alert, help) \
	ROW(name, group, is_stored, NONE, GROWTH, source, "", "", label, alert, help)
#define GROWTH_SHARE(name, group, is_stored, part, whole, label, alert, help) \
	ROW(name, group, is_stored, RATIO, GROWTH_SHARE, part, whole, "", label, alert, help)
#define CGROUP(name, group, is_stored, alert, help) \
	ROW(name, group, is_stored, RATIO, CGROUP, "fleet_cgroup_memory_usage_bytes", \
		"fleet_cgroup_memory_limit_bytes", "", "", alert, help)
#define CLOCK(name, group, is_stored, alert, help) \
	ROW(name, group, is_stored, NONE, CLOCK, "node_timex_sync_status", \
		"node_timex_maxerror_seconds", "", "", alert, help)
#define TIME_LEFT(name, group, is_stored, source, alert, help) \
	ROW(name, group, is_stored, SECONDS, TIME_LEFT, source, "", "", "", alert, help)
#define HEADER(name, group, is_stored, kind, alert, help) \
	ROW(name, group, is_stored, SECONDS, kind, "", "", "", "", alert, help)
#define COUNT(name, group, is_stored, kind, alert, help) \
	ROW(name, group, is_stored, NONE, kind, "", "", "", "", alert, help)

static const struct metric metrics[] = {
#include "lib/metrics/metrics.def"
};
/* clang-format on */

_Static_assert(ARRAY_LEN(metrics) <= METRIC_COUNT_MAX, "a choice has no room for all");

static const char *const group_names[METRIC_GROUP_COUNT] = {
	[METRIC_GROUP_CPU] = "cpu",
	[METRIC_GROUP_MEMORY] = "memory",
	[METRIC_GROUP_FILESYSTEM] = "filesystem",
	[METRIC_GROUP_DISK] = "disk",
	[METRIC_GROUP_NETWORK] = "network",
	[METRIC_GROUP_SENSORS] = "sensors",
	[METRIC_GROUP_PROCESS] = "process",
	[METRIC_GROUP_SYSTEM] = "system",
	[METRIC_GROUP_CONTAINER] = "container",
	[METRIC_GROUP_CUSTOM] = "custom",
};

size_t metric_count(void)
{
	return ARRAY_LEN(metrics);
}

const struct metric *metric_at(size_t i)
{
	return &metrics[i];
}

/* Nearly all differ in their first letter: a configuration looks up a hundred thousand names. */
static bool is_same(const char *a, const char *b)
{
	return a[0] == b[0] && strcmp(a, b) == 0;
}

const struct metric *metric_find(const char *name)
{
	if (!*name)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		if (is_same(metrics[i].name, name) || is_same(metrics[i].alert, name))
			return &metrics[i];
	return NULL;
}

const struct metric *metric_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		if (is_same(metrics[i].name, name))
			return &metrics[i];
	return NULL;
}

size_t metric_counter_stem(const char *name)
{
	static const char end[] = "_total";
	size_t len = strlen(name);
	return len >= sizeof end && strcmp(name + len - (sizeof end - 1), end) == 0
		       ? len - (sizeof end - 1)
		       : 0;
}

size_t metric_index(const struct metric *m)
{
	return (size_t)(m - metrics);
}

struct metric metric_named(const char *name)
{
	const struct metric *known = metric_find(name);
	if (known)
		return *known;
	return (struct metric){
		.name = name,
		.group = METRIC_GROUP_CUSTOM,
		.unit = unit_of_name(name),
		.source = "",
		.other = "",
		.only = "",
		.instance = "*",
		.alert = "",
		.help = "",
	};
}

const char *metric_group_name(enum metric_group g)
{
	return group_names[g];
}
