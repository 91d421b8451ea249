/* What is running. */
#include "tests/unit/readers_rig.h"

#define TOP(kind, name, pid, user, value)                                                        \
	"fleet_process_top_" kind "{name=\"" name "\",pid=\"" pid "\",user=\"" user "\"} " value \
	"\n"
#define ASKED_TYPE(name, type)	 OUR_TYPE("process_" name, type)
#define ASKED(metric, of, value) "fleet_process_" metric "{name=\"" of "\"} " value "\n"

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_processes, "pids\t3\nthreads\t7\nstate\t1\tR\nstate\t2\tS\nstate\t0\tZ\n",
	  ONE("processes_pids", "gauge", "3") ONE("processes_threads", "gauge", "7")
	  TYPE("processes_state", "gauge") "node_processes_state{state=\"R\"} 1\n"
	  "node_processes_state{state=\"S\"} 2\nnode_processes_state{state=\"Z\"} 0\n" },

	{ read_processes, "cpu\t12345\tnginx: a b\t7\twww-data\ncpu\t5\t\t8\t\nmemory\t4096\ta\"b\\x0a\t9\t1000\n",
	  OUR_TYPE("process_top_cpu_seconds_total", "counter")
	  TOP("cpu_seconds_total", "nginx: a b", "7", "www-data", "123.45")
	  TOP("cpu_seconds_total", "", "8", "", "0.05")
	  OUR_TYPE("process_top_resident_memory_bytes", "gauge")
	  TOP("resident_memory_bytes", "a\\\"b\\\\x0a", "9", "1000", "4096") },

	/* none that runs is a sample; not to know is none */
	{ read_processes, "asked\t2\t0\t1418183276\t150\t8192\tnginx\nasked\t0\t0\t-\t-\t-\tdb\n"
	  "asked\t-\t1\t-\t-\t-\thidden\n",
	  ASKED_TYPE("running", "gauge") ASKED("running", "nginx", "2") ASKED("running", "db", "0")
	  ASKED_TYPE("error", "gauge") ASKED("error", "nginx", "0") ASKED("error", "db", "0")
	  ASKED("error", "hidden", "1")
	  ASKED_TYPE("oldest_start_time_seconds", "gauge")
	  ASKED("oldest_start_time_seconds", "nginx", "1418183276")
	  ASKED_TYPE("cpu_seconds_total", "counter") ASKED("cpu_seconds_total", "nginx", "1.50")
	  ASKED_TYPE("resident_memory_bytes", "gauge") ASKED("resident_memory_bytes", "nginx", "8192") },

	{ read_processes, "asked\t1\t0\t2\t3\t4\nasked\t1\t0\t2\t3\t4\tname\twith tab\n",
	  ASKED_TYPE("running", "gauge") ASKED("running", "name", "1")
	  ASKED_TYPE("error", "gauge") ASKED("error", "name", "0")
	  ASKED_TYPE("oldest_start_time_seconds", "gauge") ASKED("oldest_start_time_seconds", "name", "2")
	  ASKED_TYPE("cpu_seconds_total", "counter") ASKED("cpu_seconds_total", "name", "0.03")
	  ASKED_TYPE("resident_memory_bytes", "gauge") ASKED("resident_memory_bytes", "name", "4") },
	{ read_processes, "pids\npids\t-3\npids\tx\npidsx\t1\n\n\t\t\nstate\t1\ncpu\t1\tname\t2\nmemory\n", "" },
	{ read_processes, "pids 3\nthreads\t18446744073709551616\n", "" },
	{ read_processes, "", "" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
