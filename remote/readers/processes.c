/*
 * The lines of remote/bytes/tally.h. What node_exporter does not have is called fleet_process_….
 */
#include "remote/readers/readers.h"

#include <string.h>

#include "lib/compiler.h"

enum { FIELDS_MAX = 7, LABELS_MAX = 3 };

/* A family: of the lines of one kind, the field that is its value, and those that are labels. */
/* clang-format off */
static const struct row {
	const char *kind, *name, *type;
	unsigned value, decimals;
	struct {
		const char *name;
		unsigned field;
	} labels[LABELS_MAX];
} rows[] = {
	{ "pids",    "node_processes_pids",    "gauge", 1, 0, { { 0 } } },
	{ "threads", "node_processes_threads", "gauge", 1, 0, { { 0 } } },
	{ "state",   "node_processes_state",   "gauge", 1, 0, { { "state", 2 } } },
#define ASKED(name, type, value, decimals) \
	{ "asked", "fleet_process_" name, type, value, decimals, { { "name", 6 } } }
	ASKED("running",                          "gauge",   1, 0),
	ASKED("error",                            "gauge",   2, 0),
	ASKED("oldest_start_time_seconds",        "gauge",   3, 0),
	ASKED("cpu_seconds_total",                "counter", 4, 2),
	ASKED("resident_memory_bytes",            "gauge",   5, 0),
#define TOP(kind, name, type, decimals) \
	{ kind, "fleet_process_top_" name, type, 1, decimals, \
		{ { "name", 2 }, { "pid", 3 }, { "user", 4 } } }
	TOP("cpu",    "cpu_seconds_total",     "counter", 2),
	TOP("memory", "resident_memory_bytes", "gauge",   0),
};
/* clang-format on */

/* Returns how many there are. */
static size_t split(struct span line, struct span fields[static FIELDS_MAX])
{
	size_t count = 0;
	while (count < FIELDS_MAX) {
		const char *tab = line.len ? memchr(line.at, '\t', line.len) : NULL;
		size_t len = tab ? (size_t)(tab - line.at) : line.len;
		fields[count++] = (struct span){ line.at, len };
		if (!tab)
			break;
		line = (struct span){ tab + 1, line.len - len - 1 };
	}
	return count;
}

struct sample {
	struct label labels[LABELS_MAX];
	size_t label_count;
	uint64_t value;
};

static bool parse(const struct row *row, struct span line, struct sample *ret_sample)
{
	struct span fields[FIELDS_MAX];
	size_t count = split(line, fields);
	struct sample s = { .label_count = 0 };
	if (!span_is(fields[0], row->kind) || count <= row->value ||
		!span_u64(fields[row->value], &s.value))
		return false;
	for (size_t i = 0; i < LABELS_MAX && row->labels[i].name; i++) {
		if (row->labels[i].field >= count)
			return false;
		s.labels[s.label_count++] =
			(struct label){ row->labels[i].name, fields[row->labels[i].field] };
	}
	*ret_sample = s;
	return true;
}

static void read_row(const struct row *row, struct span bytes, struct text *out)
{
	struct span line;
	struct sample s;
	struct family family = { row->name, row->type, false };
	while (span_line(&bytes, &line)) {
		if (!parse(row, line, &s))
			continue;
		text_member_unsigned(out, &family, s.labels, s.label_count, s.value, row->decimals);
	}
}

void read_processes(struct span bytes, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		read_row(&rows[i], bytes, out);
}
