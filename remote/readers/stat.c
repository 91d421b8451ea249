#include "remote/readers/readers.h"

#include "lib/compiler.h"

enum { TICK_DECIMALS = 2 }; /* USER_HZ is 100 for every program on Linux */

/* The columns behind "cpuN", in the kernel's order. Guest time is part of user already. */
static const char *const modes[] = { "user", "nice", "system", "idle", "iowait", "irq", "softirq",
	"steal" };

/* clang-format off */
static const struct {
	const char *key, *name, *type;
} rows[] = {
	{ "btime",         "node_boot_time_seconds",      "gauge" },
	{ "ctxt",          "node_context_switches_total", "counter" },
	{ "intr",          "node_intr_total",             "counter" },
	{ "processes",     "node_forks_total",            "counter" },
	{ "procs_blocked", "node_procs_blocked",          "gauge" },
	{ "procs_running", "node_procs_running",          "gauge" },
};
/* clang-format on */

static void write_cpu(struct span cpu, struct span columns, struct text *out)
{
	struct span word;
	uint64_t ticks;
	for (size_t i = 0; i < ARRAY_LEN(modes) && span_word(&columns, &word); i++) {
		struct label labels[] = { { "cpu", cpu }, { "mode", { modes[i], 0 } } };
		while (modes[i][labels[1].value.len])
			labels[1].value.len++;
		if (span_u64(word, &ticks))
			text_sample(out, "node_cpu_seconds_total", labels, 2, ticks, TICK_DECIMALS);
	}
}

static void write_cpus(struct span file, struct text *out)
{
	struct span line, word;
	uint64_t number;
	text_type(out, "node_cpu_seconds_total", "counter");
	while (span_line(&file, &line)) {
		if (!span_word(&line, &word) || !span_starts(word, "cpu"))
			continue;
		struct span cpu = { word.at + 3, word.len - 3 };
		if (span_u64(cpu, &number))
			write_cpu(cpu, line, out);
	}
}

static void write_row(struct span line, struct text *out)
{
	struct span word;
	uint64_t value;
	if (!span_word(&line, &word))
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (span_is(word, rows[i].key) && span_column(line, 0, &value))
			text_single(out, rows[i].name, rows[i].type, value, 0);
}

void read_stat(struct span file, struct text *out)
{
	struct span line, rest = file;
	write_cpus(file, out);
	while (span_line(&rest, &line))
		write_row(line, out);
}
