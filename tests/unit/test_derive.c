#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/attempt.h"
#include "lib/crypto/seal.h"
#include "tests/unit/derive_rig.h"

/* One report alone: what it must say of one metric. NAN: nothing. */
static const struct {
	const char *text, *metric, *instance;
	double value;
} alone[] = {
	{ "node_load1 0.5\n", "load1", "", 0.5 },
	{ "node_load1 -0.5\n", "load1", "", NAN },
	{ "node_load1 NaN\n", "load1", "", NAN },
	{ "node_load1 1\nnode_load1 2\n", "load1", "", 2 },
	{ "node_memory_MemTotal_bytes 100\nnode_memory_MemAvailable_bytes 25\n",
		"memory_used_ratio", "", 0.75 },
	{ "node_memory_MemTotal_bytes 100\nnode_memory_MemAvailable_bytes 101\n",
		"memory_used_ratio", "", NAN },
	{ "node_memory_MemTotal_bytes 100\nnode_memory_MemAvailable_bytes -1\n",
		"memory_used_ratio", "", NAN },
	{ "node_memory_MemTotal_bytes 0\nnode_memory_MemAvailable_bytes 0\n", "memory_used_ratio",
		"", NAN },
	{ "node_memory_MemTotal_bytes 100\n", "memory_used_ratio", "", NAN },
	{ "node_memory_MemTotal_bytes 100\n", "memory_MemTotal_bytes", "", 100 },
	{ "node_memory_SwapTotal_bytes 0\nnode_memory_SwapFree_bytes 0\n", "swap_used_ratio", "",
		NAN },
	{ "node_memory_SwapTotal_bytes 8\nnode_memory_SwapFree_bytes 2\n", "swap_used_ratio", "",
		0.75 },
	{ "node_boot_time_seconds 1.7e9\n", "boot_time_seconds", "", 1.7e9 },
	{ "node_network_receive_bytes_total{device=\"eth0\"} 5\n",
		"network_receive_bytes_per_second", "eth0", NAN },
	{ "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 5\n", "cpu_used_ratio", "", NAN },
	{ "node_load1 3\nnode_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 5\n"
	  "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 5\n"
	  "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 5\n",
		"load1_per_cpu", "", 1.5 },
	{ "node_load1 3\n", "load1_per_cpu", "", NAN },
	{ "", "uptime_seconds", "", 10 },
	{ "", "clock_skew_seconds", "", 1.5 },
	{ "", "clock_deviation_seconds", "", 1.5 },
	{ "", "report_truncated", "", NAN },
	{ "fleet_report_truncated 1\n", "report_truncated", "", 1 },
	{ "", "report_lines_rejected", "", 0 },
	{ "node_load1 x\nnode_load1\n", "report_lines_rejected", "", 2 },
	{ "", "readings_left_out", "", 0 },
};

static void one_report_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(alone); i++) {
		struct client c = { 0 };
		report(&c, &(struct moment){ BOOT_A, 10000, 0 }, alone[i].text);
		assert_reading(&c, alone[i].metric, alone[i].instance, alone[i].value);
		assert_true(c.replaced);
		forget(&c);
	}
}

#define DISK(device, mount, size, free, avail)                                                  \
	"node_filesystem_size_bytes{device=\"" device "\",mountpoint=\"" mount "\"} " size "\n" \
	"node_filesystem_free_bytes{device=\"" device "\",mountpoint=\"" mount "\"} " free "\n" \
	"node_filesystem_avail_bytes{device=\"" device "\",mountpoint=\"" mount "\"} " avail "\n"

static void filesystems_are_judged_as_df_does(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 1, 0 },
		DISK("/dev/a", "/", "1000", "300", "200") DISK("/dev/b", "/full", "1000", "50",
			"0") DISK("proc", "/proc", "0", "0", "0") DISK("/dev/c", "/odd", "10", "20",
			"5") DISK("/dev/d", "/x", "10", "-1", "5") DISK("/dev/e", "/nl\\n", "4",
			"1",
			"1") "node_filesystem_files{device=\"/dev/a\",mountpoint=\"/\"} 100\n"
			     "node_filesystem_files_free{device=\"/dev/a\",mountpoint=\"/\"} 90\n"
			     "node_filesystem_files_free{device=\"/dev/b\",mountpoint=\"/full\"} "
			     "0\n"
			     "node_filesystem_files{device=\"/dev/b\",mountpoint=\"/full\"} 0\n"
			     "node_filesystem_readonly{device=\"/dev/a\",mountpoint=\"/\"} 0\n"
			     "node_filesystem_size_bytes{device=\"/dev/f\"} 7\n"
			     "node_filesystem_size_bytes{mountpoint=\"/no-avail\"} 7\n");
	assert_reading(&c, "filesystem_used_ratio", "/", 700.0 / 900);
	assert_reading(&c, "filesystem_used_ratio", "/full", 1);
	assert_reading(&c, "filesystem_avail_bytes", "/full", 0);
	assert_reading(&c, "filesystem_used_ratio", "/proc", NAN);
	assert_reading(&c, "filesystem_size_bytes", "/proc", NAN);
	assert_reading(&c, "filesystem_avail_bytes", "/proc", NAN);
	assert_reading(&c, "filesystem_used_ratio", "/odd", NAN);
	assert_reading(&c, "filesystem_used_ratio", "/x", NAN);
	assert_reading(&c, "filesystem_used_ratio", "/nl\\x0a", 0.75);
	assert_reading(&c, "filesystem_used_ratio", "/no-avail", NAN);
	assert_reading(&c, "filesystem_size_bytes", "/no-avail", 7);
	assert_reading(&c, "filesystem_size_bytes", "", NAN);
	assert_reading(&c, "filesystem_files_used_ratio", "/", 0.1);
	assert_reading(&c, "filesystem_files_used_ratio", "/full", NAN);
	assert_reading(&c, "filesystem_readonly", "/", 0);
	forget(&c);
}

static void of_two_mounts_at_one_place_the_later_counts(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 1, 0 },
		DISK("/dev/z", "/mnt", "100", "50", "50")
			DISK("/dev/a", "/mnt", "200", "20", "20"));
	assert_reading(&c, "filesystem_used_ratio", "/mnt", 0.9);
	assert_reading(&c, "filesystem_size_bytes", "/mnt", 200);
	report(&c, &(struct moment){ BOOT_A, 2, 0 },
		DISK("/dev/a", "/mnt", "200", "20", "20")
			DISK("/dev/z", "/mnt", "100", "50", "50"));
	assert_reading(&c, "filesystem_size_bytes", "/mnt", 100);
	forget(&c);
}

#define NET(bytes) "node_network_receive_bytes_total{device=\"eth0\"} " bytes "\n"
#define RATE	   "network_receive_bytes_per_second", "eth0"

/* A second report after one of 1000 bytes at 10 s of boot A. */
static const struct {
	const char *what;
	struct moment when;
	const char *text;
	double rate;
	bool replaced;
} second[] = {
	{ "ordinary", { BOOT_A, 20000, 0 }, NET("3000"), 200, true },
	{ "nothing came", { BOOT_A, 20000, 0 }, NET("1000"), 0, true },
	{ "a millisecond later", { BOOT_A, 10001, 0 }, NET("1001"), 1000, true },
	{ "an hour later", { BOOT_A, 10000 + 3600000, 0 }, NET("3601000"), 1000, true },
	{ "more than an hour", { BOOT_A, 10001 + 3600000, 0 }, NET("3000"), NAN, true },
	{ "counter reset", { BOOT_A, 20000, 0 }, NET("999"), NAN, true },
	{ "negative", { BOOT_A, 20000, 0 }, NET("-5"), NAN, true },
	{ "device gone", { BOOT_A, 20000, 0 }, "node_load1 1\n", NAN, true },
	{ "reboot", { BOOT_B, 20000, 0 }, NET("3000"), NAN, true },
	{ "reboot, clock restarted", { BOOT_B, 5, noon + 20000 }, NET("3000"), NAN, true },
	{ "late from another boot", { BOOT_B, 90000, noon }, NET("3000"), NAN, false },
	{ "older", { BOOT_A, 9999, noon + 20000 }, NET("3000"), NAN, false },
	{ "the same moment", { BOOT_A, 10000, noon + 20000 }, NET("3000"), NAN, false },
	{ "boot unknown", { "-", 20000, 0 }, NET("3000"), NAN, true },
	{ "boot damaged", { "9f86d081-884c-4d63-a2f4-4b6e4d1c0a0x", 20000, 0 }, NET("3000"), NAN,
		true },
	{ "end of time", { BOOT_A, INT64_MAX, noon }, NET("3000"), NAN, true },
	{ "before time", { BOOT_A, INT64_MIN, noon }, NET("3000"), NAN, false },
};

static void rates_need_two_reports_that_belong_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(second); i++) {
		struct client c = { 0 };
		report(&c, &(struct moment){ BOOT_A, 10000, 0 }, NET("1000"));
		report(&c, &second[i].when, second[i].text);
		double rate = reading_of(&c, RATE);
		if (c.replaced != second[i].replaced ||
			(isnan(second[i].rate) ? !isnan(rate) : rate != second[i].rate))
			fail_msg("%s: %g, replaced: %d", second[i].what, rate, c.replaced);
		forget(&c);
	}
}

static void the_caller_allows_the_gap(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 0, 0 }, NET("1000"));
	report_within(&c, &(struct moment){ BOOT_A, 2 * HOUR, 0 }, 2 * HOUR, NET("7201000"));
	assert_reading(&c, RATE, 1000);
	report_within(&c, &(struct moment){ BOOT_A, 4 * HOUR + 1, 0 }, 2 * HOUR, NET("7202000"));
	assert_reading(&c, RATE, NAN);
	forget(&c);
}

static void two_unknown_boots_are_not_the_same(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ "-", 10000, 0 }, NET("1000"));
	report(&c, &(struct moment){ "-", 20000, 0 }, NET("2000"));
	assert_reading(&c, RATE, NAN);
	assert_true(c.replaced);
	forget(&c);
}

static void a_gap_costs_one_rate_only(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, NET("1000"));
	report(&c, &(struct moment){ BOOT_A, 20000000, 0 }, NET("5000"));
	report(&c, &(struct moment){ BOOT_A, 20001000, 0 }, NET("5007"));
	assert_reading(&c, RATE, 7);
	forget(&c);
}

#define OOM(kills) "node_vmstat_oom_kill " kills "\n"

/* A rate over such a time would be the mean of too much; a number of events is as true as ever. */
static void a_growth_counts_after_any_gap(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, OOM("3") NET("1000"));
	report(&c, &(struct moment){ BOOT_A, 10001 + HOUR, 0 }, OOM("9") NET("2000"));
	assert_reading(&c, "vmstat_oom_kills", "", 6);
	assert_reading(&c, RATE, NAN);
	report(&c, &(struct moment){ BOOT_A, 50 * HOUR, 0 }, OOM("13") NET("3000"));
	assert_reading(&c, "vmstat_oom_kills", "", 4);
	report(&c, &(struct moment){ BOOT_B, 100, noon + 51 * HOUR }, OOM("20"));
	assert_reading(&c, "vmstat_oom_kills", "", NAN);
	report(&c, &(struct moment){ BOOT_B, 90, noon + 51 * HOUR }, OOM("21"));
	assert_reading(&c, "vmstat_oom_kills", "", NAN);
	forget(&c);
}

static void a_new_device_waits_for_its_second_report(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, "node_load1 1\n");
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, NET("3000"));
	assert_reading(&c, RATE, NAN);
	report(&c, &(struct moment){ BOOT_A, 30000, 0 }, NET("4000"));
	assert_reading(&c, RATE, 100);
	forget(&c);
}

static void damaged_counters_are_none(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, NET("1000"));
	c.counters.len--;
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, NET("2000"));
	assert_reading(&c, RATE, NAN);
	assert_true(c.replaced);
	report(&c, &(struct moment){ BOOT_A, 30000, 0 }, NET("3000"));
	assert_reading(&c, RATE, 100);
	forget(&c);
}

static void disk_time_is_a_ratio(void **state)
{
	(void)state;
	struct client c = { 0 };
	static const char before[] = "node_disk_io_time_seconds_total{device=\"a\"} 1\n"
				     "node_disk_io_time_seconds_total{device=\"b\"} 1\n";
	static const char after[] = "node_disk_io_time_seconds_total{device=\"a\"} 3.5\n"
				    "node_disk_io_time_seconds_total{device=\"b\"} 11.2\n";
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, before);
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, after);
	assert_reading(&c, "disk_io_ratio", "a", 0.25);
	assert_reading(&c, "disk_io_ratio", "b", 1); /* counted in ticks, a hair too many */
	forget(&c);
}

#define CPU(cpu, mode, seconds) \
	"node_cpu_seconds_total{cpu=\"" cpu "\",mode=\"" mode "\"} " seconds "\n"

static const struct {
	const char *what, *before, *after;
	double used, iowait, steal;
} cpus[] = {
	{ "every mode",
		CPU("0", "idle", "100") CPU("0", "user", "10") CPU("0", "nice", "10")
			CPU("0", "system", "10") CPU("0", "irq", "10") CPU("0", "softirq", "10")
				CPU("0", "iowait", "10") CPU("0", "steal", "10"),
		CPU("0", "idle", "102") CPU("0", "user", "11") CPU("0", "nice", "12")
			CPU("0", "system", "11") CPU("0", "irq", "11") CPU("0", "softirq", "11")
				CPU("0", "iowait", "11") CPU("0", "steal", "11"),
		0.7, 0.1, 0.1 },
	{ "guest is in user already",
		CPU("0", "idle", "0") CPU("0", "user", "0") CPU("0", "guest", "0"),
		CPU("0", "idle", "6") CPU("0", "user", "4") CPU("0", "guest", "4"), 0.4, 0, 0 },
	{ "two",
		CPU("0", "idle", "0") CPU("0", "user", "0") CPU("1", "idle", "0")
			CPU("1", "user", "0"),
		CPU("0", "idle", "10") CPU("0", "user", "0") CPU("1", "idle", "0")
			CPU("1", "user", "10"),
		0.5, 0, 0 },
	{ "one came online", CPU("0", "idle", "0") CPU("0", "user", "0"),
		CPU("0", "idle", "5") CPU("0", "user", "5") CPU("1", "idle", "0")
			CPU("1", "user", "1000"),
		0.5, 0, 0 },
	{ "one was reset",
		CPU("0", "idle", "0") CPU("0", "user", "0") CPU("1", "idle", "500")
			CPU("1", "user", "0"),
		CPU("0", "idle", "5") CPU("0", "user", "5") CPU("1", "idle", "1")
			CPU("1", "user", "9"),
		0.5, 0, 0 },
	{ "iowait may fall", CPU("0", "idle", "0") CPU("0", "user", "0") CPU("0", "iowait", "9"),
		CPU("0", "idle", "5") CPU("0", "user", "5") CPU("0", "iowait", "8"), 0.5, 0, 0 },
	{ "all were reset", CPU("0", "idle", "9") CPU("0", "user", "9"),
		CPU("0", "idle", "1") CPU("0", "user", "1"), NAN, NAN, NAN },
	{ "the clock stood", CPU("0", "idle", "9") CPU("0", "user", "9"),
		CPU("0", "idle", "9") CPU("0", "user", "9"), NAN, NAN, NAN },
	{ "negative", CPU("0", "idle", "-9"), CPU("0", "idle", "-1"), NAN, NAN, NAN },
	{ "said twice", CPU("0", "idle", "0") CPU("0", "user", "0"),
		CPU("0", "idle", "1") CPU("0", "user", "5") CPU("0", "idle", "5"), 0.5, 0, 0 },
};

static void cpu_time_is_shared_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cpus); i++) {
		struct client c = { 0 };
		report(&c, &(struct moment){ BOOT_A, 10000, 0 }, cpus[i].before);
		assert_reading(&c, "cpu_used_ratio", "", NAN);
		report(&c, &(struct moment){ BOOT_A, 20000, 0 }, cpus[i].after);
		assert_reading(&c, "cpu_used_ratio", "", cpus[i].used);
		assert_reading(&c, "cpu_iowait_ratio", "", cpus[i].iowait);
		assert_reading(&c, "cpu_steal_ratio", "", cpus[i].steal);
		forget(&c);
	}
}

static void a_clock_behind_is_off_too(void **state)
{
	(void)state;
	struct wire_report_header header = {
		.boot_id = "-", .monotonic_ms = -1, .wall_ms = noon - 7200000
	};
	struct promtext none = { 0 };
	struct client c = { 0 };
	struct derive_terms terms = { noon, noon, HOUR, NULL, NULL };
	assert_int_equal(
		derive(&header, &none, &terms, NULL, 0, &c.readings, &c.counters, NULL), 0);
	assert_reading(&c, "clock_skew_seconds", "", -7200);
	assert_reading(&c, "clock_deviation_seconds", "", 7200);
	assert_reading(&c, "uptime_seconds", "", NAN);
	forget(&c);
}

static const struct {
	int64_t wall_ms, asked_ms, came_ms; /* after noon */
	double skew;
} clocks[] = {
	{ 7000, 7000, 7500, 0 },
	{ 7200, 7000, 7500, 0 },
	{ 7500, 7000, 7500, 0 },
	{ 9500, 7000, 7500, 2 },
	{ 6000, 7000, 7500, -1 },
	{ 7200, 7500, 7000, 0 }, /* the server's was set back meanwhile */
	{ 6000, 7500, 7000, -1 },
};

static void a_clock_is_held_against_when_it_was_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
		struct wire_report_header header = {
			.boot_id = BOOT_A, .monotonic_ms = 1, .wall_ms = noon + clocks[i].wall_ms
		};
		struct promtext none = { 0 };
		struct client c = { 0 };
		struct derive_terms terms = { noon + clocks[i].asked_ms, noon + clocks[i].came_ms,
			HOUR, NULL, NULL };
		assert_int_equal(
			derive(&header, &none, &terms, NULL, 0, &c.readings, &c.counters, NULL), 0);
		assert_reading(&c, "clock_skew_seconds", "", clocks[i].skew);
		assert_reading(&c, "clock_deviation_seconds", "", fabs(clocks[i].skew));
		forget(&c);
	}
}

/* The server's clock went back while the client rebooted: ids go on all the same. */
static void a_server_that_went_back_is_still_later(void **state)
{
	(void)state;
	struct promtext none = { 0 };
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 1000, 0 }, "node_load1 1\n# EOF\n");
	struct wire_report_header header = { .boot_id = BOOT_B,
		.monotonic_ms = 1,
		.wall_ms = noon - HOUR + 2000,
		.attempt_id = attempt_floor(noon + 1001) };
	struct buffer next = { 0 };
	readings_finish(&c.readings);
	struct derive_terms terms = { noon - HOUR, noon - HOUR, HOUR, NULL, NULL };
	assert_int_equal(derive(&header, &none, &terms, c.counters.data, c.counters.len,
				 &c.readings, &next, NULL),
		0);
	assert_true(next.len > 0);
	assert_reading(&c, "clock_skew_seconds", "", 2);
	buffer_finish(&next);
	forget(&c);
}

static void what_one_host_claims_is_capped(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	for (int i = 0; i <= DERIVE_INSTANCES_MAX; i++)
		assert_int_equal(buffer_printf(&text, DISK("/dev/%d", "/%d", "100", "10", "10"), i,
					 i, i, i, i, i),
			0);
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 1, 0 }, text.data);
	assert_reading(&c, "readings_left_out", "", 3); /* size, avail, used ratio */
	buffer_clear(&text);
	char name[DERIVE_INSTANCE_LENGTH_MAX + 2];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = 0;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			buffer_printf(&text, "node_filesystem_size_bytes{mountpoint=\"%s\"} 1\n",
				name + i),
			0);
	report(&c, &(struct moment){ BOOT_A, 2, 0 }, text.data);
	assert_reading(&c, "filesystem_size_bytes", name + 1, 1);
	assert_reading(&c, "filesystem_size_bytes", name, NAN);
	assert_reading(&c, "readings_left_out", "", 1);
	buffer_clear(&text);
	for (int i = 0; i < 2; i++) /* escaped it takes three bytes more */
		assert_int_equal(buffer_printf(&text,
					 "node_filesystem_size_bytes{mountpoint=\"%.*s\x01\"} 1\n",
					 DERIVE_INSTANCE_LENGTH_MAX - 4 + i, name),
			0);
	report(&c, &(struct moment){ BOOT_A, 3, 0 }, text.data);
	(void)strcpy(name + DERIVE_INSTANCE_LENGTH_MAX - 4, "\\x01");
	assert_reading(&c, "filesystem_size_bytes", name, 1);
	assert_reading(&c, "readings_left_out", "", 1);
	forget(&c);
	buffer_finish(&text);
}

int main(void)
{
	if (seal_init(NULL) < 0)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_report_alone),
		cmocka_unit_test(filesystems_are_judged_as_df_does),
		cmocka_unit_test(of_two_mounts_at_one_place_the_later_counts),
		cmocka_unit_test(rates_need_two_reports_that_belong_together),
		cmocka_unit_test(the_caller_allows_the_gap),
		cmocka_unit_test(two_unknown_boots_are_not_the_same),
		cmocka_unit_test(a_gap_costs_one_rate_only),
		cmocka_unit_test(a_growth_counts_after_any_gap),
		cmocka_unit_test(a_new_device_waits_for_its_second_report),
		cmocka_unit_test(damaged_counters_are_none),
		cmocka_unit_test(disk_time_is_a_ratio),
		cmocka_unit_test(cpu_time_is_shared_out),
		cmocka_unit_test(a_clock_behind_is_off_too),
		cmocka_unit_test(a_clock_is_held_against_when_it_was_asked),
		cmocka_unit_test(a_server_that_went_back_is_still_later),
		cmocka_unit_test(what_one_host_claims_is_capped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
