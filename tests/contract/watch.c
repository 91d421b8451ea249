/* Samples with the readings of watched metrics, and the history of one series. */
#include "tests/contract/rig.h"

#define MEMORY "memory_used_ratio"
#define DISK   "filesystem_used_ratio"

static struct rig *rig(void **state)
{
	return *state;
}

static const struct reading three[] = {
	{ MEMORY, "", 0.5 },
	{ DISK, "/", 0.25 },
	{ DISK, "/srv", 0.75 },
};

/* "client metric instance value" of each reading; what was read is not work any more. */
static void assert_readings(struct rig *r, struct storage *s, const char *expected)
{
	struct sample_batch b;
	struct buffer got = { 0 };
	uint64_t epoch;
	bool lost;
	assert_done(r, storage_unprocessed(s, 100, &b, &r->err));
	for (size_t i = 0; i < b.count; i++)
		for (size_t k = 0; k < b.items[i].reading_count; k++) {
			const struct stored_reading *v = &b.items[i].readings[k];
			assert_true(v->series > 0);
			assert_int_equal(buffer_printf(&got, "%s %s %s %.2f\n", b.items[i].client,
						 v->metric, v->instance, v->value),
				0);
		}
	assert_string_equal(got.data ? got.data : "", expected);
	buffer_finish(&got);
	assert_done(r, storage_take_lease(s, "watch", noon, 60000, &epoch, &r->err));
	assert_done(r, storage_apply(s, epoch, b.items, b.count, NULL, 0, noon, &lost, &r->err));
	sample_batch_finish(&b);
}

static void watch(struct rig *r, struct storage *s, const char *metric)
{
	assert_done(r, storage_watch_metrics(
			       s, (const char *const[]){ metric, "unheard_of", NULL }, &r->err));
}

static void only_what_is_watched_is_read(void **state)
{
	struct rig *r = rig(state);
	struct storage *alerter = rig_open(r);
	struct sample s[] = { good_sample(0, "web1", three, 3), good_sample(1, "db1", three, 1),
		failed_sample(2, "web1"), good_sample(3, "web2", three, 3) };
	enum put_result results[ARRAY_LEN(s)];
	watch(r, alerter, DISK);
	assert_readings(r, alerter, "");
	assert_done(r, storage_put_samples(r->s, s, ARRAY_LEN(s), results, &r->err));
	assert_readings(r, alerter,
		"web1 " DISK " / 0.25\nweb1 " DISK " /srv 0.75\n"
		"web2 " DISK " / 0.25\nweb2 " DISK " /srv 0.75\n");
	assert_select(r, "SELECT count(*) FROM sample WHERE processed_at IS NULL", "0\n");
	assert_done(r, storage_watch_metrics(alerter, (const char *const[]){ NULL }, &r->err));
	s[0] = good_sample(10, "web1", three, 3);
	assert_int_equal(put(r, &s[0]), PUT_NEW);
	assert_readings(r, alerter, "");
	watch(r, alerter, MEMORY);
	s[0] = good_sample(11, "web1", three, 3);
	assert_int_equal(put(r, &s[0]), PUT_NEW);
	assert_readings(r, alerter, "web1 " MEMORY "  0.50\n");
	storage_close(alerter);
}

static void everything_is_read_when_nothing_was_said(void **state)
{
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", three, 3);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_readings(
		r, r->s, "web1 " MEMORY "  0.50\nweb1 " DISK " / 0.25\nweb1 " DISK " /srv 0.75\n");
}

/* A disk that was not there when the alerter read the client's series first, then one of a client
 * that was forgotten and came back: another series. */
static void new_series_are_met_at_once(void **state)
{
	static const struct reading more[] = { { DISK, "/", 0.1 }, { DISK, "/new", 0.9 } };
	struct rig *r = rig(state);
	struct storage *alerter = rig_open(r);
	struct sample s = good_sample(0, "web1", three, 2);
	bool found;
	watch(r, alerter, DISK);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_readings(r, alerter, "web1 " DISK " / 0.25\n");
	s = good_sample(1, "web1", more, 2);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_readings(r, alerter, "web1 " DISK " / 0.10\nweb1 " DISK " /new 0.90\n");
	char *before = rig_select(r, "SELECT max(id) FROM series");
	assert_done(r, storage_forget(r->s, "web1", &found, &r->err));
	s = good_sample(2, "web1", more, 2);
	assert_int_equal(put(r, &s), PUT_NEW);
	char *after = rig_select(r, "SELECT min(id) FROM series");
	assert_true(strtoull(after, NULL, 10) > strtoull(before, NULL, 10));
	assert_readings(r, alerter, "web1 " DISK " / 0.10\nweb1 " DISK " /new 0.90\n");
	free(before);
	free(after);
	storage_close(alerter);
}

/* Of two transactions the one with the smaller series id is committed last. */
static void series_that_are_committed_late_are_met(void **state)
{
	static const struct reading other[] = { { DISK, "/b", 0.25 } };
	struct rig *r = rig(state);
	struct storage *alerter = rig_open(r);
	struct sample s = good_sample(0, "web1", other, 1);
	watch(r, alerter, DISK);
	assert_int_equal(put(r, &s), PUT_NEW);
	rig_execute(r, "UPDATE series SET id = 1000; UPDATE reading SET series_id = 1000");
	assert_readings(r, alerter, "web1 " DISK " /b 0.25\n");
	rig_execute(r,
		"INSERT INTO series SELECT 5, client_id, metric_id, '/a', seen_at FROM series;"
		"INSERT INTO reading SELECT sample_id, 5, 0.5 FROM reading;"
		"UPDATE client SET series_turn = series_turn + 1;"
		"UPDATE sample SET processed_at = NULL");
	assert_readings(r, alerter, "web1 " DISK " /a 0.50\nweb1 " DISK " /b 0.25\n");
	storage_close(alerter);
}

/* What was known of the series on a connection goes with it. */
static void a_lost_connection_is_watched_anew(void **state)
{
	struct rig *r = rig(state);
	struct storage *alerter = rig_open(r);
	struct sample s[] = { good_sample(0, "web1", three, 3), good_sample(1, "web1", three, 3) };
	watch(r, alerter, DISK);
	assert_int_equal(put(r, &s[0]), PUT_NEW);
	assert_readings(r, alerter, "web1 " DISK " / 0.25\nweb1 " DISK " /srv 0.75\n");
	assert_int_equal(put(r, &s[1]), PUT_NEW);
	char *kill = rig_select(r, "SELECT concat('KILL ', id, ';') FROM"
				   " information_schema.processlist WHERE command = 'Sleep'");
	assert_non_null(strstr(kill, "KILL"));
	rig_execute(r, kill);
	free(kill);
	assert_readings(r, alerter, "web1 " DISK " / 0.25\nweb1 " DISK " /srv 0.75\n");
	storage_close(alerter);
}

static void samples_of_a_time_are_read_again(void **state)
{
	struct rig *r = rig(state);
	struct sample s[] = { good_sample(0, "web1", three, 3), failed_sample(1, "web2"),
		good_sample(2, "web1", three, 3), good_sample(5, "web1", three, 3) };
	enum put_result results[ARRAY_LEN(s)];
	struct sample_batch b;
	assert_done(r, storage_put_samples(r->s, s, ARRAY_LEN(s), results, &r->err));
	rig_execute(r, "UPDATE sample SET processed_at = taken_at WHERE outcome = 'ok'");
	watch(r, r->s, MEMORY);
	assert_done(r, storage_samples_between(r->s, id_at(0) - 1, noon + 5, 2, &b, &r->err));
	assert_int_equal(b.count, 2);
	assert_int_equal(b.items[0].id, s[0].id);
	assert_int_equal(b.items[0].reading_count, 1);
	assert_string_equal(b.items[0].readings[0].metric, MEMORY);
	assert_int_equal(b.items[1].outcome, OUTCOME_TIMEOUT);
	sample_batch_finish(&b);
	assert_done(r, storage_samples_between(r->s, s[1].id, noon + 5, 9, &b, &r->err));
	assert_int_equal(b.count, 1);
	assert_int_equal(b.items[0].id, s[2].id);
	sample_batch_finish(&b);
}

enum { MINUTES = 60, MINUTE = 60000 };

/* An hour, a sample a minute, value = minute; from 20 to 39 it could not be reached. */
static void put_an_hour(struct rig *r)
{
	static struct sample s[MINUTES];
	static struct reading values[MINUTES];
	static enum put_result results[MINUTES];
	for (int i = 0; i < MINUTES; i++) {
		values[i] = (struct reading){ DISK, "/", i };
		s[i] = i / 20 == 1 ? failed_sample(i * MINUTE, "web1")
				   : good_sample(i * MINUTE, "web1", &values[i], 1);
	}
	assert_done(r, storage_put_samples(r->s, s, MINUTES, results, &r->err));
}

static void assert_points(
	struct rig *r, int from, int to, size_t most, const char *instance, const char *expected)
{
	struct history_point points[MINUTES];
	struct buffer got = { 0 };
	size_t count = 99;
	assert_done(r, storage_get_history(r->s, "web1", DISK, instance, noon + from * MINUTE,
			       noon + to * MINUTE, most, points, &count, &r->err));
	assert_true(count <= most);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(points[i].at, noon + (int64_t)points[i].value * MINUTE);
		assert_int_equal(buffer_printf(&got, "%.0f ", points[i].value), 0);
	}
	assert_string_equal(got.data ? got.data : "", expected);
	buffer_finish(&got);
}

static void history_is_thinned_out(void **state)
{
	struct rig *r = rig(state);
	put_an_hour(r);
	assert_points(r, 0, 3, 60, "/", "0 1 2 3 ");
	assert_points(r, 0, 59, 7, "/", "0 10 40 50 ");
	assert_points(r, 18, 41, 60, "/", "18 19 40 41 ");
	assert_points(r, 20, 39, 60, "/", "");
	assert_points(r, 5, 5, 2, "/", "5 ");
	assert_points(r, 0, 59, 2, "/", "0 59 ");
	assert_points(r, 0, 59, 60, "/srv", "");
}

const struct CMUnitTest watch_tests[] = {
	RIG_TEST(only_what_is_watched_is_read),
	RIG_TEST(everything_is_read_when_nothing_was_said),
	RIG_TEST(new_series_are_met_at_once),
	RIG_TEST(series_that_are_committed_late_are_met),
	RIG_TEST(samples_of_a_time_are_read_again),
	RIG_TEST(history_is_thinned_out),
};
const size_t watch_test_count = ARRAY_LEN(watch_tests);

const struct CMUnitTest mariadb_watch_tests[] = {
	RIG_TEST(a_lost_connection_is_watched_anew),
};
const size_t mariadb_watch_test_count = ARRAY_LEN(mariadb_watch_tests);
