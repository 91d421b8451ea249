#include "tests/unit/unit.h"

#include "collector/dispatch/caps.h"

static const struct sockaddr_storage nowhere;

/* clang-format off */
static const struct {
	uint32_t sessions, connects;
	size_t hosts;
	uint32_t wanted, cores, pollers;
} counts[] = {
	{ 500, 200, 10000, 0, 2, 2 },
	{ 500, 200, 10000, 8, 2, 8 },
	{ 500, 200, 10000, 99, 2, POLLERS_MAX },
	{ 500, 200, 257, 0, 8, 2 },
	{ 500, 200, 256, 0, 8, 1 },
	{ 500, 200, 32, 8, 8, 8 },
	{ 500, 200, 5, 8, 8, 5 },
	{ 500, 200, 0, 0, 8, 1 },
	{ 500, 3, 10000, 0, 8, 3 },
	{ 2, 2, 10000, 0, 8, 2 },
};

static const struct {
	uint32_t sessions, pollers;
	rlim_t limit;
	uint32_t fit;
} descriptors[] = {
	{ 500, 2, 1024, 500 },
	{ 500, 1, 564, 500 },
	{ 500, 1, 563, 499 },
	{ 500, 2, 164, 200 },
	{ 500, 2, 65, 2 },
	{ 500, 2, 64, 2 },
	{ 500, 2, 0, 2 },
	{ 100000, 64, RLIM_INFINITY, 100000 },
};
/* clang-format on */

static void no_poller_is_without_a_share(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		const struct ipc_settings caps = { .sessions = counts[i].sessions,
			.connects = counts[i].connects };
		assert_int_equal(
			caps_pollers(&caps, counts[i].hosts, counts[i].wanted, counts[i].cores),
			counts[i].pollers);
	}
}

static void shares_add_up(void **state)
{
	(void)state;
	const struct ipc_settings caps = { .cycle_id = 7, .sessions = 10, .connects = 4 };
	for (uint32_t count = 1; count <= 3; count++) {
		struct ipc_settings sum = { 0 };
		for (uint32_t i = 0; i < count; i++) {
			struct ipc_settings s = caps_share(&caps, count, i);
			assert_true(s.sessions && s.connects);
			assert_int_equal(s.cycle_id, 7);
			sum.sessions += s.sessions;
			sum.connects += s.connects;
		}
		assert_int_equal(sum.sessions, 10);
		assert_int_equal(sum.connects, 4);
	}
}

static void all_who_are_left_have_their_part(void **state)
{
	(void)state;
	assert_int_equal(caps_files(100000, 120), WIRE_FILES_MAX);
	assert_int_equal(caps_files(100000, 10000), 10);
	assert_int_equal(caps_files(40, 40), 1);
	assert_int_equal(caps_files(3, 5), 1);
	assert_int_equal(caps_files(3, 1), 3);
	assert_int_equal(caps_files(0, 5), 0);
}

static void sessions_fit_the_descriptors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(descriptors); i++)
		assert_int_equal(caps_fit_descriptors(descriptors[i].sessions,
					 descriptors[i].pollers, descriptors[i].limit),
			descriptors[i].fit);
}

/* Two in the outer group's inner one, which takes one of the outer's two places. */
static void groups_become_gates(void **state)
{
	(void)state;
	const struct group_cap outer = { .sessions = 2, .index = 1 };
	const struct group_cap inner = { .sessions = 1, .index = 0, .outer = &outer };
	const struct client clients[] = { { .cap = &inner }, { .cap = &inner }, { .cap = &outer },
		{ .cap = &outer }, { .cap = NULL } };
	const struct config config = { .cap_count = 2 };
	struct poll_host hosts[ARRAY_LEN(clients)] = { 0 };
	static const uint32_t order[] = { 0, 2, 4 };
	struct feed f;
	uint32_t seq;
	assert_int_equal(feed_init(&f, ARRAY_LEN(hosts)), 0);
	for (uint32_t i = 0; i < ARRAY_LEN(hosts); i++)
		hosts[i].client = &clients[i];
	assert_int_equal(caps_bind(&f, hosts, &config), 0);
	assert_int_equal(f.gate_count, 2);
	for (uint32_t i = 0; i < ARRAY_LEN(hosts); i++)
		assert_int_equal(feed_ready(&f, i, &nowhere, 1), 0);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		assert_true(feed_next_ready(&f, &seq));
		assert_int_equal(seq, order[i]);
	}
	assert_false(feed_next_ready(&f, &seq));
	feed_finish(&f);
}

/* Thirty-two rounds of them, four at least. */
static void suspects_are_polled_a_few_at_a_time(void **state)
{
	(void)state;
	static const uint32_t crowds[][2] = { { 100, 4 }, { 320, 10 }, { 321, 11 }, { 2, 2 } };
	const struct config config = { .cap_count = 0 };
	const struct client client = { .cap = NULL };
	for (size_t i = 0; i < ARRAY_LEN(crowds); i++) {
		struct poll_host hosts[400] = { 0 };
		uint32_t seq, flying = 0;
		struct feed f;
		assert_int_equal(feed_init(&f, crowds[i][0] + 1), 0);
		for (uint32_t k = 0; k < f.count; k++)
			hosts[k] = (struct poll_host){ .client = &client,
				.turn = k ? TURN_SUSPECT : TURN_DOWN };
		assert_int_equal(caps_bind(&f, hosts, &config), 0);
		for (uint32_t k = 0; k < f.count; k++) {
			f.hosts[k].turn = hosts[k].turn;
			assert_int_equal(feed_ready(&f, k, &nowhere, 1), 0);
		}
		while (feed_next_ready(&f, &seq))
			flying++;
		assert_int_equal(flying, 1 + crowds[i][1]);
		feed_finish(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_poller_is_without_a_share),
		cmocka_unit_test(shares_add_up),
		cmocka_unit_test(all_who_are_left_have_their_part),
		cmocka_unit_test(sessions_fit_the_descriptors),
		cmocka_unit_test(groups_become_gates),
		cmocka_unit_test(suspects_are_polled_a_few_at_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
