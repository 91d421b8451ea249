/* What the kernel says of processors, memory and its own limits. */
#include "tests/unit/readers_rig.h"

#define CPU	    "# TYPE node_cpu_seconds_total counter\n"
#define CPU_MODE(m) "node_cpu_seconds_total{cpu=\"0\",mode=\"" m "\"} "
#define GUEST	    "# TYPE node_cpu_guest_seconds_total counter\n"
#define GUEST_MODE(n, m) "node_cpu_guest_seconds_total{cpu=\"" n "\",mode=\"" m "\"} "
#define MEMORY(name, value) ONE("memory_" name, "gauge", value)
#define VMSTAT(name, value) ONE("vmstat_" name, "untyped", value)
#define PRESSURE(name, value) ONE("pressure_" name "_seconds_total", "counter", value)
#define OF_CPU(name, n, value) "node_" name "{cpu=\"" n "\"} " value "\n"
#define SWAP(name, device, type, value) \
	"node_swap_" name "{device=\"" device "\",swap_type=\"" type "\"} " value "\n"

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_stat, "cpu  9 9 9 9\ncpu0 44490 19 21045 1087069 220 1 3410 0 2 1\nintr 8885917 17 0\n"
	  "ctxt 38014093\nbtime 1418183276\nprocesses 26442\nprocs_running 2\nprocs_blocked 0\nsoftirq 1 2\n",
	  ONE("boot_time_seconds", "gauge", "1418183276") ONE("context_switches_total", "counter", "38014093")
	  ONE("intr_total", "counter", "8885917") ONE("forks_total", "counter", "26442")
	  ONE("procs_blocked", "gauge", "0") ONE("procs_running", "gauge", "2")
	  CPU CPU_MODE("user") "444.90\n" CPU_MODE("nice") "0.19\n" CPU_MODE("system") "210.45\n"
	  CPU_MODE("idle") "10870.69\n" CPU_MODE("iowait") "2.20\n" CPU_MODE("irq") "0.01\n"
	  CPU_MODE("softirq") "34.10\n" CPU_MODE("steal") "0.00\n"
	  GUEST GUEST_MODE("0", "user") "0.02\n" GUEST_MODE("0", "nice") "0.01\n" },
	{ read_stat, "cpu0 1 x 9223372036854775808 18446744073709551616",
	  CPU CPU_MODE("user") "0.01\n" },
	{ read_stat, "cpu7 x x x x x x x x 0 9\ncpu8 x x x x x x x x 3 0\n",
	  GUEST GUEST_MODE("7", "nice") "0.09\n" GUEST_MODE("8", "user") "0.03\n" },
	{ read_stat, "cpux 1\ncpu-1 2\ncpu\nbtime\nbtime x\nprocs_runningx 1\n", "" },
	{ read_stat, "btime 1\nbtime 2\n btime 3\n", ONE("boot_time_seconds", "gauge", "1") },

	{ read_loadavg, "0.21 0.37 120.39 1/719 19737\n",
	  ONE("load1", "gauge", "0.21") ONE("load5", "gauge", "0.37") ONE("load15", "gauge", "120.39") },
	{ read_loadavg, "0.05 x 0.39 1/719\n", ONE("load1", "gauge", "0.05") ONE("load15", "gauge", "0.39") },
	{ read_loadavg, "0.1 1 .5", "" },
	{ read_loadavg, "0.00 -1.00 99999999999999999999.00", ONE("load1", "gauge", "0.00") },
	{ read_loadavg, "nan inf 1e3", "" },
	{ read_loadavg, "", "" },

	{ read_meminfo, "MemTotal:        3742148 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\nBuffers: 3 kB\n"
	  "Cached: 4 kB\nSwapCached: 9 kB\nActive(anon): 6 kB\nSwapTotal: 5 kB\nSwapFree: 0 kB\n"
	  "Bounce: 7 kB\nHugePages_Total:       8\nHugepagesize:       2048 kB\n",
	  MEMORY("MemTotal_bytes", "3831959552") MEMORY("MemFree_bytes", "1024")
	  MEMORY("MemAvailable_bytes", "2048") MEMORY("Buffers_bytes", "3072")
	  MEMORY("Cached_bytes", "4096") MEMORY("SwapCached_bytes", "9216")
	  MEMORY("SwapTotal_bytes", "5120") MEMORY("SwapFree_bytes", "0")
	  MEMORY("Active_anon_bytes", "6144") MEMORY("HugePages_Total", "8")
	  MEMORY("Hugepagesize_bytes", "2097152") },
	{ read_meminfo, "MemTotal: 1 kB\nMemTotal: 2 kB", MEMORY("MemTotal_bytes", "1024") },
	{ read_meminfo, "MemTotal: x kB\nMemTotal: 2 kB", MEMORY("MemTotal_bytes", "2048") },
	{ read_meminfo, "MemTotal: 18014398509481984 kB\nMemFree: -1 kB\nBuffers:\nCached 4 kB\n", "" },
	{ read_meminfo, "xMemTotal: 1 kB\n\n \n:\nActive_anon: 4 kB\nactive(anon): 4 kB\n", "" },

	{ read_vmstat, "nr_free_pages 977769\npgpgin 7344136\npgpgout 1541180581\npswpin 1476\npswpout 35045\n"
	  "pgfault 2320168809\npgmajfault 507162\noom_kill 3\nthp_fault_alloc 5\n",
	  VMSTAT("oom_kill", "3") VMSTAT("pgfault", "2320168809") VMSTAT("pgmajfault", "507162")
	  VMSTAT("pgpgin", "7344136") VMSTAT("pgpgout", "1541180581") VMSTAT("pswpin", "1476")
	  VMSTAT("pswpout", "35045") },
	{ read_vmstat, "oom_kill\npgfault -1\npswpin 1 2\npgpgin\t5\n",
	  VMSTAT("pgpgin", "5") VMSTAT("pswpin", "1") },

	{ read_swaps, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
	  "/dev/zram0                              partition\t8388604\t\t76\t\t100\n"
	  "/swap\\040file                           file\t\t1048572\t\t0\t\t-2\n",
	  TYPE("swap_size_bytes", "gauge") SWAP("size_bytes", "/dev/zram0", "partition", "8589930496")
	  SWAP("size_bytes", "/swap\\\\040file", "file", "1073737728")
	  TYPE("swap_used_bytes", "gauge") SWAP("used_bytes", "/dev/zram0", "partition", "77824")
	  SWAP("used_bytes", "/swap\\\\040file", "file", "0")
	  TYPE("swap_priority", "gauge") SWAP("priority", "/dev/zram0", "partition", "100")
	  SWAP("priority", "/swap\\\\040file", "file", "-2") },
	{ read_swaps, "/dev/sda1 partition 9223372036854775807 -9223372036854775808 x\n/dev/sdb 1 2 3\n",
	  "" },

	{ read_pressure, "cpu\tsome avg10=0.00 avg60=0.00 avg300=0.00 total=14036781\n"
	  "cpu\tfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
	  "io\tsome avg10=0.18 avg60=0.34 avg300=0.10 total=159886802\nio\tfull total=159229614\n"
	  "memory\tsome avg10=0.00 total=0\nmemory\tfull total=1\nirq\tfull avg10=0.00 total=8494\n",
	  PRESSURE("cpu_waiting", "14.036781") PRESSURE("io_waiting", "159.886802")
	  PRESSURE("io_stalled", "159.229614") PRESSURE("memory_waiting", "0.000000")
	  PRESSURE("memory_stalled", "0.000001") PRESSURE("irq_stalled", "0.008494") },
	{ read_pressure, "io\tsome total=\nio\tsome total=x\nio\t\nio\ttotal=1\nio some total=2\nio\tfull avg10=1\n", "" },

	{ read_cpus, "online\t0-2\npresent\t0-3\nisolated\t\n",
	  OUR("cpus_online", "gauge", "3")
	  TYPE("cpu_online", "gauge") OF_CPU("cpu_online", "0", "1") OF_CPU("cpu_online", "1", "1")
	  OF_CPU("cpu_online", "2", "1") OF_CPU("cpu_online", "3", "0") },
	{ read_cpus, "online\t0,2-3,16383\nisolated\t1,3-4\n",
	  OUR("cpus_online", "gauge", "4")
	  TYPE("cpu_isolated", "gauge") OF_CPU("cpu_isolated", "1", "1") OF_CPU("cpu_isolated", "3", "1")
	  OF_CPU("cpu_isolated", "4", "1") },
	/* a list is read up to what is none: out of order, beyond all kernels, no number */
	{ read_cpus, "online\t0,2,1,5\n", OUR("cpus_online", "gauge", "2") },
	{ read_cpus, "online\t0-3,3-4\n", OUR("cpus_online", "gauge", "4") },
	{ read_cpus, "online\t0-1,4-99999999999\n", OUR("cpus_online", "gauge", "2") },
	{ read_cpus, "online\t3-2\npresent\t0-3\n", "" },
	{ read_cpus, "online\t0,-,x\npresent\t0-x\n",
	  OUR("cpus_online", "gauge", "1") },
	{ read_cpus, "present\t0-3\n", "" },

	{ read_sysctl, "pid_max\t4194304\nthreads-max\t7801\nrandom/entropy_avail\t256\nrandom/poolsize\t256\n"
	  "hung_task_detect_count\t42\n",
	  ONE("kernel_hung_tasks_total", "counter", "42") ONE("processes_max_processes", "gauge", "4194304")
	  ONE("entropy_available_bits", "gauge", "256") ONE("entropy_pool_size_bits", "gauge", "256")
	  ONE("processes_max_threads", "gauge", "7801") },
	{ read_sysctl, "nf_conntrack_count\t123\nnf_conntrack_max\t65536\n",
	  ONE("nf_conntrack_entries", "gauge", "123") ONE("nf_conntrack_entries_limit", "gauge", "65536") },
	{ read_sysctl, "pid_max\t\nthreads-max\t-1\nrandom/poolsize 1x\n", "" },

	{ read_filefd, "1024\t0\t1631329\n",
	  ONE("filefd_allocated", "gauge", "1024") ONE("filefd_maximum", "gauge", "1631329") },
	{ read_filefd, "x\t0\t9223372036854775807", ONE("filefd_maximum", "gauge", "9223372036854775807") },
	{ read_filefd, "\n1 2 3\n", "" },

	{ read_schedstat, "version 15\ntimestamp 15819019232\n"
	  "cpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 2045936778163039 343796328169361 4767485306\n"
	  "domain0 00000000,00000003 212499247 210112015 1861015 1860405436 536440 369895 32599 210079416\n"
	  "cpu12 1 2 3\ncpu 1 2 3 4 5 6 7 8 9\n",
	  TYPE("schedstat_running_seconds_total", "counter")
	  OF_CPU("schedstat_running_seconds_total", "0", "2045936.778163039")
	  TYPE("schedstat_waiting_seconds_total", "counter")
	  OF_CPU("schedstat_waiting_seconds_total", "0", "343796.328169361")
	  TYPE("schedstat_timeslices_total", "counter") OF_CPU("schedstat_timeslices_total", "0", "4767485306") },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
