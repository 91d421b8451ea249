/* What the alerter takes: unprocessed samples, the lease, retention of what is done. */
#include "tests/contract/rig.h"

static const int64_t day = 24 * 3600 * 1000;
static const struct reading two[] = {
	{ "memory_used_ratio", "", 0.5 },
	{ "filesystem_used_ratio", "/", 0.75 },
};

static struct rig *rig(void **state)
{
	return *state;
}

static void unprocessed_samples_come_oldest_first(void **state)
{
	struct rig *r = rig(state);
	/* late ones arrive after newer ones, under smaller ids */
	struct sample batch[] = { good_sample(5000, "web1", two, 2), failed_sample(3000, "db1"),
		good_sample(1000, "web1", two, 1), failed_sample(9000, "web1") };
	enum put_result results[4];
	struct sample_batch b;
	assert_done(r, storage_unprocessed(r->s, 10, &b, &r->err));
	assert_int_equal(b.count, 0);
	sample_batch_finish(&b);
	assert_done(r, storage_put_samples(r->s, batch, 4, results, &r->err));
	assert_done(r, storage_unprocessed(r->s, 3, &b, &r->err));
	assert_int_equal(b.count, 3);
	assert_int_equal(b.items[0].id, id_at(1000));
	assert_int_equal(b.items[1].id, id_at(3000));
	assert_int_equal(b.items[2].id, id_at(5000));
	assert_int_equal(b.items[0].cycle_id, id_at(0));
	assert_string_equal(b.items[0].client, "web1");
	assert_int_equal(b.items[0].taken_at, noon + 1000);
	assert_int_equal(b.items[0].reading_count, 1);
	assert_string_equal(b.items[0].readings[0].metric, "memory_used_ratio");
	assert_true(b.items[0].readings[0].value == 0.5);
	assert_string_equal(b.items[1].client, "db1");
	assert_int_equal(b.items[1].outcome, OUTCOME_TIMEOUT);
	assert_int_equal(b.items[1].first_outcome, OUTCOME_TIMEOUT);
	assert_int_equal(b.items[1].stage, STAGE_CONNECT);
	assert_string_equal(b.items[1].error, "no answer within 5 s");
	assert_int_equal(b.items[1].reading_count, 0);
	assert_int_equal(b.items[2].reading_count, 2);
	assert_string_equal(b.items[2].readings[1].instance, "/");
	sample_batch_finish(&b);
}

/* Longer from row to row, then short again. */
static void texts_of_any_length(void **state)
{
	static const size_t lengths[] = { 1, 255, 256, 257, 1500, 2000, 3, 2000, 0 };
	struct rig *r = rig(state);
	static char texts[ARRAY_LEN(lengths)][2001];
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		memset(texts[i], 'a' + (int)i, lengths[i]);
		struct sample s = failed_sample((int64_t)i, "web1");
		s.error = texts[i];
		assert_int_equal(put(r, &s), PUT_NEW);
	}
	for (int again = 0; again < 2; again++) {
		struct sample_batch b;
		assert_done(r, storage_unprocessed(r->s, 100, &b, &r->err));
		assert_int_equal(b.count, ARRAY_LEN(lengths));
		for (size_t i = 0; i < b.count; i++)
			assert_string_equal(b.items[i].error, texts[i]);
		sample_batch_finish(&b);
	}
}

static void mark(struct rig *r, uint64_t epoch, const struct stored_sample *samples, size_t count)
{
	bool lost;
	assert_done(r, storage_apply(r->s, epoch, samples, count, NULL, 0, noon, &lost, &r->err));
	assert_false(lost);
}

static uint64_t take(struct rig *r, const char *holder, int64_t now)
{
	uint64_t epoch;
	assert_done(r, storage_take_lease(r->s, holder, now, 60000, &epoch, &r->err));
	return epoch;
}

/* By state and never by number: what comes in late under a small id is work too. */
static void a_late_sample_is_still_work(void **state)
{
	struct rig *r = rig(state);
	struct sample newer = failed_sample(5000, "web1"), late = failed_sample(1000, "web1");
	uint64_t epoch = take(r, "a", noon);
	struct sample_batch b;
	assert_int_equal(put(r, &newer), PUT_NEW);
	mark(r, epoch, &(struct stored_sample){ .id = newer.id, .outcome = newer.outcome }, 1);
	assert_select(r, "SELECT processed_at FROM sample", "2026-11-22 12:00:00.000\n");
	assert_int_equal(put(r, &late), PUT_NEW);
	struct sample completed = good_sample(5000, "web1", two, 2);
	assert_int_equal(put(r, &completed), PUT_COMPLETED);
	assert_done(r, storage_unprocessed(r->s, 10, &b, &r->err));
	assert_int_equal(b.count, 2);
	assert_int_equal(b.items[0].id, late.id);
	assert_int_equal(b.items[1].id, newer.id);
	assert_int_equal(b.items[1].first_outcome, OUTCOME_TIMEOUT);
	assert_int_equal(b.items[1].reading_count, 2);
	mark(r, epoch, b.items, 2);
	sample_batch_finish(&b);
	assert_done(r, storage_unprocessed(r->s, 10, &b, &r->err));
	assert_int_equal(b.count, 0);
	sample_batch_finish(&b);
}

/* The collector completes it between the alerter's look and its mark. */
static void completed_after_it_was_read_is_still_work(void **state)
{
	struct rig *r = rig(state);
	struct sample failed[] = { failed_sample(0, "web1"), failed_sample(1, "web2") };
	struct sample completed = good_sample(0, "web1", two, 2);
	uint64_t epoch = take(r, "a", noon);
	enum put_result results[2];
	struct sample_batch b;
	assert_done(r, storage_put_samples(r->s, failed, 2, results, &r->err));
	assert_done(r, storage_unprocessed(r->s, 10, &b, &r->err));
	assert_int_equal(b.count, 2);
	assert_int_equal(put(r, &completed), PUT_COMPLETED);
	mark(r, epoch, b.items, 2);
	sample_batch_finish(&b);
	assert_done(r, storage_unprocessed(r->s, 10, &b, &r->err));
	assert_int_equal(b.count, 1);
	assert_int_equal(b.items[0].id, completed.id);
	assert_int_equal(b.items[0].reading_count, 2);
	mark(r, epoch, b.items, 1);
	sample_batch_finish(&b);
	assert_select(r, "SELECT count(*) FROM sample WHERE processed_at IS NULL", "0\n");
}

/* More than one statement marks, of several outcomes, and samples nobody has read lie between. */
static void all_that_was_read_is_marked_and_nothing_else(void **state)
{
	enum { COUNT = 200 };
	static const enum outcome outcomes[] = { OUTCOME_TIMEOUT, OUTCOME_OK, OUTCOME_REFUSED };
	static struct sample s[COUNT];
	static enum put_result results[COUNT];
	struct rig *r = rig(state);
	uint64_t epoch = take(r, "a", noon);
	struct sample_batch b;
	for (int i = 0; i < COUNT; i++) {
		enum outcome outcome = outcomes[i % 3];
		s[i] = outcome == OUTCOME_OK ? good_sample(2 * i, "web1", two, 2)
					     : failed_sample(2 * i, "web1");
		s[i].outcome = outcome;
	}
	assert_done(r, storage_put_samples(r->s, s, COUNT, results, &r->err));
	assert_done(r, storage_unprocessed(r->s, COUNT, &b, &r->err));
	assert_int_equal(b.count, COUNT);
	struct sample between = good_sample(201, "web1", two, 2);
	struct sample completed = good_sample(2 * 3, "web1", two, 2);
	assert_int_equal(put(r, &between), PUT_NEW);
	assert_int_equal(put(r, &completed), PUT_COMPLETED);
	mark(r, epoch, b.items, b.count);
	sample_batch_finish(&b);
	assert_done(r, storage_unprocessed(r->s, COUNT, &b, &r->err));
	assert_int_equal(b.count, 2);
	assert_int_equal(b.items[0].id, completed.id);
	assert_int_equal(b.items[1].id, between.id);
	sample_batch_finish(&b);
}

static void one_alerter_at_a_time(void **state)
{
	struct rig *r = rig(state);
	uint64_t first = take(r, "one", noon);
	assert_true(first > 0);
	assert_int_equal(take(r, "two", noon + 59999), 0);
	assert_int_equal(take(r, "one", noon + 30000), first);
	assert_int_equal(take(r, "two", noon + 60001), 0); /* it was extended */
	uint64_t second = take(r, "two", noon + 90001);
	assert_true(second > first);
	assert_int_equal(take(r, "one", noon + 90002), 0);
	assert_done(r, storage_drop_lease(r->s, first, &r->err)); /* no longer its own */
	assert_int_equal(take(r, "one", noon + 90003), 0);
	assert_done(r, storage_drop_lease(r->s, second, &r->err));
	assert_true(take(r, "one", noon + 90004) > second);
}

static void a_lost_lease_changes_nothing(void **state)
{
	struct rig *r = rig(state);
	struct sample s = failed_sample(0, "web1");
	uint64_t first = take(r, "one", noon);
	struct stored_sample read = { .id = s.id, .outcome = s.outcome };
	assert_int_equal(put(r, &s), PUT_NEW);
	uint64_t second = take(r, "two", noon + 60001);
	struct transition t = { .alert = { .client = "web1",
					.rule = "cpu",
					.instance = "",
					.recipients = "",
					.state = ALERT_FIRING } };
	bool lost = false;
	assert_int_equal(storage_apply(r->s, first, &read, 1, &t, 1, noon, &lost, &r->err), -1);
	assert_true(lost);
	struct notification n = { .channel = "mail",
		.recipient = "a@example.com",
		.message_id = "1@x",
		.references = "",
		.subject = "",
		.text = "" };
	lost = false;
	assert_int_equal(storage_put_composed(r->s, first,
				 &(struct composed){ .items = &n, .count = 1 }, &lost, &r->err),
		-1);
	assert_true(lost);
	assert_select(r, "SELECT count(*) FROM alert", "0\n");
	assert_select(r, "SELECT count(*) FROM notification", "0\n");
	assert_select(r, "SELECT count(*) FROM sample WHERE processed_at IS NULL", "1\n");
	assert_done(r, storage_drop_lease(r->s, second, &r->err));
	assert_int_equal(storage_apply(r->s, second, &read, 1, &t, 1, noon, &lost, &r->err), -1);
	assert_true(lost); /* dropped is gone, too */
}

static void put_days(struct rig *r, int days, int each)
{
	for (int d = 0; d < days; d++)
		for (int i = 0; i < each; i++) {
			struct sample s = good_sample(-d * day + i, "web1", two, 2);
			struct cycle c = { s.id, "collector", "1", s.taken_at, s.taken_at,
				s.taken_at, 1, 1, 0, true };
			s.cycle_id = s.id;
			assert_int_equal(put(r, &s), PUT_NEW);
			assert_done(r, storage_put_cycle(r->s, &c, &r->err));
		}
}

static uint32_t retain(struct rig *r, int days, uint32_t limit)
{
	uint32_t deleted;
	assert_done(r, storage_retain(r->s, noon - days * day, limit, &deleted, &r->err));
	return deleted;
}

static void retention_is_bounded_and_spares_work(void **state)
{
	struct rig *r = rig(state);
	put_days(r, 10, 3);
	assert_int_equal(retain(r, 5, 100), 0); /* nothing was processed yet */
	char sql[200];
	(void)snprintf(sql, sizeof sql,
		"UPDATE sample SET processed_at = taken_at WHERE id <> %llu",
		(unsigned long long)id_at(-9 * day + 1));
	rig_execute(r, sql);
	assert_int_equal(retain(r, 0, 0), 0); /* no limit is no deletion */
	assert_int_equal(retain(r, 5, 4), 4);
	assert_int_equal(retain(r, 5, 100), 7); /* of days 6 to 9, without the unprocessed one */
	assert_int_equal(retain(r, 5, 100), 0);
	assert_select(r, "SELECT count(*) FROM sample", "19\n");
	assert_select(r, "SELECT count(*) FROM reading", "38\n");
	assert_select(r, "SELECT count(*) FROM cycle", "30\n"); /* its cycle is still needed */
	rig_execute(r, "UPDATE sample SET processed_at = taken_at");
	assert_int_equal(retain(r, 5, 100), 1);
	assert_select(r, "SELECT count(*) FROM reading", "36\n");
	assert_select(r, "SELECT min(started_at) FROM cycle", "2026-11-15 12:00:00.000\n");
	uint32_t deleted;
	assert_done(r, storage_retain(r->s, 0, 100, &deleted, &r->err)); /* keeps everything */
	assert_int_equal(deleted, 0);
	assert_select(r, "SELECT count(*) FROM sample", "18\n");
}

static void series_go_when_nothing_was_seen_of_them(void **state)
{
	static const struct reading usb = { "filesystem_used_ratio", "/media/usb", 0.5 };
	struct rig *r = rig(state);
	struct sample s = good_sample(-9 * day + 1, "web1", &usb, 1);
	assert_int_equal(put(r, &s), PUT_NEW);
	put_days(r, 10, 1);
	s = good_sample(-9 * day + 2, "web1", &usb, 1);
	assert_int_equal(put(r, &s), PUT_NEW);
	rig_execute(r, "UPDATE sample SET processed_at = taken_at");
	assert_int_equal(retain(r, 9, 100), 0);
	assert_select(r, "SELECT count(*) FROM series", "3\n");
	assert_true(retain(r, 5, 100) > 0);
	assert_select(r, "SELECT instance FROM series ORDER BY instance", "\n/\n");
	s = good_sample(1, "web1", &usb, 1); /* mounted again */
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r, "SELECT instance FROM latest", "/media/usb\n");
}

static void partitions_are_made_ahead_and_dropped_whole(void **state)
{
	struct rig *r = rig(state);
	const char *count = "SELECT table_name, count(*) FROM information_schema.partitions"
			    " WHERE table_schema = 'fleet_test' AND partition_name IS NOT NULL"
			    " GROUP BY table_name";
	assert_select(r, count, "reading|4\nsample|4\n"); /* today, two days ahead, the rest */
	rig_tear_down(state);
	rig_set_up(state);
	r = rig(state);
	char sql[1000];
	for (int i = 0; i < 2; i++) { /* as the program would have made them ten days ago */
		(void)snprintf(sql, sizeof sql,
			"ALTER TABLE %s PARTITION BY RANGE (%s) ("
			"PARTITION p20261112 VALUES LESS THAN (%llu),"
			"PARTITION p20261113 VALUES LESS THAN (%llu),"
			"PARTITION p20261114 VALUES LESS THAN (%llu),"
			"PARTITION pmax VALUES LESS THAN MAXVALUE)",
			i ? "sample" : "reading", i ? "id" : "sample_id",
			(unsigned long long)id_at(-9 * day - day / 2),
			(unsigned long long)id_at(-8 * day - day / 2),
			(unsigned long long)id_at(-7 * day - day / 2));
		rig_execute(r, sql);
	}
	put_days(r, 12, 2);
	rig_execute(r, "UPDATE sample SET processed_at = taken_at");
	(void)snprintf(sql, sizeof sql, "UPDATE sample SET processed_at = NULL WHERE id = %llu",
		(unsigned long long)id_at(-9 * day));
	rig_execute(r, sql);
	/* days 11 and 10, then one row beside the unprocessed one, then day 8 */
	assert_int_equal(retain(r, 7, 100), 4 + 1 + 2);
	assert_select(r,
		"SELECT table_name, partition_name FROM information_schema.partitions"
		" WHERE table_schema = 'fleet_test' AND partition_name LIKE 'p2026111_'"
		" ORDER BY table_name",
		"reading|p20261113\nsample|p20261113\n");
	assert_select(r, "SELECT count(*) FROM reading", "34\n");
	assert_select(r, "SELECT count(*) FROM sample WHERE processed_at IS NULL", "1\n");
}

const struct CMUnitTest work_tests[] = {
	RIG_TEST(unprocessed_samples_come_oldest_first),
	RIG_TEST(texts_of_any_length),
	RIG_TEST(a_late_sample_is_still_work),
	RIG_TEST(completed_after_it_was_read_is_still_work),
	RIG_TEST(all_that_was_read_is_marked_and_nothing_else),
	RIG_TEST(one_alerter_at_a_time),
	RIG_TEST(a_lost_lease_changes_nothing),
	RIG_TEST(retention_is_bounded_and_spares_work),
	RIG_TEST(series_go_when_nothing_was_seen_of_them),
};
const size_t work_test_count = ARRAY_LEN(work_tests);

const struct CMUnitTest mariadb_work_tests[] = {
	RIG_TEST(partitions_are_made_ahead_and_dropped_whole),
};
const size_t mariadb_work_test_count = ARRAY_LEN(mariadb_work_tests);
