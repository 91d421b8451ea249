/* proc(5): /proc/stat, but for the time of each CPU, which cpu_times.c has. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/fields.h"

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

void read_stat(struct span bytes, struct text *out)
{
	fields_read(bytes, rows, ARRAY_LEN(rows), out);
}
