/* Batches of more than storage takes at a time: ids of clients and samples are looked up in groups,
 * and rows go in by chunks. */
#include "tests/contract/rounds.h"

static const struct reading three[] = {
	{ "filesystem_used_ratio", "/", 0.25 },
	{ "filesystem_used_ratio", "/home", 0.5 },
	{ "filesystem_used_ratio", "/mnt", 0.75 },
};

static struct sample batch[MANY_CLIENTS];
static enum put_result results[MANY_CLIENTS];

static struct rig *rig(void **state)
{
	return *state;
}

static const char *host(size_t i)
{
	static char names[MANY_CLIENTS][16];
	(void)snprintf(names[i], sizeof names[i], "host%zu", i);
	return names[i];
}

static void put_batch(struct rig *r, size_t count)
{
	assert_done(r, storage_put_samples(r->s, batch, count, results, &r->err));
}

/* Many samples of many clients, across the size of a chunk, with ids of clients, series and
 * samples first made and then found again by another connection. */
static void a_large_batch_arrives_whole(void **state)
{
	enum { SERIES = 5, TIMES = 3 };
	struct rig *r = rig(state);
	static struct reading readings[SERIES];
	static char instances[SERIES][16];
	for (int i = 0; i < SERIES; i++) {
		(void)snprintf(instances[i], sizeof instances[i], "/mnt/%d", SERIES - i);
		readings[i] = (struct reading){ "filesystem_used_ratio", instances[i], i / 32.0 };
	}
	for (int time = 0; time < TIMES; time++) {
		for (int i = 0; i < MANY_CLIENTS; i++)
			batch[i] = good_sample(time * 1000 + i, host((size_t)i), readings, SERIES);
		put_batch(r, MANY_CLIENTS);
		for (int i = 0; i < MANY_CLIENTS; i++)
			assert_int_equal(results[i], PUT_NEW);
		rig_reopen(r);
		put_batch(r, MANY_CLIENTS);
		for (int i = 0; i < MANY_CLIENTS; i++)
			assert_int_equal(results[i], PUT_REPLAY);
		rig_reopen(r);
	}
	assert_select(r, "SELECT count(*) FROM sample", "1800\n");
	assert_select(r, "SELECT count(*) FROM reading", "9000\n");
	assert_select(r, "SELECT count(*) FROM series", "3000\n");
	assert_select(r,
		"SELECT value FROM history WHERE client = 'host599' AND instance = '/mnt/2'",
		"0.09375\n0.09375\n0.09375\n");
	assert_select(
		r, "SELECT count(*), min(taken_at) FROM latest", "3000|2026-11-22 12:00:02.000\n");
}

/* Of most, two series are known to the tables and not yet to the connection, and both of a client's
 * samples have one more. */
static void a_client_twice_far_apart(void **state)
{
	enum { HOSTS = 100, KNOWN = 80 };
	struct rig *r = rig(state);
	for (size_t i = 0; i < KNOWN; i++)
		batch[i] = good_sample((int64_t)i, host(i), three, 2);
	put_batch(r, KNOWN);
	rig_reopen(r);
	for (size_t i = 0; i < 2 * HOSTS; i++)
		batch[i] = good_sample(1000 + (int64_t)i, host(i % HOSTS), three, 3);
	put_batch(r, 2 * HOSTS);
	for (size_t i = 0; i < 2 * HOSTS; i++)
		assert_int_equal(results[i], PUT_NEW);
	assert_select(r, "SELECT count(*) FROM series", "300\n");
	assert_select(r, "SELECT count(*) FROM reading", "760\n");
	assert_select(r, "SELECT series_turn, count(*) FROM client GROUP BY series_turn ORDER BY 1",
		"1|20\n2|80\n");
	assert_select(r, "SELECT count(*), count(DISTINCT client), min(taken_at) FROM latest",
		"300|100|2026-11-22 12:00:01.100\n");
}

enum kind { NEW, STORED, FAILED, OTHER, FAILED_TWICE, KINDS };

/* Everything that a sample can meet, all over one batch; `again` is the second time. */
static struct sample of_kind(enum kind kind, size_t i, bool again)
{
	bool fails = kind == FAILED_TWICE || (kind == FAILED && !again);
	struct sample s = fails ? failed_sample((int64_t)i, host(i))
				: good_sample((int64_t)i, host(i), three, 3);
	if (kind == OTHER && again)
		s.digest[0] ^= 1;
	return s;
}

static void known_among_new(void **state)
{
	enum { COUNT = 300 };
	static const enum put_result expected[2][KINDS] = {
		{ PUT_NEW, PUT_REPLAY, PUT_COMPLETED, PUT_STALE, PUT_REPLAY },
		{ PUT_REPLAY, PUT_REPLAY, PUT_REPLAY, PUT_STALE, PUT_REPLAY },
	};
	struct rig *r = rig(state);
	size_t known = 0;
	for (size_t i = 0; i < COUNT; i++)
		if (i % KINDS != NEW)
			batch[known++] = of_kind(i % KINDS, i, false);
	put_batch(r, known);
	for (size_t i = 0; i < COUNT; i++)
		batch[i] = of_kind(i % KINDS, i, true);
	for (size_t time = 0; time < 2; time++) {
		rig_reopen(r);
		put_batch(r, COUNT);
		for (size_t i = 0; i < COUNT; i++)
			assert_int_equal(results[i], expected[time][i % KINDS]);
	}
	assert_select(r,
		"SELECT outcome, first_outcome, count(*) FROM sample"
		" GROUP BY outcome, first_outcome ORDER BY 1, 2",
		"ok|ok|180\nok|timeout|60\ntimeout|timeout|60\n");
	assert_select(r, "SELECT count(*), count(DISTINCT sample_id) FROM reading", "720|240\n");
}

/* A sample of the second chunk is one that the tables do not take. */
static void a_batch_refused_late_leaves_nothing(void **state)
{
	struct rig *r = rig(state);
	char sql[300];
	(void)snprintf(sql, sizeof sql,
		rig_is_mariadb()
			? "DELIMITER //\n"
			  "CREATE TRIGGER refusal BEFORE INSERT ON sample FOR EACH ROW"
			  " IF NEW.id = %llu THEN SIGNAL SQLSTATE '45000'"
			  " SET MESSAGE_TEXT = 'not this one'; END IF//\n"
			: "CREATE TRIGGER refusal BEFORE INSERT ON sample WHEN NEW.id = %llu"
			  " BEGIN SELECT RAISE(ABORT, 'not this one'); END;\n",
		(unsigned long long)id_at(MANY_CLIENTS - 1));
	rig_execute(r, sql);
	assert_int_equal(put_round_of(r->s, 0, MANY_CLIENTS, &r->err), -1);
	assert_non_null(strstr(r->err.text, "not this one"));
	assert_rounds_of(r, 0, 0);
	rig_execute(r, "DROP TRIGGER refusal");
	for (int time = 0; time < 2; time++) {
		assert_done(r, put_round_of(r->s, 0, MANY_CLIENTS, &r->err));
		assert_rounds_of(r, 1, MANY_CLIENTS);
	}
}

const struct CMUnitTest batch_tests[] = {
	RIG_TEST(a_large_batch_arrives_whole),
	RIG_TEST(a_client_twice_far_apart),
	RIG_TEST(known_among_new),
	RIG_TEST(a_batch_refused_late_leaves_nothing),
};
const size_t batch_test_count = ARRAY_LEN(batch_tests);
