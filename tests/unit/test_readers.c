/*
 * The probe's readers: bytes of a kernel file in, lines of the report out. Fixtures and
 * node_exporter's own expectations are compared in the integration test `probe`.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote/readers.h"

static const struct text no_text;

/* Runs a reader over a copy of exactly `len` bytes, so that a read beyond it is seen. */
static const char *run(reader *read, const char *file, size_t len, char *out, size_t size)
{
	struct text text = no_text;
	char *copy = malloc(len + 1);
	assert_non_null(copy);
	char *end = copy + 1;
	if (len)
		memcpy(end, file, len);
	text.data = out;
	text.size = size - 1;
	read((struct span){ end, len }, &text);
	assert_true(text.len < text.size);
	out[text.len] = 0;
	free(copy);
	return out;
}

/* What mounts_parse() chooses: "device type point[ ro]|…". */
static void read_mounts(struct span file, struct text *out)
{
	struct mount *mounts = calloc(MOUNTS_MAX, sizeof *mounts);
	assert_non_null(mounts);
	size_t count = mounts_parse(file, mounts);
	for (size_t i = 0; i < count; i++) {
		const struct mount *m = &mounts[i];
		struct span parts[] = { m->device, { " ", 1 }, m->type, { " ", 1 }, m->point,
			{ " ro", m->readonly ? 3 : 0 }, { "|", 1 } };
		for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
			assert_true(out->len + parts[k].len < out->size);
			memcpy(out->data + out->len, parts[k].at, parts[k].len);
			out->len += parts[k].len;
		}
	}
	free(mounts);
}

/* What is written of mounts that were measured. */
static void read_measured(struct span file, struct text *out)
{
	struct mount *mounts = calloc(MOUNTS_MAX, sizeof *mounts);
	assert_non_null(mounts);
	size_t count = mounts_parse(file, mounts);
	for (size_t i = 0; i < count; i++) {
		mounts[i].measured = i != 1;
		mounts[i].size = 1000 + i;
	}
	mounts_write(mounts, count, out);
	free(mounts);
}

#define CPU	     "# TYPE node_cpu_seconds_total counter\n"
#define CPU_MODE(m)  "node_cpu_seconds_total{cpu=\"0\",mode=\"" m "\"} "
#define TYPE(n, t)   "# TYPE node_" n " " t "\n"
#define ONE(n, t, v) TYPE(n, t) "node_" n " " v "\n"
#define DISK(d, v)   "{device=\"" d "\"} " v "\n"
#define NET_TITLE                                                                        \
	"Inter-|   Receive                                                |  Transmit\n" \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
#define MOUNT(id, root, point, options, type, device) \
	"1 2 " id " " root " " point " " options " shared:1 - " type " " device " rw\n"

/* clang-format off */
static const struct {
	reader *read;
	const char *file, *out;
} rows[] = {
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

	{ read_processes, "1\n2\nself\n12x\nnet\n300\n", ONE("processes_pids", "gauge", "3") },
	{ read_processes, "self\n", "" },

	{ read_diskstats,
	  "   8       0 sda 1 2 3 4 5 6 7 8 9 10123 11\n   8       1 sda1 1 2 3 4 5 6 7 8 9 10 11\n"
	  " 259 0 nvme0n1 1 0 2 0 3 0 4 0 0 5 0 1 2 3 4\n",
	  TYPE("disk_reads_completed_total", "counter")
	  "node_disk_reads_completed_total" DISK("sda", "1") "node_disk_reads_completed_total" DISK("nvme0n1", "1")
	  TYPE("disk_read_bytes_total", "counter")
	  "node_disk_read_bytes_total" DISK("sda", "1536") "node_disk_read_bytes_total" DISK("nvme0n1", "1024")
	  TYPE("disk_writes_completed_total", "counter")
	  "node_disk_writes_completed_total" DISK("sda", "5") "node_disk_writes_completed_total" DISK("nvme0n1", "3")
	  TYPE("disk_written_bytes_total", "counter")
	  "node_disk_written_bytes_total" DISK("sda", "3584") "node_disk_written_bytes_total" DISK("nvme0n1", "2048")
	  TYPE("disk_io_time_seconds_total", "counter")
	  "node_disk_io_time_seconds_total" DISK("sda", "10.123") "node_disk_io_time_seconds_total" DISK("nvme0n1", "0.005") },
	{ read_diskstats,
	  "1 0 ram0 1\n1 0 zram12 1\n7 0 loop3 1\n2 0 fd0 1\n8 1 hda1 1\n8 1 vdb12 1\n8 1 xvdc3 1\n"
	  "259 1 nvme10n12p3 1\n8 1 sda\n8 1\n\n"
	  "8 1 sdaa1 1\n8 1 sdA1 1\n8 1 md0 2\n8 1 mmcblk0p1 3\n259 1 nvmen1p1 4\n259 1 nvme1p1 5\n259 1 nvme1n1x1 6\n"
	  "8 1 1 7\n259 1 nvme1np1 8\n",
	  TYPE("disk_reads_completed_total", "counter")
	  "node_disk_reads_completed_total" DISK("sdaa1", "1") "node_disk_reads_completed_total" DISK("sdA1", "1")
	  "node_disk_reads_completed_total" DISK("md0", "2") "node_disk_reads_completed_total" DISK("mmcblk0p1", "3")
	  "node_disk_reads_completed_total" DISK("nvmen1p1", "4") "node_disk_reads_completed_total" DISK("nvme1p1", "5")
	  "node_disk_reads_completed_total" DISK("nvme1n1x1", "6") "node_disk_reads_completed_total" DISK("1", "7")
	  "node_disk_reads_completed_total" DISK("nvme1np1", "8")
	  TYPE("disk_read_bytes_total", "counter") TYPE("disk_writes_completed_total", "counter")
	  TYPE("disk_written_bytes_total", "counter") TYPE("disk_io_time_seconds_total", "counter") },
	{ read_diskstats, "8 0 a\"b\\c\xff\x1b 1 2 36028797018963968 4 5 6 x 8 9 -1 11",
	  TYPE("disk_reads_completed_total", "counter")
	  "node_disk_reads_completed_total" DISK("a\\\"b\\\\c\\\\xff\\\\x1b", "1")
	  TYPE("disk_read_bytes_total", "counter")
	  TYPE("disk_writes_completed_total", "counter")
	  "node_disk_writes_completed_total" DISK("a\\\"b\\\\c\\\\xff\\\\x1b", "5")
	  TYPE("disk_written_bytes_total", "counter")
	  TYPE("disk_io_time_seconds_total", "counter") },

	{ read_netdev, NET_TITLE "  eth0:0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n    lo:7\nnocolon 1 2\n: 5\n",
	  TYPE("network_receive_bytes_total", "counter")
	  "node_network_receive_bytes_total" DISK("eth0:0", "1") "node_network_receive_bytes_total" DISK("lo", "7")
	  TYPE("network_receive_packets_total", "counter") "node_network_receive_packets_total" DISK("eth0:0", "2")
	  TYPE("network_receive_errs_total", "counter") "node_network_receive_errs_total" DISK("eth0:0", "3")
	  TYPE("network_receive_drop_total", "counter") "node_network_receive_drop_total" DISK("eth0:0", "4")
	  TYPE("network_transmit_bytes_total", "counter") "node_network_transmit_bytes_total" DISK("eth0:0", "9")
	  TYPE("network_transmit_packets_total", "counter") "node_network_transmit_packets_total" DISK("eth0:0", "10")
	  TYPE("network_transmit_errs_total", "counter") "node_network_transmit_errs_total" DISK("eth0:0", "11")
	  TYPE("network_transmit_drop_total", "counter") "node_network_transmit_drop_total" DISK("eth0:0", "12") },

	/* only what is on local storage, and the root whatever it is on */
	{ read_mounts, MOUNT("8:1", "/", "/", "rw", "ext4", "/dev/sda1") MOUNT("0:4", "/", "/proc", "rw", "proc", "proc")
	  MOUNT("0:9", "/", "/run", "rw", "tmpfs", "tmpfs") MOUNT("7:0", "/", "/snap/x", "ro", "squashfs", "/dev/loop0")
	  MOUNT("8:2", "/", "/data", "ro,noatime", "xfs", "/dev/sdb") MOUNT("0:7", "/", "/x", "rw", "overlay", "overlay")
	  MOUNT("0:8", "/", "/n", "rw", "nfs4", "srv:/n") MOUNT("0:3", "/", "/f", "rw", "fuse.sshfs", "u@h:") 
	  MOUNT("0:5", "/", "/o", "rw", "unheardof", "x"),
	  "/dev/sda1 ext4 /|/dev/sdb xfs /data ro|" },
	{ read_mounts, MOUNT("0:7", "/", "/", "rw", "overlay", "overlay"), "overlay overlay /|" },
	{ read_mounts, "1 2 8:1 / / rw - ext4 /dev/sda1 ro,errors=x\n", "/dev/sda1 ext4 / ro|" },
	{ read_mounts, "1 2 8:1 / / rw - ext4 /dev/sda1", "/dev/sda1 ext4 /|" },
	/* each filesystem once: the mount that shows all of it, else the first */
	{ read_mounts, MOUNT("8:1", "/sub", "/a", "rw", "ext4", "/dev/sda1") MOUNT("8:1", "/", "/b", "rw", "ext4", "/dev/sda1")
	  MOUNT("8:1", "/", "/c", "rw", "ext4", "/dev/sda1") MOUNT("8:2", "/s", "/d", "rw", "ext4", "/dev/sdb")
	  MOUNT("8:2", "/t", "/e", "rw", "ext4", "/dev/sdb"),
	  "/dev/sda1 ext4 /b|/dev/sdb ext4 /d|" },
	/* what is hidden, and what lies behind something that may not answer */
	{ read_mounts, MOUNT("8:1", "/", "/a", "rw", "ext4", "/dev/sda1") MOUNT("0:9", "/", "/a", "rw", "tmpfs", "tmpfs"), "" },
	{ read_mounts, MOUNT("0:9", "/", "/boot", "rw", "autofs", "systemd-1") MOUNT("8:1", "/", "/boot", "rw", "vfat", "/dev/sda1"),
	  "/dev/sda1 vfat /boot|" },
	{ read_mounts, MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/") MOUNT("8:1", "/", "/net/a", "rw", "ext4", "/dev/sda1")
	  MOUNT("8:2", "/", "/network", "rw", "ext4", "/dev/sdb"),
	  "/dev/sdb ext4 /network|" },
	{ read_mounts, MOUNT("8:1", "/", "/net/a", "rw", "ext4", "/dev/sda1") MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/"), "" },
	{ read_mounts, MOUNT("0:9", "/", "/", "rw", "nfs", "srv:/") MOUNT("8:1", "/", "/a", "rw", "ext4", "/dev/sda1"), "" },
	{ read_mounts, "1 2 8:1 / /\n1 2 8:1 / / rw ext4 /dev/sda1 rw\n1 2 8:1 / / rw - ext4\n\n- - - - - -\n1 2 8:1", "" },

	{ read_measured, MOUNT("8:1", "/", "/a\\040b\\011\\134\\012\"\xc3\xa9", "rw", "ext4", "/dev/sda1")
	  MOUNT("8:2", "/", "/unmeasured", "rw", "ext4", "/dev/sdb") MOUNT("8:3", "/", "/\\04\\999\\0\\400", "ro", "xfs", "/dev/sdc"),
#define POINTS(n, a, b) TYPE(n, "gauge") \
	"node_" n "{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/a b\\\\x09\\\\\\\\x0a\\\"\xc3\xa9\"} " a "\n" \
	"node_" n "{device=\"/dev/sdc\",fstype=\"xfs\",mountpoint=\"/\\\\04\\\\999\\\\0\\\\400\"} " b "\n"
	  POINTS("filesystem_avail_bytes", "0", "0") POINTS("filesystem_files", "0", "0")
	  POINTS("filesystem_files_free", "0", "0") POINTS("filesystem_free_bytes", "0", "0")
	  POINTS("filesystem_readonly", "0", "1") POINTS("filesystem_size_bytes", "1000", "1002") },
};
/* clang-format on */

static void every_row(void **state)
{
	(void)state;
	static char out[65536];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
			run(rows[i].read, rows[i].file, strlen(rows[i].file), out, sizeof out),
			rows[i].out);
}

static void every_row_cut_anywhere(void **state)
{
	(void)state;
	static char out[65536];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t len = 0; len < strlen(rows[i].file); len++)
			(void)run(rows[i].read, rows[i].file, len, out, sizeof out);
}

static void what_does_not_fit_is_left_out_by_lines(void **state)
{
	(void)state;
	char data[200];
	struct text t = { .data = data, .size = 118 };
	text_single(&t, "node_a", "gauge", 1, 0);
	assert_false(t.full);
	text_single(&t, "node_name_that_is_too_long", "gauge", 1, 0);
	assert_true(t.full);
	text_sample(&t, "node_a", NULL, 0, 2, 2);
	text_finish(&t);
	assert_true(t.len <= t.size);
	data[t.len] = 0;
	assert_string_equal(data,
		"# TYPE node_a gauge\nnode_a 1\nnode_a 0.02\n"
		"# TYPE fleet_report_truncated gauge\nfleet_report_truncated 1\n# EOF\n");

	char name[TEXT_LABEL_MAX + 1];
	memset(name, 'x', sizeof name);
	struct label label = { "device", { name, sizeof name } };
	struct text big = { .data = data, .size = sizeof data };
	text_sample(&big, "node_a", &label, 1, 1, 0);
	assert_int_equal(big.len, 0);
	struct text none = { .data = data, .size = 3 };
	text_finish(&none);
	assert_int_equal(none.len, 0);
}

static void many_mounts_are_capped(void **state)
{
	(void)state;
	static char file[MOUNTS_MAX * 80];
	size_t len = 0;
	for (int i = 0; i < MOUNTS_MAX + 100; i++)
		len += (size_t)snprintf(file + len, sizeof file - len,
			"1 2 8:%d / /%d rw - ext4 /dev/x rw\n", i, i);
	struct mount *mounts = calloc(MOUNTS_MAX, sizeof *mounts);
	assert_non_null(mounts);
	assert_int_equal(mounts_parse((struct span){ file, len }, mounts), MOUNTS_MAX);
	free(mounts);
}

static void a_path_that_is_too_long_does_not_fit(void **state)
{
	(void)state;
	char out[4];
	assert_int_equal(mount_unescape((struct span){ "/\\040b", 6 }, out, sizeof out), 3);
	assert_string_equal(out, "/ b");
	assert_int_equal(mount_unescape((struct span){ "/abc", 4 }, out, sizeof out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(every_row_cut_anywhere),
		cmocka_unit_test(what_does_not_fit_is_left_out_by_lines),
		cmocka_unit_test(many_mounts_are_capped),
		cmocka_unit_test(a_path_that_is_too_long_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
