/* Batches of more than storage takes at a time: ids of clients and samples are looked up in groups,
 * and rows go in by chunks. */
#include "tests/contract/rig.h"

enum { MANY_CLIENTS = 600 };

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

const struct CMUnitTest batch_tests[] = {
	RIG_TEST(a_large_batch_arrives_whole),
};
const size_t batch_test_count = ARRAY_LEN(batch_tests);
