#include "tests/unit/unit.h"

#include "collector/poll/feed.h"

static const struct sockaddr_storage nowhere;

static void add(struct feed *f, uint32_t seq, enum feed_turn turn, bool by_name)
{
	f->hosts[seq].turn = turn;
	if (by_name)
		feed_name(f, seq);
	else
		assert_int_equal(feed_ready(f, seq, &nowhere, 1), 0);
}

static void resolve_all(struct feed *f)
{
	uint32_t seq;
	while (feed_next_name(f, &seq))
		assert_int_equal(feed_ready(f, seq, &nowhere, 1), 0);
}

static void the_missed_go_first_the_down_last(void **state)
{
	(void)state;
	static const uint32_t order[] = { 6, 5, 3, 1, 4, 2, 0 };
	struct feed f;
	uint32_t seq;
	assert_int_equal(feed_init(&f, 7), 0);
	add(&f, 0, TURN_DOWN, false);
	add(&f, 1, TURN_FINE, false);
	add(&f, 2, TURN_DOWN, true);
	add(&f, 3, TURN_FINE, true);
	add(&f, 4, TURN_FINE, false);
	add(&f, 5, TURN_MISSED, false);
	add(&f, 6, TURN_MISSED, true);
	resolve_all(&f);
	assert_int_equal(f.resolved, 3);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		assert_true(feed_next_ready(&f, &seq));
		assert_int_equal(seq, order[i]);
		feed_done(&f, seq);
	}
	assert_false(feed_next_ready(&f, &seq));
	assert_int_equal(f.resolved, 0);
	assert_int_equal(f.left, 0);
	feed_finish(&f);
}

static void one_put_back_is_the_next(void **state)
{
	(void)state;
	struct feed f;
	uint32_t seq;
	assert_int_equal(feed_init(&f, 2), 0);
	add(&f, 0, TURN_FINE, true);
	add(&f, 1, TURN_FINE, false);
	resolve_all(&f);
	assert_true(feed_next_ready(&f, &seq));
	feed_put_back(&f, seq);
	assert_int_equal(f.resolved, 1);
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 0);
	feed_finish(&f);
}

static void what_is_done_is_skipped(void **state)
{
	(void)state;
	struct feed f;
	uint32_t seq;
	assert_int_equal(feed_init(&f, 3), 0);
	add(&f, 0, TURN_FINE, true);
	add(&f, 1, TURN_FINE, false);
	add(&f, 2, TURN_FINE, false);
	feed_done(&f, 0);
	feed_done(&f, 1);
	assert_false(feed_next_name(&f, &seq));
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 2);
	assert_int_equal(f.left, 1);
	feed_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_missed_go_first_the_down_last),
		cmocka_unit_test(one_put_back_is_the_next),
		cmocka_unit_test(what_is_done_is_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
