#include "tests/unit/unit.h"

#include "collector/dispatch/feed.h"

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

/* Whatever becomes of them: it is by this count that names are asked for. */
static void none_that_is_done_counts_as_resolved(void **state)
{
	(void)state;
	struct feed f;
	uint32_t seq;
	assert_int_equal(feed_init(&f, 4), 0);
	for (uint32_t i = 0; i < 4; i++)
		add(&f, i, TURN_FINE, i > 0);
	resolve_all(&f);
	assert_int_equal(f.resolved, 3);
	feed_done(&f, 0);
	feed_done(&f, 1);
	assert_int_equal(f.resolved, 2);
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(f.resolved, 1);
	feed_done(&f, seq); /* and was never flown */
	assert_true(feed_next_ready(&f, &seq));
	feed_put_back(&f, seq);
	assert_int_equal(f.resolved, 1);
	feed_done(&f, seq);
	assert_int_equal(f.resolved, 0);
	feed_finish(&f);
}

/* ---- gates ------------------------------------------------------------------------------ */

/* Three hosts of a group that takes two, then one without a group. */
static void a_full_gate_holds_up_nobody_behind(void **state)
{
	(void)state;
	struct feed f;
	uint32_t gate, seq;
	assert_int_equal(feed_init(&f, 4), 0);
	assert_int_equal(feed_add_gate(&f, 2, 0, &gate), 0);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(feed_bind(&f, i, i < 3 ? gate : 0), 0);
		add(&f, i, TURN_FINE, false);
	}
	static const uint32_t order[] = { 0, 1, 3 };
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		assert_true(feed_next_ready(&f, &seq));
		assert_int_equal(seq, order[i]);
	}
	assert_false(feed_next_ready(&f, &seq));
	feed_done(&f, 3);
	assert_false(feed_next_ready(&f, &seq));
	feed_done(&f, 0);
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 2);
	feed_finish(&f);
}

/* A name is not even resolved before there is a place: its address would grow old. */
static void names_wait_at_gates_too(void **state)
{
	(void)state;
	struct feed f;
	uint32_t gate, seq;
	assert_int_equal(feed_init(&f, 2), 0);
	assert_int_equal(feed_add_gate(&f, 1, 0, &gate), 0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(feed_bind(&f, i, gate), 0);
		add(&f, i, TURN_FINE, true);
	}
	assert_true(feed_next_name(&f, &seq));
	assert_false(feed_next_name(&f, &seq));
	assert_int_equal(feed_ready(&f, seq, &nowhere, 1), 0);
	assert_true(feed_next_ready(&f, &seq));
	feed_put_back(&f, seq);
	assert_false(feed_next_name(&f, &seq));
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 0);
	feed_done(&f, 0);
	assert_true(feed_next_name(&f, &seq));
	assert_int_equal(seq, 1);
	feed_finish(&f);
}

/* Who was woken by one gate and finds another full must not keep the first one's place: here
 * nobody would be left to leave it. */
static void a_place_is_passed_on(void **state)
{
	(void)state;
	struct feed f;
	uint32_t outer, inner, seq;
	assert_int_equal(feed_init(&f, 4), 0);
	assert_int_equal(feed_add_gate(&f, 1, 0, &outer), 0);
	assert_int_equal(feed_add_gate(&f, 1, 0, &inner), 0);
	assert_int_equal(feed_bind(&f, 0, outer), 0);
	assert_int_equal(feed_bind(&f, 1, inner), 0);
	assert_int_equal(feed_bind(&f, 2, outer), 0);
	assert_int_equal(feed_bind(&f, 2, inner), 0);
	assert_int_equal(feed_bind(&f, 3, outer), 0);
	for (uint32_t i = 0; i < 4; i++)
		add(&f, i, TURN_FINE, false);
	assert_true(feed_next_ready(&f, &seq)); /* 0 */
	assert_true(feed_next_ready(&f, &seq)); /* 1 */
	assert_false(feed_next_ready(&f, &seq));
	feed_done(&f, 0); /* wakes 2, which finds `inner` full */
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 3);
	feed_done(&f, 3);
	assert_false(feed_next_ready(&f, &seq));
	feed_done(&f, 1);
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 2);
	feed_finish(&f);
}

static void each_level_counts_once(void **state)
{
	(void)state;
	struct feed f;
	uint32_t outer, inner, seq;
	assert_int_equal(feed_init(&f, 3), 0);
	assert_int_equal(feed_add_gate(&f, 2, 0, &outer), 0);
	assert_int_equal(feed_add_gate(&f, 1, outer, &inner), 0);
	assert_int_equal(feed_bind(&f, 0, inner), 0);
	assert_int_equal(feed_bind(&f, 0, outer), 0);
	assert_int_equal(feed_bind(&f, 1, inner), 0);
	assert_int_equal(feed_bind(&f, 2, outer), 0);
	for (uint32_t i = 0; i < 3; i++)
		add(&f, i, TURN_FINE, false);
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(f.gates[outer - 1].used, 1);
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 2);
	assert_false(feed_next_ready(&f, &seq));
	feed_done(&f, 0);
	assert_true(feed_next_ready(&f, &seq));
	assert_int_equal(seq, 1);
	assert_int_equal(f.gates[outer - 1].used, 2);
	feed_finish(&f);
}

static void a_host_has_so_many_gates(void **state)
{
	(void)state;
	struct feed f;
	uint32_t gate = 0;
	assert_int_equal(feed_init(&f, 1), 0);
	for (int i = 0; i < FEED_GATES; i++)
		assert_int_equal(feed_add_gate(&f, 1, gate, &gate), 0);
	assert_int_equal(feed_bind(&f, 0, gate), 0);
	assert_int_equal(feed_add_gate(&f, 1, gate, &gate), 0);
	assert_int_equal(feed_bind(&f, 0, gate), -1);
	feed_finish(&f);
}

/* Any hosts behind any gates in any order: nobody is lost, no gate is ever past its cap, and as
 * long as anybody is left somebody flies. */
static void everybody_gets_through(void **state)
{
	(void)state;
	enum { HOSTS = 400, GATES = 6 };
	uint32_t flying[HOSTS], flyers = 0, seq, random = 1;
	struct feed f;
	assert_int_equal(feed_init(&f, HOSTS), 0);
	for (uint32_t g = 0; g < GATES; g++) {
		uint32_t gate;
		assert_int_equal(feed_add_gate(&f, 1 + g, g > 3 ? g - 3 : 0, &gate), 0);
	}
	for (uint32_t i = 0; i < HOSTS; i++) {
		random = random * 1103515245 + 12345;
		for (uint32_t g = 0; g < GATES; g++)
			if (random >> (16 + g) & 1)
				assert_int_equal(feed_bind(&f, i, g + 1), 0);
		add(&f, i, (enum feed_turn)(random >> 24) % TURN_COUNT, random >> 28 & 1);
	}
	while (f.left) {
		while (feed_next_name(&f, &seq)) {
			f.hosts[seq].phase = FEED_RESOLVING;
			assert_int_equal(feed_ready(&f, seq, &nowhere, 1), 0);
		}
		while (feed_next_ready(&f, &seq)) {
			f.hosts[seq].phase = FEED_FLYING;
			flying[flyers++] = seq;
		}
		for (size_t g = 0; g < GATES; g++)
			assert_true(f.gates[g].used <= f.gates[g].max);
		assert_true(flyers > 0);
		random = random * 1103515245 + 12345;
		uint32_t at = (random >> 16) % flyers;
		feed_done(&f, flying[at]);
		flying[at] = flying[--flyers];
	}
	for (size_t g = 0; g < GATES; g++)
		assert_int_equal(f.gates[g].used, 0);
	feed_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_missed_go_first_the_down_last),
		cmocka_unit_test(one_put_back_is_the_next),
		cmocka_unit_test(what_is_done_is_skipped),
		cmocka_unit_test(none_that_is_done_counts_as_resolved),
		cmocka_unit_test(a_full_gate_holds_up_nobody_behind),
		cmocka_unit_test(names_wait_at_gates_too),
		cmocka_unit_test(a_place_is_passed_on),
		cmocka_unit_test(each_level_counts_once),
		cmocka_unit_test(a_host_has_so_many_gates),
		cmocka_unit_test(everybody_gets_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
