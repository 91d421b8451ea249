#include "tests/unit/derive_rig.h"

#include <math.h>
#include <string.h>

#include "lib/crypto/seal.h"

/* Kinds of metrics that are not stored by default, too. */
static const struct pair_row kinds[] = {
	/* one label value of several */
	{ "", "node_processes_state{state=\"S\"} 90\nnode_processes_state{state=\"Z\"} 2\n",
		"processes_zombies", "", 2 },
	{ "", "node_processes_state{state=\"S\"} 90\n", "processes_zombies", "", NAN },
	{ "", "node_processes_state 90\n", "processes_zombies", "", NAN },
	{ "", "node_processes_state{state=\"Z\"} 2\n", "processes_state", "Z", 2 },
	{ "", "node_md_disks{device=\"md0\",state=\"failed\"} 1\n", "md_disks_failed", "md0", 1 },
	{ "", "node_md_disks{device=\"md0\",state=\"failed\"} 1\n", "md_disks", "md0/failed", 1 },
	/* several labels make an instance, all of them or none */
	{ "", "node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp1\"} -5\n", "hwmon_temp_celsius",
		"a/temp1", -5 },
	{ "", "node_hwmon_temp_celsius{chip=\"a\"} 5\n", "hwmon_temp_celsius", "a", NAN },
	/* disks by the device mapper's names, where it tells them */
	{ "",
		"node_disk_io_now{device=\"dm-10\"} 5\nnode_disk_io_now{device=\"dm-1\"} 4\n"
		"node_disk_device_mapper_info{device=\"dm-1\",name=\"vg0-root\",uuid=\"\"} 1\n"
		"node_disk_device_mapper_info{device=\"dm-10\",name=\"vg0-home\",uuid=\"\"} 1\n",
		"disk_io_now", "vg0-home", 5 },
	{ "",
		"node_disk_io_now{device=\"dm-1\"} 4\n"
		"node_disk_device_mapper_info{device=\"dm-0\",name=\"vg0-root\"} 1\n",
		"disk_io_now", "dm-1", 4 },
	{ "",
		"node_disk_io_now{device=\"dm-0\"} 4\n"
		"node_disk_device_mapper_info{device=\"dm-0\",name=\"\"} 1\n",
		"disk_io_now", "dm-0", 4 },
	/* the highest of an instance, whatever its place */
	{ "",
		"node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp1\"} 30\n"
		"node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp2\"} 70\n"
		"node_hwmon_temp_celsius{chip=\"b\",sensor=\"temp1\"} 90\n"
		"node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp3\"} 50\n",
		"temperature_celsius", "a", 70 },
	{ "",
		"node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp1\"} 50\n"
		"node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp2\"} 80\n"
		"node_hwmon_temp_crit_celsius{chip=\"a\",sensor=\"temp1\"} 100\n"
		"node_hwmon_temp_crit_celsius{chip=\"a\",sensor=\"temp2\"} 200\n",
		"temperature_critical_ratio", "a", 0.5 },
	{ "",
		"node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp1\"} 50\n"
		"node_hwmon_temp_crit_celsius{chip=\"a\",sensor=\"temp1\"} 0\n",
		"temperature_critical_ratio", "a", NAN },
	/* a share */
	{ "", "node_power_supply_capacity{power_supply=\"BAT0\"} 79\n",
		"power_supply_capacity_ratio", "BAT0", 0.79 },
	{ "", "node_filefd_allocated 100\nnode_filefd_maximum 400\n", "filefd_used_ratio", "",
		0.25 },
	{ "", "node_filefd_allocated 100\n", "filefd_used_ratio", "", NAN },
	{ "",
		"node_bonding_active{master=\"bond0\"} 1\nnode_bonding_active{master=\"bond1\"} 0\n"
		"node_bonding_slaves{master=\"bond1\"} 2\nnode_bonding_slaves{master=\"bond0\"} "
		"2\n",
		"bonding_active_ratio", "bond0", 0.5 },
	{ "", "node_bonding_active{master=\"b\"} 0\nnode_bonding_slaves{master=\"b\"} 0\n",
		"bonding_active_ratio", "b", NAN },
	/* a container: what is cached can go */
	{ "", "fleet_cgroup_memory_usage_bytes 80\nfleet_cgroup_memory_limit_bytes 100\n",
		"cgroup_memory_used_ratio", "", 0.8 },
	{ "",
		"fleet_cgroup_memory_usage_bytes 80\nfleet_cgroup_memory_limit_bytes 100\n"
		"fleet_cgroup_memory_inactive_file_bytes 30\n",
		"cgroup_memory_used_ratio", "", 0.5 },
	{ "", "fleet_cgroup_memory_usage_bytes 80\n", "cgroup_memory_used_ratio", "", NAN },
/* held by what the kernel is told of it, be it the flag or how far it can be off */
#define CLOCK(flag, error) \
	"node_timex_sync_status " flag "\nnode_timex_maxerror_seconds " error "\n"
	{ "", CLOCK("1", "0.03"), "clock_synchronised", "", 1 },
	{ "", CLOCK("1", "16"), "clock_synchronised", "", 1 },
	{ "", CLOCK("0", "0.03"), "clock_synchronised", "", 1 }, /* chrony without rtcsync */
	{ "", CLOCK("0", "15.999999"), "clock_synchronised", "", 1 },
	{ "", CLOCK("0", "16"), "clock_synchronised", "", 0 },
	{ "", "node_timex_sync_status 0\n", "clock_synchronised", "", 0 },
	{ "", "node_timex_maxerror_seconds 0.03\n", "clock_synchronised", "", NAN },
	/* by the server's clock: noon and twenty seconds */
	{ "", "node_os_support_end_timestamp_seconds 1795348860\n", "os_support_left_seconds", "",
		40 },
	{ "", "node_os_support_end_timestamp_seconds 1795348800\n", "os_support_left_seconds", "",
		-20 },
	/* growth */
	{ "node_vmstat_oom_kill 3\n", "node_vmstat_oom_kill 5\n", "vmstat_oom_kills", "", 2 },
	{ "node_vmstat_oom_kill 3\n", "node_vmstat_oom_kill 3\n", "vmstat_oom_kills", "", 0 },
	{ "node_vmstat_oom_kill 3\n", "node_vmstat_oom_kill 1\n", "vmstat_oom_kills", "", NAN },
	{ "", "node_vmstat_oom_kill 5\n", "vmstat_oom_kills", "", NAN },
/* a growth of another */
#define PERIODS(stopped, all)                                    \
	"fleet_cgroup_cpu_throttled_periods_total " stopped "\n" \
	"fleet_cgroup_cpu_periods_total " all "\n"
	{ PERIODS("10", "100"), PERIODS("30", "180"), "cgroup_cpu_throttled_ratio", "", 0.25 },
	{ PERIODS("10", "100"), PERIODS("10", "180"), "cgroup_cpu_throttled_ratio", "", 0 },
	{ PERIODS("10", "100"), PERIODS("10", "100"), "cgroup_cpu_throttled_ratio", "", 0 },
	{ PERIODS("10", "100"), PERIODS("5", "50"), "cgroup_cpu_throttled_ratio", "", NAN },
	{ "", PERIODS("10", "100"), "cgroup_cpu_throttled_ratio", "", NAN },
	{ "fleet_cgroup_cpu_throttled_periods_total 1\n",
		"fleet_cgroup_cpu_throttled_periods_total 2\n", "cgroup_cpu_throttled_ratio", "",
		NAN },
	{ "node_softnet_dropped_total{cpu=\"0\"} 1\n", "node_softnet_dropped_total{cpu=\"0\"} 21\n",
		"softnet_dropped_per_second", "0", 2 },
	/* seconds of a second; watts */
	{ "node_pressure_io_stalled_seconds_total 1\n",
		"node_pressure_io_stalled_seconds_total 6\n", "pressure_io_stalled_ratio", "",
		0.5 },
	{ "node_rapl_package_joules_total{index=\"0\",path=\"p\"} 100\n",
		"node_rapl_package_joules_total{index=\"0\",path=\"p\"} 400\n",
		"rapl_package_watts", "0/p", 30 },
/* what cannot be written to cannot run full */
#define FULL(readonly)                                          \
	"node_filesystem_size_bytes{mountpoint=\"/usr\"} 100\n" \
	"node_filesystem_free_bytes{mountpoint=\"/usr\"} 0\n"   \
	"node_filesystem_avail_bytes{mountpoint=\"/usr\"} 0\n"  \
	"node_filesystem_files{mountpoint=\"/usr\"} 100\n"      \
	"node_filesystem_files_free{mountpoint=\"/usr\"} 0\n"   \
	"node_filesystem_readonly{mountpoint=\"/usr\"} " readonly "\n"
	{ "", FULL("0"), "filesystem_used_ratio", "/usr", 1 },
	{ "", FULL("0"), "filesystem_files_used_ratio", "/usr", 1 },
	{ "", FULL("1"), "filesystem_used_ratio", "/usr", NAN },
	{ "", FULL("1"), "filesystem_files_used_ratio", "/usr", NAN },
	{ "", FULL("1"), "filesystem_avail_bytes", "/usr", 0 },
	/* a filesystem that does not answer has no size */
	{ "", "node_filesystem_device_error{mountpoint=\"/mnt\"} 1\n", "filesystem_device_error",
		"/mnt", 1 },
	{ "",
		"node_filesystem_device_error{mountpoint=\"/proc\"} 0\n"
		"node_filesystem_size_bytes{mountpoint=\"/proc\"} 0\n",
		"filesystem_device_error", "/proc", NAN },
};

static void every_kind_has_its_value(void **state)
{
	(void)state;
	static const struct choice_word words[] = { { "*", true } };
	struct metric_choice all;
	choice_init(&all, words, ARRAY_LEN(words));
	assert_pairs(kinds, ARRAY_LEN(kinds), &all);
}

static void only_what_is_chosen_is_derived_and_counted(void **state)
{
	(void)state;
	static const struct choice_word words[] = { { "*", false }, { "load1", true },
		{ "forks_per_second", true } };
	struct metric_choice choice;
	choice_init(&choice, words, ARRAY_LEN(words));
	struct client c = { .choice = &choice };
	static const char text[] = "node_load1 1\nnode_load5 1\nnode_forks_total 1\n"
				   "node_context_switches_total 1\n";
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, text);
	size_t one = c.counters.len;
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, text);
	assert_int_equal(c.readings.count, 2);
	assert_reading(&c, "load1", "", 1);
	assert_reading(&c, "forks_per_second", "", 0);
	choice_init(&choice, words, 1);
	report(&c, &(struct moment){ BOOT_A, 30000, 0 }, text);
	assert_int_equal(c.readings.count, 0);
	assert_true(c.counters.len < one); /* counters that nobody asks for are not kept */
	forget(&c);
}

/* Whether what an interface carries is stored. */
static const struct {
	const char *name;
	bool stored;
} passing[] = {
	{ "eth0", true },
	{ "docker0", true },
	{ "br-lan", true },
	{ "br-0123456789ab", false },
	{ "br-0123456789a", true },
	{ "veth3f2a1b0", false },
	{ "vethernet", false },
	{ "cali0123456789a", false },
	{ "california", true },
	{ "lxcbr0", true },
	{ "lxc0123456789ab", false },
	{ "tap0", true },
	{ "tap1a2b3c4d-5e", false },
	{ "vnet12", false },
	{ "eni0123456789a", false },
	{ "ve", true },
};

static void interfaces_of_containers_are_stored_only_raw(void **state)
{
	(void)state;
	static const struct choice_word words[] = { { "node_network_*", true } };
	struct metric_choice raw;
	choice_init(&raw, words, ARRAY_LEN(words));
	struct client c = { .choice = &raw };
	struct buffer text = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(passing); i++)
		assert_int_equal(
			buffer_printf(&text, "node_network_receive_bytes_total{device=\"%s\"} 1\n",
				passing[i].name),
			0);
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, text.data);
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, text.data);
	for (size_t i = 0; i < ARRAY_LEN(passing); i++) {
		const char *name = passing[i].name;
		assert_reading(
			&c, "network_receive_bytes_per_second", name, passing[i].stored ? 0 : NAN);
		assert_reading(&c, "node_network_receive_bytes_per_second", name, 0);
	}
	assert_reading(&c, "readings_left_out", "", 0);
	forget(&c);
	buffer_finish(&text);
}

/* What a client is asked for, what its report says, and how much is missing. */
static const struct {
	const char *asks, *report;
	double missing;
} answers[] = {
	{ "", "node_load1 1\n", NAN },
	{ " ask=mount-include:/x ask=network-mounts:yes ask=textfile:- ask=new:x", "node_load1 1\n",
		NAN },
	{ " ask=process:web", "node_load1 1\n", 1 },
	{ " ask=process:web", "fleet_process_error{name=\"web\"} 0\n", 0 },
	{ " ask=process:web", "fleet_process_error{name=\"web\"} 1\n", 0 },
	{ " ask=process:web", "fleet_process_error{name=\"web2\"} 0\nfleet_process_error 1\n", 1 },
	{ " ask=process:web%3d/run/web.pid", "fleet_process_error{name=\"web\"} 0\n", 0 },
	{ " ask=process:a%3db", "fleet_process_error{name=\"a=b\"} 0\n", 0 },
	{ " ask=process:a%22%20%5cb", "fleet_process_error{name=\"a\\\" \\\\b\"} 0\n", 0 },
	/* as the probe makes it visible */
	{ " ask=file:/%e2%80%aex", "fleet_file_error{path=\"/\\\\xe2\\\\x80\\\\xaex\"} 0\n", 0 },
	{ " ask=file:/a ask=file:/b ask=certificate:/c ask=textfile:/d",
		"fleet_file_error{path=\"/b\"} 1\n", 3 },
	{ " ask=file:/a ask=certificate:/a ask=textfile:/d ask=textfile:/e",
		"fleet_file_error{path=\"/a\"} 0\nfleet_certificate_unreadable{path=\"/a\"} 0\n"
		"node_textfile_scrape_error 0\n",
		0 },
};

static void what_the_report_says_nothing_of_is_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct client c = { .asks = answers[i].asks };
		report(&c, &(struct moment){ BOOT_A, 10000, 0 }, answers[i].report);
		assert_reading(&c, "asks_unanswered", "", answers[i].missing);
		forget(&c);
	}
}

/* ---- an ordinary server ------------------------------------------------------------------- */

static const char *const mounts[] = { "/", "/boot", "/home", "/var", NULL };
static const char *const disks[] = { "sda", "sdb", "nvme0n1", "dm-0", NULL };
static const char *const interfaces[] = { "eth0", "eth1", "wg0", NULL };
static const char *const cpus[] = { "0", "1", "2", "3", NULL };
static const char *const chips[] = { "platform_coretemp_0", "nvme_nvme0", NULL };
static const char *const raids[] = { "md0", NULL };
static const char *const unasked[] = { NULL };
static const char *const none[] = { "", NULL };

/* How many of each there are: what a metric is of is told by its label, and by its group. */
static const char *const *instances_of(const struct metric *m)
{
	bool is_device = strcmp(m->instance, "device") == 0;
	if (m->group == METRIC_GROUP_CONTAINER)
		return unasked;
	if (!*m->instance)
		return none;
	if (strcmp(m->instance, "mountpoint") == 0)
		return mounts;
	if (is_device && m->group == METRIC_GROUP_NETWORK)
		return interfaces;
	if (is_device && strncmp(m->name, "md_", 3) == 0)
		return raids;
	return is_device ? disks : strcmp(m->instance, "chip") == 0 ? chips : unasked;
}

static void put(struct buffer *text, const char *name, const struct metric *m, const char *instance,
	const char *also)
{
	if (!*name)
		return;
	assert_int_equal(buffer_append_text(text, name), 0);
	if (*m->instance)
		assert_int_equal(buffer_printf(text, "{%.*s=\"%s\"", (int)strcspn(m->instance, " "),
					 m->instance, instance),
			0);
	if (*also)
		assert_int_equal(buffer_printf(text, "%s%.*s=\"%s\"", *m->instance ? "," : "{",
					 (int)strcspn(also, "="), also, strchr(also, '=') + 1),
			0);
	assert_int_equal(buffer_append_text(text, *m->instance || *also ? "} 1\n" : " 1\n"), 0);
}

static void put_metric(struct buffer *text, const struct metric *m)
{
	for (const char *const *i = instances_of(m); *i; i++) {
		put(text, m->source, m, *i, m->only);
		if (m->kind != METRIC_CPU)
			put(text, m->other, m, *i, "");
	}
}

/* The sources of everything in the catalogue that is stored. */
static void put_ordinary(struct buffer *text)
{
	for (size_t i = 0; i < metric_count(); i++)
		if (metric_at(i)->is_stored && strchr(metric_at(i)->instance, ' ') == NULL)
			put_metric(text, metric_at(i));
	static const struct metric filesystem = { .instance = "mountpoint" };
	for (const char *const *i = mounts; *i; i++) {
		assert_int_equal(
			buffer_printf(text, "node_filesystem_readonly{mountpoint=\"%s\"} 0\n", *i),
			0);
		put(text, "node_filesystem_free_bytes", &filesystem, *i, "");
		put(text, "node_filesystem_avail_bytes", &filesystem, *i, "");
	}
	static const struct metric cpu = { .instance = "cpu" };
	for (const char *const *i = cpus; *i; i++)
		put(text, "node_cpu_seconds_total", &cpu, *i, "mode=idle");
}

/* So much is promised in metrics.h. */
static void an_ordinary_server_has_about_a_hundred_readings(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	put_ordinary(&text);
	struct client c = { .asks = " ask=file:/x" };
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, text.data);
	for (char *one = text.data; (one = strstr(one, "mode=\"idle\"} 1\n")); one++)
		one[strlen("mode=\"idle\"} ")] = '9';
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, text.data);
	for (size_t i = 0; i < metric_count(); i++) {
		const struct metric *m = metric_at(i);
		const char *instance = instances_of(m)[0];
		if (!instance || strchr(m->instance, ' '))
			continue;
		if (isnan(reading_of(&c, m->name, instance)) != !m->is_stored)
			fail_msg("%s{%s} is %s", m->name, instance,
				m->is_stored ? "missing" : "there");
	}
	print_message("%zu readings\n", c.readings.count);
	assert_in_range(c.readings.count, 80, METRIC_ORDINARY_MAX);
	forget(&c);
	buffer_finish(&text);
}

int main(void)
{
	if (seal_init(NULL) < 0)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_value),
		cmocka_unit_test(only_what_is_chosen_is_derived_and_counted),
		cmocka_unit_test(interfaces_of_containers_are_stored_only_raw),
		cmocka_unit_test(what_the_report_says_nothing_of_is_counted),
		cmocka_unit_test(an_ordinary_server_has_about_a_hundred_readings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
