/* What the collector does with storage. */
#include "tests/contract/rig.h"

#include <float.h>
#include <math.h>

static const struct reading three[] = {
	{ "cpu_used_ratio", "", 0.25 },
	{ "filesystem_used_ratio", "/", 0.5 },
	{ "filesystem_used_ratio", "/mnt/caf\xc3\xa9 \"it's\"", 0.75 },
};

static struct rig *rig(void **state)
{
	return *state;
}

static void a_sample_reads_back(void **state)
{
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", three, ARRAY_LEN(three));
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r,
		"SELECT client, taken_at, metric, instance, value, unit FROM latest ORDER BY "
		"instance",
		"web1|2026-11-22 12:00:00.000|cpu_used_ratio||0.25|ratio\n"
		"web1|2026-11-22 12:00:00.000|filesystem_used_ratio|/|0.5|ratio\n"
		"web1|2026-11-22 12:00:00.000|filesystem_used_ratio|/mnt/caf\xc3\xa9 \"it's\"|0.75|"
		"ratio\n");
	assert_select(r,
		"SELECT outcome, first_outcome, stage, error, duration_ms, taken_at, received_at,"
		" processed_at FROM sample",
		"ok|ok|||80|2026-11-22 12:00:00.000|2026-11-22 12:00:00.001|NULL\n");
}

static void views_show_newest_and_all(void **state)
{
	struct rig *r = rig(state);
	struct sample batch[] = {
		good_sample(60000, "web1", three, 1),
		good_sample(0, "web1", three, 1),
		failed_sample(120000, "web1"),
		failed_sample(0, "db1"),
	};
	enum put_result results[4];
	batch[3].id++;
	assert_done(r, storage_put_samples(r->s, batch, 4, results, &r->err));
	assert_select(r, "SELECT client, taken_at FROM latest", "web1|2026-11-22 12:01:00.000\n");
	assert_select(r, "SELECT client, taken_at, value FROM history ORDER BY taken_at",
		"web1|2026-11-22 12:00:00.000|0.25\nweb1|2026-11-22 12:01:00.000|0.25\n");
	assert_select(r,
		"SELECT c.name, s.outcome, s.stage, s.error FROM sample s"
		" JOIN client c ON c.id = s.client_id WHERE outcome <> 'ok' ORDER BY c.name",
		"db1|timeout|connect|no answer within 5 s\n"
		"web1|timeout|connect|no answer within 5 s\n");
}

static void the_same_report_again_is_a_replay(void **state)
{
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", three, 3);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_int_equal(put(r, &s), PUT_REPLAY);
	rig_reopen(r);
	assert_int_equal(put(r, &s), PUT_REPLAY);
	struct sample failure = failed_sample(0, "web1");
	assert_int_equal(put(r, &failure), PUT_REPLAY);
	assert_select(r, "SELECT count(*) FROM reading", "3\n");
	assert_select(r, "SELECT outcome FROM sample", "ok\n");
}

static void another_report_of_that_id_is_stale(void **state)
{
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", three, 3);
	assert_int_equal(put(r, &s), PUT_NEW);
	s.digest[3] ^= 1;
	s.reading_count = 1;
	assert_int_equal(put(r, &s), PUT_STALE);
	assert_select(r, "SELECT count(*) FROM reading", "3\n");
}

/* Two collectors under one number, or a liar: nobody completes another's attempt. */
static void an_id_of_another_client_is_stale(void **state)
{
	struct rig *r = rig(state);
	struct sample mine = failed_sample(0, "web1"), failed = failed_sample(0, "web2");
	struct sample good = good_sample(0, "web2", three, 3);
	struct sample batch[] = { good_sample(1, "web3", three, 1),
		good_sample(1, "web2", three, 1) };
	enum put_result results[2];
	assert_int_equal(put(r, &mine), PUT_NEW);
	assert_int_equal(put(r, &failed), PUT_STALE);
	assert_int_equal(put(r, &good), PUT_STALE);
	assert_done(r, storage_put_samples(r->s, batch, 2, results, &r->err));
	assert_int_equal(results[0], PUT_NEW);
	assert_int_equal(results[1], PUT_STALE); /* though the digest is the same */
	assert_select(r,
		"SELECT c.name, s.outcome FROM sample s JOIN client c ON c.id = s.client_id"
		" ORDER BY s.id",
		"web1|timeout\nweb3|ok\n");
	assert_select(r, "SELECT count(*) FROM reading", "1\n");
}

static void a_late_file_completes_a_failure(void **state)
{
	struct rig *r = rig(state);
	struct sample failure = failed_sample(0, "web1");
	assert_int_equal(put(r, &failure), PUT_NEW);
	assert_int_equal(put(r, &failure), PUT_REPLAY);
	rig_execute(r, "UPDATE sample SET processed_at = taken_at");
	struct sample late = good_sample(0, "web1", three, 2);
	late.cycle_id = 0;
	late.received_at = noon + 60000;
	assert_int_equal(put(r, &late), PUT_COMPLETED);
	assert_int_equal(put(r, &late), PUT_REPLAY);
	assert_int_equal(put(r, &failure), PUT_REPLAY);
	assert_select(r,
		"SELECT outcome, first_outcome, stage, error, taken_at, received_at, processed_at,"
		" cycle_id > 0, duration_ms FROM sample",
		"ok|timeout|||2026-11-22 12:00:00.000|2026-11-22 12:01:00.000|NULL|1|5000\n");
	assert_select(r, "SELECT count(*) FROM latest", "2\n");
}

static void one_batch_may_hold_an_id_twice(void **state)
{
	struct rig *r = rig(state);
	struct sample batch[] = { failed_sample(0, "web1"), good_sample(0, "web1", three, 3),
		good_sample(0, "web1", three, 3), failed_sample(0, "web1") };
	enum put_result results[4];
	assert_done(r, storage_put_samples(r->s, batch, 4, results, &r->err));
	assert_int_equal(results[0], PUT_NEW);
	assert_int_equal(results[1], PUT_COMPLETED);
	assert_int_equal(results[2], PUT_REPLAY);
	assert_int_equal(results[3], PUT_REPLAY);
	assert_select(r, "SELECT outcome, first_outcome FROM sample", "ok|timeout\n");
}

static void values_at_their_extremes(void **state)
{
	static const struct reading readings[] = {
		{ "a", "nan", NAN },
		{ "a", "inf", INFINITY },
		{ "a", "-inf", -INFINITY },
		{ "a", "max", DBL_MAX },
		{ "a", "min", -DBL_MAX },
		{ "a", "tiny", DBL_MIN },
		{ "a", "third", 1.0 / 3 },
		{ "a", "big", 18446744073709551616.0 },
		{ "a", "zero", 0 },
	};
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", readings, ARRAY_LEN(readings));
	s.duration_ms = UINT32_MAX;
	assert_int_equal(put(r, &s), PUT_NEW);
	struct sample_batch b;
	assert_done(r, storage_unprocessed(r->s, 10, &b, &r->err));
	assert_int_equal(b.count, 1);
	assert_int_equal(b.items[0].reading_count, 6);
	for (size_t i = 0; i < 6; i++) { /* bit by bit */
		assert_string_equal(b.items[0].readings[i].instance, readings[i + 3].instance);
		assert_memory_equal(&b.items[0].readings[i].value, &readings[i + 3].value, 8);
	}
	sample_batch_finish(&b);
}

/* Longer, stranger and less valid than any catalogue or mount table has it. */
static void names_of_any_kind(void **state)
{
	static const char *const names[] = {
		"",
		" ",
		"/",
		"/ ",
		"/  ",
		"/A",
		"/a",
		"/\xc3\xa9",
		"/e",
		"/e\xcc\x81",
		"%",
		"_",
		"'",
		"\"",
		"\\",
		"--",
		"; DROP TABLE sample",
		"?",
		"\xf0\x9f\x90\xa7",
		"\xff\xfe",
		"tab\there",
		"\x01",
		"cut \xe2\x82",
		"NULL",
	};
	struct rig *r = rig(state);
	struct reading readings[ARRAY_LEN(names) + 2];
	static char longest[2][5000];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		readings[i] = (struct reading){ "custom_metric", names[i], (double)i };
	memset(longest[0], 'x', sizeof longest[0] - 1);
	for (size_t i = 0; i + 2 < sizeof longest[1]; i += 2)
		memcpy(longest[1] + i, "\xc3\xa9", 2);
	for (size_t i = 0; i < 2; i++)
		readings[ARRAY_LEN(names) + i] = (struct reading){ "custom_metric", longest[i], 1 };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct sample s = good_sample((int64_t)i, names[i], readings, ARRAY_LEN(readings));
		if (i == 0)
			s.client = longest[0];
		s.error = longest[1];
		assert_int_equal(put(r, &s), PUT_NEW);
		assert_int_equal(put(r, &s), PUT_REPLAY);
		if (i % 5 == 0)
			rig_reopen(r);
	}
	char expected[32];
	(void)snprintf(expected, sizeof expected, "%zu\n", ARRAY_LEN(names));
	assert_select(r, "SELECT count(*) FROM client", expected);
	(void)snprintf(expected, sizeof expected, "%zu\n", ARRAY_LEN(readings));
	assert_select(r, "SELECT count(*) FROM series WHERE client_id = 1", expected);
	assert_select(r,
		"SELECT instance FROM series WHERE client_id = 1 AND instance LIKE '%20'"
		" ORDER BY instance",
		"/ \\x20\n/\\x20\n\\x20\n");
	assert_select(r,
		rig_is_mariadb() ? "SELECT max(char_length(error)) FROM sample"
				 : "SELECT max(length(error)) FROM sample",
		"1000\n");
}

static void a_thing_named_twice_is_stored_once(void **state)
{
	static const struct reading twice[] = { { "a", "x", 1.5 }, { "b", "", 2.5 },
		{ "a", "x", 1.5 } };
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", twice, 3);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r, "SELECT metric, value FROM latest ORDER BY metric", "a|1.5\nb|2.5\n");
}

static void times_at_their_extremes(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
		int64_t back;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00.000\n", 0 },
		{ -1, "1969-12-31 23:59:59.999\n", -1 },
		{ INT64_C(951868799999), "2000-02-29 23:59:59.999\n", INT64_C(951868799999) },
		{ INT64_C(253402300799999), "9999-12-31 23:59:59.999\n", INT64_C(253402300799999) },
		{ INT64_MAX, "9999-12-31 23:59:59.999\n", INT64_C(253402300799999) },
		{ INT64_MIN, "1000-01-01 00:00:00.000\n", INT64_C(-30610224000000) },
	};
	struct rig *r = rig(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sample s = failed_sample((int64_t)i, "web1");
		char sql[100];
		s.taken_at = rows[i].ms;
		assert_int_equal(put(r, &s), PUT_NEW);
		(void)snprintf(sql, sizeof sql, "SELECT taken_at FROM sample WHERE id = %lld",
			(long long)s.id);
		assert_select(r, sql, rows[i].text);
	}
	struct sample_batch b;
	assert_done(r, storage_unprocessed(r->s, 100, &b, &r->err));
	for (size_t i = 0; i < b.count; i++)
		assert_int_equal(b.items[i].taken_at, rows[i].back);
	sample_batch_finish(&b);
}

static void ids_outside_63_bits_are_refused(void **state)
{
	struct rig *r = rig(state);
	struct sample s = failed_sample(0, "web1");
	enum put_result result;
	s.id = 0;
	assert_int_equal(storage_put_samples(r->s, &s, 1, &result, &r->err), -1);
	s.id = UINT64_C(1) << 63;
	assert_int_equal(storage_put_samples(r->s, &s, 1, &result, &r->err), -1);
	s.id = INT64_MAX;
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_done(r, storage_put_samples(r->s, NULL, 0, NULL, &r->err));
}

static void counters_are_kept_by_client(void **state)
{
	struct rig *r = rig(state);
	struct buffer out = { 0 };
	int64_t text_at = -1;
	struct sample s = good_sample(0, "web1", NULL, 0);
	assert_done(r, storage_get_counters(r->s, "web1", &out, &text_at, &r->err));
	assert_int_equal(out.len, 0);
	assert_int_equal(text_at, 0);
	s.counters = "a\0b";
	s.counters_len = 3;
	assert_int_equal(put(r, &s), PUT_NEW);
	s = good_sample(1, "web1", NULL, 0); /* length 0 leaves the stored ones */
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_done(r, storage_get_counters(r->s, "web1", &out, &text_at, &r->err));
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.data, "a\0b", 3);
	s = good_sample(2, "web1", NULL, 0);
	s.counters = "second";
	s.counters_len = 6;
	assert_int_equal(put(r, &s), PUT_NEW);
	s = good_sample(2, "web1", NULL, 0); /* a replay changes nothing */
	s.counters = "third";
	s.counters_len = 5;
	assert_int_equal(put(r, &s), PUT_REPLAY);
	assert_done(r, storage_get_counters(r->s, "web1", &out, &text_at, &r->err)); /* appends */
	assert_string_equal(out.data + 3, "second");
	buffer_finish(&out);
}

static void expect_text_at(struct rig *r, int64_t want)
{
	struct buffer none = { 0 };
	int64_t text_at = -1;
	assert_done(r, storage_get_counters(r->s, "web1", &none, &text_at, &r->err));
	assert_int_equal(text_at, want);
	assert_int_equal(none.len, 0);
}

static void put_text(struct rig *r, int64_t n, const char *text)
{
	struct sample s = good_sample(n, "web1", NULL, 0);
	s.text = text;
	s.text_len = strlen(text);
	assert_int_equal(put(r, &s), PUT_NEW);
}

static void the_text_is_kept_every_ten_minutes(void **state)
{
	struct rig *r = rig(state);
	const char *sql = "SELECT text_size, text_at, length(text) > 8 FROM report";
	put_text(r, 0, "first");
	expect_text_at(r, noon);
	put_text(r, 599999, "second");
	rig_reopen(r);
	expect_text_at(r, noon);
	put_text(r, 599998, "second");
	assert_select(r, sql, "5|2026-11-22 12:00:00.000|1\n");
	put_text(r, 600000, "the third");
	assert_select(r, sql, "9|2026-11-22 12:10:00.000|1\n");
	put_text(r, -600000, "older than what is stored");
	assert_select(r, sql, "9|2026-11-22 12:10:00.000|1\n");
	expect_text_at(r, noon + 600000);
	assert_true(storage_wants_text(0, noon));
	assert_false(storage_wants_text(noon, noon + 599999));
	assert_true(storage_wants_text(noon, noon + 600000));
	assert_false(storage_wants_text(noon, noon - 599999));
	assert_true(storage_wants_text(noon, noon - 600000));
}

static void a_cycle_is_inserted_then_updated(void **state)
{
	struct rig *r = rig(state);
	struct cycle c = { id_at(0), "collector", "1.0", noon, 0, noon + 50000, 10, 0, 0, true };
	struct cycle got;
	bool found;
	assert_done(r, storage_last_cycle(r->s, "collector", false, &got, &found, &r->err));
	assert_false(found);
	assert_done(r, storage_put_cycle(r->s, &c, &r->err));
	assert_done(r, storage_last_cycle(r->s, "collector", true, &got, &found, &r->err));
	assert_false(found);
	c.finished_at = noon + 9000;
	c.ok = 8;
	c.failed = 2;
	assert_done(r, storage_put_cycle(r->s, &c, &r->err));
	struct cycle part = { id_at(5), "collector", "1.0", noon, noon, noon, 1, 1, 0, false };
	struct cycle other = { id_at(6), "alerter", "1.0", noon, noon, 0, 0, 0, 0, true };
	struct cycle running = { id_at(7), "collector", "1.0", noon, 0, noon, 10, 0, 0, true };
	assert_done(r, storage_put_cycle(r->s, &part, &r->err));
	assert_done(r, storage_put_cycle(r->s, &other, &r->err));
	assert_done(r, storage_put_cycle(r->s, &running, &r->err));
	assert_done(r, storage_last_cycle(r->s, "collector", true, &got, &found, &r->err));
	assert_true(found);
	assert_int_equal(got.id, id_at(0));
	assert_int_equal(got.started_at, noon);
	assert_int_equal(got.finished_at, noon + 9000);
	assert_int_equal(got.deadline_at, noon + 50000);
	assert_int_equal(got.clients, 10);
	assert_int_equal(got.ok, 8);
	assert_int_equal(got.failed, 2);
	assert_true(got.whole_fleet);
	assert_string_equal(got.program, "collector");
	assert_done(r, storage_last_cycle(r->s, "collector", false, &got, &found, &r->err));
	assert_int_equal(got.id, id_at(7));
	assert_int_equal(got.finished_at, 0);
}

const struct CMUnitTest sample_tests[] = {
	RIG_TEST(a_sample_reads_back),
	RIG_TEST(views_show_newest_and_all),
	RIG_TEST(the_same_report_again_is_a_replay),
	RIG_TEST(another_report_of_that_id_is_stale),
	RIG_TEST(an_id_of_another_client_is_stale),
	RIG_TEST(a_late_file_completes_a_failure),
	RIG_TEST(one_batch_may_hold_an_id_twice),
	RIG_TEST(values_at_their_extremes),
	RIG_TEST(names_of_any_kind),
	RIG_TEST(a_thing_named_twice_is_stored_once),
	RIG_TEST(times_at_their_extremes),
	RIG_TEST(ids_outside_63_bits_are_refused),
	RIG_TEST(counters_are_kept_by_client),
	RIG_TEST(the_text_is_kept_every_ten_minutes),
	RIG_TEST(a_cycle_is_inserted_then_updated),
};
const size_t sample_test_count = ARRAY_LEN(sample_tests);
