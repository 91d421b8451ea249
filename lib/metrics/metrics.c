#include "lib/metrics/metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
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

static const char *const unit_names[] = {
	[UNIT_NONE] = "",
	[UNIT_RATIO] = "ratio",
	[UNIT_BYTES] = "bytes",
	[UNIT_SECONDS] = "seconds",
	[UNIT_BYTES_PER_SECOND] = "bytes_per_second",
	[UNIT_PER_SECOND] = "per_second",
	[UNIT_TIMESTAMP] = "timestamp",
	[UNIT_CELSIUS] = "celsius",
	[UNIT_WATTS] = "watts",
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

/* The longer end comes first. */
static const struct {
	const char *end;
	enum metric_unit unit;
} ends[] = {
	{ "_bytes_per_second", UNIT_BYTES_PER_SECOND },
	{ "_per_second", UNIT_PER_SECOND },
	{ "_bytes", UNIT_BYTES },
	{ "_celsius", UNIT_CELSIUS },
	{ "_ratio", UNIT_RATIO },
	{ "_mtime_seconds", UNIT_TIMESTAMP },
	{ "_timestamp_seconds", UNIT_TIMESTAMP },
	{ "_seconds", UNIT_SECONDS },
	{ "_watts", UNIT_WATTS },
};

static enum metric_unit unit_of_name(const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t end = strlen(ends[i].end);
		if (len > end && strcmp(name + len - end, ends[i].end) == 0)
			return ends[i].unit;
	}
	return UNIT_NONE;
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

const char *unit_name(enum metric_unit u)
{
	return unit_names[u];
}

enum { NAME_MAX_LEN = 64 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Insertions, deletions and replacements between two names, letter case aside (Levenshtein).
 * One row of the matrix is enough; `b` is at most NAME_MAX_LEN long. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	size_t len = strlen(b);
	for (size_t j = 0; j <= len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= len; j++) {
			int same = tolower((unsigned char)a[i - 1]) ==
				   tolower((unsigned char)b[j - 1]);
			unsigned replaced = diagonal + !same;
			diagonal = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, replaced);
		}
	}
	return row[len];
}

/* The nearest that is nearer than `nearest`. */
static const char *find_near(const char *name, unsigned nearest)
{
	const char *found = NULL;
	size_t len = strlen(name);
	if (len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < 2 * ARRAY_LEN(metrics); i++) {
		const struct metric *m = &metrics[i / 2];
		const char *known = i % 2 ? m->name : m->alert;
		size_t other = strlen(known), least_edits = other > len ? other - len : len - other;
		if (!other || least_edits >= nearest)
			continue;
		unsigned distance = edit_distance(known, name);
		if (distance < nearest) {
			nearest = distance;
			found = known;
		}
	}
	return found;
}

const char *metric_suggest(const char *name)
{
	return find_near(name, (unsigned)(strlen(name) / 3 + 1)); /* a third wrong */
}

const char *metric_misspelt(const char *name)
{
	return metric_find(name) ? NULL : find_near(name, 3);
}

/* 1536 → "1.5 KiB"; `step` is 1024 or 1000, `units` its prefixes. */
static void format_scaled(
	double value, double step, const char *const units[static 6], char *out, size_t size)
{
	size_t i = 0;
	for (; fabs(value) >= step && i < 5; i++)
		value /= step;
	(void)snprintf(out, size, "%.*f %s", i > 0 && fabs(value) < 100 ? 1 : 0, value, units[i]);
}

/* The two largest parts: "4 d 3 h". */
static void format_duration(double seconds, char *out, size_t size)
{
	static const struct {
		uint64_t seconds;
		const char *unit;
	} parts[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	const char *sign = seconds < 0 ? "-" : "";
	double length = fabs(seconds);
	if (length < 60 || length > 1e15) {
		(void)snprintf(out, size, "%s%.3g s", sign, length);
		return;
	}
	uint64_t whole = (uint64_t)length;
	size_t i = 0;
	while (whole < parts[i].seconds)
		i++;
	(void)snprintf(out, size, "%s%ju %s %ju %s", sign, (uintmax_t)(whole / parts[i].seconds),
		parts[i].unit, (uintmax_t)(whole % parts[i].seconds / parts[i + 1].seconds),
		parts[i + 1].unit);
}

static void format_timestamp(double seconds, char *out, size_t size)
{
	char text[CLOCK_TEXT_SIZE] = "?";
	if (fabs(seconds) < 1e11)
		(void)clock_format_utc((int64_t)(seconds * 1000), text);
	(void)snprintf(out, size, "%s", text);
}

static void format_plain(double value, char *out, size_t size)
{
	int decimals = value == floor(value) || fabs(value) >= 1e6 ? 0 : 2;
	(void)snprintf(out, size, "%.*f", decimals, value);
}

char *metric_format(enum metric_unit u, double value, char *out, size_t size)
{
	static const char *const binary[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	static const char *const decimal[] = { "B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s" };
	switch (u) {
	case UNIT_RATIO:
		(void)snprintf(out, size, "%.1f %%", value * 100);
		break;
	case UNIT_BYTES:
		format_scaled(value, 1024, binary, out, size);
		break;
	case UNIT_BYTES_PER_SECOND:
		format_scaled(value, 1000, decimal, out, size);
		break;
	case UNIT_SECONDS:
		format_duration(value, out, size);
		break;
	case UNIT_TIMESTAMP:
		format_timestamp(value, out, size);
		break;
	case UNIT_PER_SECOND:
		(void)snprintf(out, size, "%.1f/s", value);
		break;
	case UNIT_CELSIUS:
		(void)snprintf(out, size, "%.1f °C", value);
		break;
	case UNIT_WATTS:
		(void)snprintf(out, size, "%.1f W", value);
		break;
	case UNIT_NONE:
		format_plain(value, out, size);
		break;
	}
	return out;
}
