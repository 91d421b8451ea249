/*
 * Documentation/admin-guide/cgroup-v2.rst: the limits that this program, and what runs beside it,
 * runs into first, and what of them is in use. What kind of container it is in, if any.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/cgroup.h"
#include "remote/bytes/tree.h"

enum { LIMIT_DECIMALS = 6 }; /* CGROUP_FRACTION */

/* clang-format off */
static const struct row {
	const char *file, *key; /* "": the file is the value */
	const char *name, *type;
	unsigned decimals;
} rows[] = {
	{ "memory.max",     "",               "fleet_cgroup_memory_limit_bytes",          "gauge",   0 },
	{ "memory.current", "",               "fleet_cgroup_memory_usage_bytes",          "gauge",   0 },
	{ "memory.stat",    "inactive_file",  "fleet_cgroup_memory_inactive_file_bytes",  "gauge",   0 },
	{ "memory.events",  "oom_kill",       "fleet_cgroup_memory_oom_kills_total",      "counter", 0 },
	{ "cpu.stat",       "usage_usec",     "fleet_cgroup_cpu_usage_seconds_total",     "counter", 6 },
	{ "cpu.stat",       "nr_periods",     "fleet_cgroup_cpu_periods_total",           "counter", 0 },
	{ "cpu.stat",       "nr_throttled",   "fleet_cgroup_cpu_throttled_periods_total", "counter", 0 },
	{ "cpu.stat",       "throttled_usec", "fleet_cgroup_cpu_throttled_seconds_total", "counter", 6 },
	{ "pids.max",       "",               "fleet_cgroup_pids_limit",                  "gauge",   0 },
	{ "pids.current",   "",               "fleet_cgroup_pids",                        "gauge",   0 },
};
/* clang-format on */

static bool find(struct span bytes, const struct row *row, uint64_t *ret_value)
{
	struct tree_line line;
	struct span word = { 0 };
	while (tree_next(&bytes, &line))
		if (span_is(line.file, row->file) &&
			(!*row->key || (span_word(&line.value, &word) && span_is(word, row->key))))
			return span_column(line.value, 0, ret_value);
	return false;
}

static void read_cpu_limit(struct span bytes, struct text *out)
{
	struct span value;
	if (!tree_find(bytes, (struct span){ "", 0 }, "cpu.max", &value))
		return;
	uint64_t limit = cgroup_limit(value);
	if (limit != UINT64_MAX)
		text_single(out, "fleet_cgroup_cpu_limit_cores", "gauge", limit, LIMIT_DECIMALS);
}

static void read_container(struct span bytes, struct text *out)
{
	struct family family = { "fleet_container_info", "gauge", false };
	struct label type = { .name = "type" };
	if (!tree_find(bytes, (struct span){ "", 0 }, "container", &type.value))
		return;
	text_member(out, &family, &type, 1, 1, 0);
}

void read_cgroup(struct span bytes, struct text *out)
{
	uint64_t value;
	read_container(bytes, out);
	read_cpu_limit(bytes, out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (find(bytes, &rows[i], &value))
			text_single(out, rows[i].name, rows[i].type, value, rows[i].decimals);
}
