/* What the kernel says of processors and memory. */
#include "tests/unit/readers_rig.h"

#define CPU	    "# TYPE node_cpu_seconds_total counter\n"
#define CPU_MODE(m) "node_cpu_seconds_total{cpu=\"0\",mode=\"" m "\"} "

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_stat, "cpu  9 9 9 9\ncpu0 44490 19 21045 1087069 220 1 3410 0 2 1\nintr 8885917 17 0\n"
	  "ctxt 38014093\nbtime 1418183276\nprocesses 26442\nprocs_running 2\nprocs_blocked 0\nsoftirq 1 2\n",
	  CPU CPU_MODE("user") "444.90\n" CPU_MODE("nice") "0.19\n" CPU_MODE("system") "210.45\n"
	  CPU_MODE("idle") "10870.69\n" CPU_MODE("iowait") "2.20\n" CPU_MODE("irq") "0.01\n"
	  CPU_MODE("softirq") "34.10\n" CPU_MODE("steal") "0.00\n"
	  ONE("intr_total", "counter", "8885917") ONE("context_switches_total", "counter", "38014093")
	  ONE("boot_time_seconds", "gauge", "1418183276") ONE("forks_total", "counter", "26442")
	  ONE("procs_running", "gauge", "2") ONE("procs_blocked", "gauge", "0") },
	{ read_stat, "cpu0 1 x 18446744073709551615 18446744073709551616",
	  CPU CPU_MODE("user") "0.01\n" CPU_MODE("system") "184467440737095516.15\n" },
	{ read_stat, "cpux 1\ncpu-1 2\ncpu\nbtime\nbtime x\nprocs_runningx 1\n", CPU },

	{ read_loadavg, "0.21 0.37 120.39 1/719 19737\n",
	  ONE("load1", "gauge", "0.21") ONE("load5", "gauge", "0.37") ONE("load15", "gauge", "120.39") },
	{ read_loadavg, "0.05 x 0.39 1/719\n", ONE("load1", "gauge", "0.05") ONE("load15", "gauge", "0.39") },
	{ read_loadavg, "0.1 1 .5", "" },
	{ read_loadavg, "0.00 -1.00 99999999999999999999.00", ONE("load1", "gauge", "0.00") },
	{ read_loadavg, "nan inf 1e3", "" },
	{ read_loadavg, "", "" },

	{ read_meminfo, "MemTotal:        3742148 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\nBuffers: 3 kB\n"
	  "Cached: 4 kB\nSwapCached: 9 kB\nSwapTotal: 5 kB\nSwapFree: 0 kB\n",
	  ONE("memory_MemTotal_bytes", "gauge", "3831959552") ONE("memory_MemFree_bytes", "gauge", "1024")
	  ONE("memory_MemAvailable_bytes", "gauge", "2048") ONE("memory_Buffers_bytes", "gauge", "3072")
	  ONE("memory_Cached_bytes", "gauge", "4096") ONE("memory_SwapTotal_bytes", "gauge", "5120")
	  ONE("memory_SwapFree_bytes", "gauge", "0") },
	{ read_meminfo, "MemTotal: 1 kB\nMemTotal: 2 kB", ONE("memory_MemTotal_bytes", "gauge", "1024") },
	{ read_meminfo, "MemTotal: 18014398509481984 kB\nMemFree: -1 kB\nBuffers:\nCached 4 kB\n", "" },
	{ read_meminfo, "xMemTotal: 1 kB\n\n \n:\n", "" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
