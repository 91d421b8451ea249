/* Documentation/admin-guide/sysctl: files below /proc/sys that hold one number, as gather_lines
 * leaves them. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/fields.h"

/* clang-format off */
static const struct field rows[] = {
	{ "hung_task_detect_count", "node_kernel_hung_tasks_total",    "counter", 1, 0 },
	{ "nf_conntrack_count",     "node_nf_conntrack_entries",       "gauge",   1, 0 },
	{ "nf_conntrack_max",       "node_nf_conntrack_entries_limit", "gauge",   1, 0 },
	{ "pid_max",                "node_processes_max_processes",    "gauge",   1, 0 },
	{ "random/entropy_avail",   "node_entropy_available_bits",     "gauge",   1, 0 },
	{ "random/poolsize",        "node_entropy_pool_size_bits",     "gauge",   1, 0 },
	{ "threads-max",            "node_processes_max_threads",      "gauge",   1, 0 },
};
/* clang-format on */

void read_sysctl(struct span bytes, struct text *out)
{
	fields_read(bytes, rows, ARRAY_LEN(rows), out);
}
