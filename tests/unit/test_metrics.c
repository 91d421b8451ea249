#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "lib/metrics/metrics.h"
#include "lib/metrics/suggest.h"

static bool is_name(const char *s, char also)
{
	for (; *s; s++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *s) &&
			*s != also)
			return false;
	return true;
}

static void the_catalogue_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < metric_count(); i++) {
		const struct metric *m = metric_at(i);
		assert_true(is_name(m->name, '_'));
		assert_true(is_name(m->alert, '-'));
		assert_true(strlen(m->name) < 64 && strlen(m->help) > 0);
		assert_int_equal(m->kind >= METRIC_UPTIME, !*m->source);
		assert_true(m->group < METRIC_GROUP_CUSTOM);
		assert_true(!*m->only || strchr(m->only, '='));
		/* the first of a name is found, so every name stands once */
		assert_ptr_equal(metric_find(m->name), m);
		if (*m->alert)
			assert_ptr_equal(metric_find(m->alert), m);
	}
}

static void friendly_names_lead_to_metrics(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "cpu", "cpu_used_ratio" },
		{ "memory", "memory_used_ratio" },
		{ "swap", "swap_used_ratio" },
		{ "disk", "filesystem_used_ratio" },
		{ "inodes", "filesystem_files_used_ratio" },
		{ "load", "load1" },
		{ "load-per-cpu", "load1_per_cpu" },
		{ "network-in", "network_receive_bytes_per_second" },
		{ "disk-io", "disk_io_ratio" },
		{ "processes", "processes_pids" },
		{ "uptime", "uptime_seconds" },
		{ "clock", "clock_deviation_seconds" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct metric *m = metric_find(rows[i][0]);
		assert_non_null(m);
		assert_string_equal(m->name, rows[i][1]);
	}
	assert_null(metric_find(""));
	assert_null(metric_find("cp"));
}

static void typing_mistakes_are_guessed(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "memori", "memory" },
		{ "MEMORY", "memory" },
		{ "cpus", "cpu" },
		{ "inode", "inodes" },
		{ "dsk", "disk" },
		{ "loadpercpu", "load-per-cpu" },
		{ "memory_used_rato", "memory_used_ratio" },
		{ "x", NULL },
		{ "", NULL },
		{ "bananas", NULL },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *guess = metric_suggest(rows[i][0]);
		if (rows[i][1])
			assert_string_equal(guess ? guess : "(none)", rows[i][1]);
		else
			assert_null(guess);
	}
}

static void values_read_well(void **state)
{
	(void)state;
	static const struct {
		enum metric_unit unit;
		double value;
		const char *text;
	} rows[] = {
		{ UNIT_RATIO, 0.8534, "85.3 %" },
		{ UNIT_RATIO, 0, "0.0 %" },
		{ UNIT_BYTES, 0, "0 B" },
		{ UNIT_BYTES, 1023, "1023 B" },
		{ UNIT_BYTES, 1536, "1.5 KiB" },
		{ UNIT_BYTES, 3.2 * 1024 * 1024 * 1024, "3.2 GiB" },
		{ UNIT_BYTES, 512.0 * 1024 * 1024, "512 MiB" },
		{ UNIT_BYTES_PER_SECOND, 1.2e6, "1.2 MB/s" },
		{ UNIT_PER_SECOND, 12.345, "12.3/s" },
		{ UNIT_SECONDS, 0.25, "0.25 s" },
		{ UNIT_SECONDS, 59, "59 s" },
		{ UNIT_SECONDS, 60, "1 min 0 s" },
		{ UNIT_SECONDS, -3725, "-1 h 2 min" },
		{ UNIT_SECONDS, 4 * 86400 + 3 * 3600 + 59, "4 d 3 h" },
		{ UNIT_SECONDS, 1e300, "1e+300 s" },
		{ UNIT_TIMESTAMP, 1795348800, "2026-11-22T12:00:00.000Z" },
		{ UNIT_TIMESTAMP, 1e300, "?" },
		{ UNIT_CELSIUS, -3.25, "-3.2 °C" },
		{ UNIT_WATTS, 45.67, "45.7 W" },
		{ UNIT_NONE, 7, "7" },
		{ UNIT_NONE, 0.5, "0.50" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[50];
		assert_ptr_equal(unit_format(rows[i].unit, rows[i].value, out, sizeof out), out);
		assert_string_equal(out, rows[i].text);
	}
}

static void absurd_values_stay_in_their_room(void **state)
{
	(void)state;
	static const double values[] = { 1e300, -1e300, 1e18, -1e-300 };
	for (unsigned u = UNIT_NONE; u <= UNIT_WATTS; u++)
		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			char out[8];
			assert_true(strlen(unit_format(u, values[i], out, sizeof out)) < 8);
		}
}

static void units_have_names(void **state)
{
	(void)state;
	assert_string_equal(unit_name(UNIT_NONE), "");
	assert_string_equal(unit_name(UNIT_BYTES_PER_SECOND), "bytes_per_second");
	assert_string_equal(unit_name(UNIT_TIMESTAMP), "timestamp");
	assert_string_equal(unit_name(UNIT_CELSIUS), "celsius");
	assert_string_equal(unit_name(UNIT_WATTS), "watts");
}

static void names_outside_the_catalogue_tell_their_unit(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum metric_unit unit;
	} rows[] = {
		{ "room_celsius", UNIT_CELSIUS },
		{ "dump_bytes", UNIT_BYTES },
		{ "sent_bytes_per_second", UNIT_BYTES_PER_SECOND },
		{ "jobs_per_second", UNIT_PER_SECOND },
		{ "room_humidity_ratio", UNIT_RATIO },
		{ "backup_age_seconds", UNIT_SECONDS },
		{ "backup_timestamp_seconds", UNIT_TIMESTAMP },
		{ "dump_mtime_seconds", UNIT_TIMESTAMP },
		{ "response_time_seconds", UNIT_SECONDS },
		{ "rack_watts", UNIT_WATTS },
		{ "room_pressure_pascal", UNIT_NONE },
		{ "_bytes", UNIT_NONE },
		{ "bytes", UNIT_NONE },
		{ "", UNIT_NONE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct metric m = metric_named(rows[i].name);
		assert_ptr_equal(m.name, rows[i].name);
		assert_int_equal(m.unit, rows[i].unit);
		assert_int_equal(m.group, METRIC_GROUP_CUSTOM);
		assert_string_equal(m.alert, "");
		assert_string_equal(m.help, "");
		assert_true(*m.instance);
	}
	assert_string_equal(metric_named("cpu").name, "cpu_used_ratio");
}

static void places_in_the_catalogue_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < metric_count(); i++)
		assert_int_equal(metric_index(metric_at(i)), i);
	assert_string_equal(metric_group_name(METRIC_GROUP_CPU), "cpu");
	assert_string_equal(metric_group_name(METRIC_GROUP_CUSTOM), "custom");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_catalogue_is_sound),
		cmocka_unit_test(friendly_names_lead_to_metrics),
		cmocka_unit_test(typing_mistakes_are_guessed),
		cmocka_unit_test(values_read_well),
		cmocka_unit_test(absurd_values_stay_in_their_room),
		cmocka_unit_test(units_have_names),
		cmocka_unit_test(names_outside_the_catalogue_tell_their_unit),
		cmocka_unit_test(places_in_the_catalogue_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
