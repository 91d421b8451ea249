/* proc(5): /proc/stat. What matters most of it comes first: there may be thousands of CPUs. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/fields.h"

enum { TICK_DECIMALS = 2 }; /* USER_HZ is 100 for every program on Linux */

/* clang-format off */
static const struct field rows[] = {
	{ "btime",         "node_boot_time_seconds",      "gauge",   1, 0 },
	{ "ctxt",          "node_context_switches_total", "counter", 1, 0 },
	{ "intr",          "node_intr_total",             "counter", 1, 0 },
	{ "processes",     "node_forks_total",            "counter", 1, 0 },
	{ "procs_blocked", "node_procs_blocked",          "gauge",   1, 0 },
	{ "procs_running", "node_procs_running",          "gauge",   1, 0 },
};
/* clang-format on */

/* The columns behind "cpuN", in the kernel's order, of two families. Guest time is part of user
 * and nice already. */
/* clang-format off */
static const struct mode {
	const char *mode;
	unsigned column;
} modes[] = {
	{ "user", 0 }, { "nice", 1 }, { "system", 2 }, { "idle", 3 }, { "iowait", 4 }, { "irq", 5 },
	{ "softirq", 6 }, { "steal", 7 },
}, guest_modes[] = {
	{ "user", 8 }, { "nice", 9 },
};
/* clang-format on */

/* Of guests only what is not 0: most machines have none, and that would be a fifth of it all. */
static const struct times {
	const char *name;
	const struct mode *modes;
	size_t count;
	bool without_zero;
} all_times[] = {
	{ "node_cpu_seconds_total", modes, ARRAY_LEN(modes), false },
	{ "node_cpu_guest_seconds_total", guest_modes, ARRAY_LEN(guest_modes), true },
};

static void write_cpu(const struct times *t, struct family *family, struct span cpu,
	struct span columns, struct text *out)
{
	uint64_t ticks;
	for (size_t i = 0; i < t->count; i++) {
		struct label labels[] = { { "cpu", cpu }, text_label("mode", t->modes[i].mode) };
		if (span_column(columns, t->modes[i].column, &ticks) && ticks <= INT64_MAX &&
			(ticks > 0 || !t->without_zero))
			text_member(out, family, labels, 2, (int64_t)ticks, TICK_DECIMALS);
	}
}

static void write_cpus(const struct times *t, struct span bytes, struct text *out)
{
	struct span line, word;
	struct family family = { .name = t->name, .type = "counter" };
	uint64_t number;
	while (span_line(&bytes, &line)) {
		if (!span_word(&line, &word) || !span_starts(word, "cpu"))
			continue;
		struct span cpu = { word.at + 3, word.len - 3 };
		if (span_u64(cpu, &number))
			write_cpu(t, &family, cpu, line, out);
	}
}

void read_stat(struct span bytes, struct text *out)
{
	fields_read(bytes, rows, ARRAY_LEN(rows), out);
	for (size_t i = 0; i < ARRAY_LEN(all_times); i++)
		write_cpus(&all_times[i], bytes, out);
}
