/* Documentation/scheduler/sched-stats.rst: /proc/schedstat, a line a CPU (the domains between
 * them are passed over), times in nanoseconds. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"

/* clang-format off */
static const struct {
	unsigned column; /* behind "cpuN" */
	const char *name;
	unsigned decimals;
} rows[] = {
	{ 6, "node_schedstat_running_seconds_total", 9 },
	{ 7, "node_schedstat_waiting_seconds_total", 9 },
	{ 8, "node_schedstat_timeslices_total",      0 },
};
/* clang-format on */

static bool take_cpu(struct span *line, struct label *ret_cpu)
{
	struct span word;
	uint64_t number;
	if (!span_word(line, &word) || !span_starts(word, "cpu"))
		return false;
	*ret_cpu = (struct label){ "cpu", { word.at + 3, word.len - 3 } };
	return span_u64(ret_cpu->value, &number);
}

void read_schedstat(struct span bytes, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span line, rest = bytes;
		struct label cpu;
		struct family family = { .name = rows[i].name, .type = "counter" };
		uint64_t value;
		while (span_line(&rest, &line))
			if (take_cpu(&line, &cpu) && span_column(line, rows[i].column, &value) &&
				value <= INT64_MAX)
				text_member(
					out, &family, &cpu, 1, (int64_t)value, rows[i].decimals);
	}
}
