/*
 * How fast each processor runs, and how often heat held it back, of /sys/devices/system/cpu:
 * Documentation/admin-guide/pm/cpufreq.rst, Documentation/admin-guide/cputopology.rst and
 * arch/x86/kernel/cpu/mce/therm_throt.c. Frequencies are in kHz.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

enum { SEEN_MAX = 2048 };

/* What is counted once, though each of its processors tells of it. */
struct seen {
	uint64_t keys[SEEN_MAX];
	size_t count;
};

static const struct tree_entries entries = { .label = "cpu", .prefix = "cpu" };

/* clang-format off */
static const struct tree_row rows[] = {
	{ "cpufreq/scaling_cur_freq", "node_cpu_scaling_frequency_hertz",     "gauge", 1000, 0, false },
	{ "cpufreq/scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", "gauge", 1000, 0, false },
	{ "cpufreq/scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", "gauge", 1000, 0, false },
};
/* clang-format on */

static void write_governors(struct span tree, struct text *out)
{
	struct family family = { "node_cpu_scaling_governor", "gauge", false };
	struct span entry, lines, now, all, governor;
	while (tree_entry(&tree, &entry, &lines)) {
		struct label labels[] = { { "cpu", entry }, { .name = "governor" } };
		if (!tree_strip(&labels[0].value, "cpu") ||
			!tree_find(lines, entry, "cpufreq/scaling_governor", &now) ||
			!tree_find(lines, entry, "cpufreq/scaling_available_governors", &all))
			continue;
		while (span_word(&all, &governor)) {
			labels[1].value = governor;
			text_member(out, &family, labels, 2, span_equal(governor, now), 0);
		}
	}
}

static bool is_new(struct seen *s, uint64_t key)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->keys[i] == key)
			return false;
	if (s->count == SEEN_MAX)
		return false;
	s->keys[s->count++] = key;
	return true;
}

/* Of each package, and within it of each core when `by_core`. */
static void write_throttles(
	struct span tree, const char *name, const char *file, bool by_core, struct text *out)
{
	struct family family = { name, "counter", false };
	struct seen seen = { .count = 0 };
	struct span entry, lines;
	uint64_t core, package;
	int64_t count;
	while (tree_entry(&tree, &entry, &lines)) {
		struct label labels[] = { { .name = "package" }, { .name = "core" } };
		if (!tree_u64(lines, entry, "topology/core_id", &core) ||
			!tree_u64(lines, entry, "topology/physical_package_id", &package) ||
			!tree_i64(lines, entry, file, &count) ||
			!is_new(&seen, by_core ? package << 32 | core : package))
			continue;
		(void)tree_find(lines, entry, "topology/core_id", &labels[1].value);
		(void)tree_find(lines, entry, "topology/physical_package_id", &labels[0].value);
		text_member(out, &family, labels, by_core ? 2 : 1, count, 0);
	}
}

void read_cpufreq(struct span tree, struct text *out)
{
	tree_rows(tree, &entries, rows, ARRAY_LEN(rows), out);
	write_governors(tree, out);
	write_throttles(tree, "node_cpu_core_throttles_total",
		"thermal_throttle/core_throttle_count", true, out);
	write_throttles(tree, "node_cpu_package_throttles_total",
		"thermal_throttle/package_throttle_count", false, out);
}
