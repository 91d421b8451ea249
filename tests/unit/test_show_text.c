#include "tests/unit/unit.h"

#include <string.h>

#include "console/show_text.h"

static const int64_t noon = INT64_C(1795348800000);

#define HEADER                                                                              \
	"# fleet1 id=0123456789abcdef nonce=000102030405060708090a0b0c0d0e0f "              \
	"probe=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff boot=9f86d081-884c-4d63-a2f4-4b6e4d1c0a01 " \
	"mono=7654321 wall=1795348801500\n"

static struct client asked_for = { .name = "web1", .asks = "" };

static char *show(struct buffer *out, const char *text)
{
	buffer_clear(out);
	struct error err;
	if (show_text(&asked_for, text, strlen(text), noon, noon + 90 * 1000, out, &err) < 0)
		fail_msg("%s", err.text);
	return out->data;
}

static void who_and_when_stand_above(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	assert_string_equal(show(&out, HEADER "node_load1 0.5\n# EOF\n"),
		"web1: report of 2026-11-22T12:00:00.000Z, 1 min 30 s ago;"
		" probe f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff; up 2 h 7 min\n\n"
		"NAME        VALUE  LABELS\n"
		"node_load1  0.50   \n");
	buffer_finish(&out);
}

/* A sample, and the end of its line. */
static const struct {
	const char *sample, *shown;
} rows[] = {
	{ "node_memory_MemTotal_bytes 17179869184", " 16.0 GiB  \n" },
	{ "node_network_receive_bytes_total{device=\"eth0\"} 1536", " 1.5 KiB  device=\"eth0\"\n" },
	{ "node_boot_time_seconds 1795348800", " 2026-11-22T12:00:00.000Z  \n" },
	{ "node_time_seconds 1795348800.25", " 2026-11-22T12:00:00.250Z  \n" },
	{ "fleet_file_mtime_seconds{path=\"/x\"} 1795348800",
		" 2026-11-22T12:00:00.000Z  path=\"/x\"\n" },
	{ "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 7200",
		" 2 h 0 min  cpu=\"0\" mode=\"user\"\n" },
	{ "node_hwmon_temp_celsius{chip=\"a\",sensor=\"temp1\"} 41",
		" 41.0 °C  chip=\"a\" sensor=\"temp1\"\n" },
	{ "node_thermal_zone_temp{zone=\"0\",type=\"x\"} 41", " 41.0 °C  type=\"x\" zone=\"0\"\n" },
	{ "room_humidity_ratio 0.4", " 40.0 %  \n" },
	{ "node_network_speed_bytes{device=\"eth0\"} 125000000", " 125 MB/s  device=\"eth0\"\n" },
	{ "node_disk_info{device=\"sda\",model=\"\"} 1", " 1      device=\"sda\"\n" },
	{ "node_forks_total 5", " 5      \n" },
	{ "x{a=\"\\n\\\\\"} 1", " 1      a=\"\\x0a\\\"\n" },
	{ "x{a=\"\x1b[2J\"} 1", " 1      a=\"\\x1b[2J\"\n" },
};

static void values_are_shown_in_their_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buffer text = { 0 }, out = { 0 };
		assert_int_equal(buffer_printf(&text, HEADER "%s\n# EOF\n", rows[i].sample), 0);
		const char *shown = show(&out, text.data);
		size_t len = strlen(rows[i].shown);
		if (out.len < len || strcmp(shown + out.len - len, rows[i].shown) != 0)
			fail_msg("%s: %s", rows[i].sample, shown);
		buffer_finish(&text);
		buffer_finish(&out);
	}
}

static void what_nothing_is_said_of_comes_last(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	asked_for.asks = " ask=process:web ask=file:/a%20b ask=process:db%3d/run/db.pid";
	const char *end = "\n\nasked for, but the report says nothing of it:\n"
			  "  file /a b\n  process db=/run/db.pid\n";
	const char *shown = show(&out, HEADER "fleet_process_error{name=\"web\"} 0\n# EOF\n");
	assert_string_equal(shown + out.len - strlen(end), end);
	asked_for.asks = " ask=process:web";
	assert_null(strstr(
		show(&out, HEADER "fleet_process_error{name=\"web\"} 1\n# EOF\n"), "asked for"));
	asked_for.asks = "";
	buffer_finish(&out);
}

static void what_is_refused_is_counted(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	assert_non_null(strstr(show(&out, HEADER "node_load1 x\nnode_load5 1\nbad{\n# EOF\n"),
		"\n2 lines are not well-formed; see --raw\n"));
	assert_null(strstr(out.data, "node_load1"));
	assert_int_equal(show_text(&asked_for, "no header\n", 10, noon, noon, &out, NULL), -1);
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_and_when_stand_above),
		cmocka_unit_test(values_are_shown_in_their_unit),
		cmocka_unit_test(what_nothing_is_said_of_comes_last),
		cmocka_unit_test(what_is_refused_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
