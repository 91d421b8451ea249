/* What a control group may use and uses. The bytes of the first row are those of a container with
 * limits, Linux 6.1; the order of keys is the kernel's. */
#include "tests/unit/readers_rig.h"

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_cgroup,
	  "container\tdocker\n"
	  "memory.max\t536870912\nmemory.current\t104857600\n"
	  "memory.stat\tanon 52428800\nmemory.stat\tfile 41943040\nmemory.stat\tinactive_file 31457280\n"
	  "memory.events\tlow 0\nmemory.events\tmax 12\nmemory.events\toom 3\nmemory.events\toom_kill 2\n"
	  "cpu.max\t150000 100000\n"
	  "cpu.stat\tusage_usec 12345678\ncpu.stat\tuser_usec 1\ncpu.stat\tnr_periods 500\n"
	  "cpu.stat\tnr_throttled 7\ncpu.stat\tthrottled_usec 250000\n"
	  "pids.max\t100\npids.current\t12\n",
	  OUR_TYPE("container_info", "gauge") "fleet_container_info{type=\"docker\"} 1\n"
	  OUR("cgroup_cpu_limit_cores", "gauge", "1.500000")
	  OUR("cgroup_memory_limit_bytes", "gauge", "536870912")
	  OUR("cgroup_memory_usage_bytes", "gauge", "104857600")
	  OUR("cgroup_memory_inactive_file_bytes", "gauge", "31457280")
	  OUR("cgroup_memory_oom_kills_total", "counter", "2")
	  OUR("cgroup_cpu_usage_seconds_total", "counter", "12.345678")
	  OUR("cgroup_cpu_periods_total", "counter", "500")
	  OUR("cgroup_cpu_throttled_periods_total", "counter", "7")
	  OUR("cgroup_cpu_throttled_seconds_total", "counter", "0.250000")
	  OUR("cgroup_pids_limit", "gauge", "100")
	  OUR("cgroup_pids", "gauge", "12") },

	{ read_cgroup, "memory.max\tmax\nmemory.current\t5\ncpu.max\tmax 100000\npids.max\tmax\n",
	  OUR("cgroup_memory_usage_bytes", "gauge", "5") },
	{ read_cgroup, "container\ta\"b\\\x1b\n", OUR_TYPE("container_info", "gauge")
	  "fleet_container_info{type=\"a\\\"b\\\\\\\\x1b\"} 1\n" },
	{ read_cgroup, "memory.current\t-1\nmemory.stat\tinactive_file\nmemory.stat\tinactive_filex 1\n"
	  "cpu.max\t1 0\ncpu.stat\tusage_usec x\npids.max\t\npids.current\nmemory.max 7\n", "" },
	{ read_cgroup, "a/memory.max\t1\n", OUR("cgroup_memory_limit_bytes", "gauge", "1") },
	{ read_cgroup, "", "" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
