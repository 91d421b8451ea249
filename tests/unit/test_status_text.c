#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#include "console/status_text.h"
#include "lib/metrics/metrics.h"

static const int64_t now = 1800000000000;

static struct client_status sample_status(const struct stored_reading *readings, size_t count)
{
	return (struct client_status){
		.client = "web1",
		.has_sample = true,
		.outcome = OUTCOME_OK,
		.error = "",
		.taken_at = now - 65000,
		.last_good_at = now - 65000,
		.readings = readings,
		.reading_count = count,
		.open_alerts = 1,
	};
}

static void never_seen_is_said_and_not_zero(void **state)
{
	(void)state;
	struct status_row row;
	struct buffer out = { 0 };
	status_row_fill(&row, "db1", NULL, now);
	assert_string_equal(row.state, "never");
	assert_true(isnan(row.cpu) && isnan(row.disk));
	assert_int_equal(status_json(&out, &row, 1), 0);
	assert_non_null(strstr(out.data, "\"age_seconds\":null"));
	assert_non_null(strstr(out.data, "\"cpu_used_ratio\":null"));
	buffer_finish(&out);
}

static void the_fullest_disk_is_shown(void **state)
{
	(void)state;
	const char *disk = metric_find("disk")->name;
	const struct stored_reading readings[] = {
		{ 0, disk, "/", 0.25 },
		{ 0, disk, "/var \x1b[2J", 0.93 },
		{ 0, disk, "/home", 0.5 },
		{ 0, metric_find("cpu")->name, "", 0.125 },
	};
	struct client_status status = sample_status(readings, ARRAY_LEN(readings));
	struct status_row row;
	struct buffer out = { 0 };
	status_row_fill(&row, "web1", &status, now);
	assert_true(row.disk == 0.93);
	assert_int_equal(status_table(&out, &row, 1, false), 0);
	assert_non_null(strstr(out.data, "93 % /var \\x1b[2J"));
	assert_non_null(strstr(out.data, "1 m"));
	assert_null(strchr(out.data, '\x1b'));
	buffer_finish(&out);
}

static void colour_only_where_it_is_asked_for(void **state)
{
	(void)state;
	struct client_status status = sample_status(NULL, 0);
	struct status_row row;
	struct buffer out = { 0 };
	status.outcome = OUTCOME_TIMEOUT;
	status.error = "no answer";
	status_row_fill(&row, "web1", &status, now);
	assert_int_equal(status_table(&out, &row, 1, true), 0);
	assert_non_null(strstr(out.data, "\x1b[31mweb1"));
	assert_non_null(strstr(out.data, "timeout"));
	assert_non_null(strstr(out.data, "no answer"));
	buffer_finish(&out);
}

static void json_strings_are_escaped(void **state)
{
	(void)state;
	struct status_row row;
	struct buffer out = { 0 };
	status_row_fill(&row, "a\"b\\c\n", NULL, now);
	assert_int_equal(status_json(&out, &row, 1), 0);
	assert_non_null(strstr(out.data, "\"client\":\"a\\\"b\\\\c\\n\""));
	buffer_finish(&out);
	assert_int_equal(status_json(&out, NULL, 0), 0);
	assert_string_equal(out.data, "[]\n");
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_seen_is_said_and_not_zero),
		cmocka_unit_test(the_fullest_disk_is_shown),
		cmocka_unit_test(colour_only_where_it_is_asked_for),
		cmocka_unit_test(json_strings_are_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
