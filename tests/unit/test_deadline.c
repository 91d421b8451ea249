#include "tests/unit/unit.h"

#include <stdlib.h>

#include "collector/poller/deadline.h"

enum { COUNT = 2000 };

/* Deterministic, and no better than it needs to be. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void the_earliest_comes_first(void **state)
{
	(void)state;
	static struct deadline items[COUNT];
	struct deadlines q = { 0 };
	uint32_t seed = 1;
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(deadlines_set(&q, &items[i], next_random(&seed) % 500), 0);
	for (size_t i = 0; i < COUNT; i += 3) /* moved either way */
		assert_int_equal(deadlines_set(&q, &items[i], next_random(&seed) % 1000), 0);
	for (size_t i = 1; i < COUNT; i += 3)
		deadlines_remove(&q, &items[i]);
	int64_t last = 0;
	size_t seen = 0;
	for (struct deadline *d; (d = deadlines_first(&q)); seen++) {
		assert_true(d->at_ms >= last);
		assert_int_not_equal((d - items) % 3, 1);
		last = d->at_ms;
		deadlines_remove(&q, d);
	}
	assert_int_equal(seen, COUNT - (COUNT + 1) / 3);
	deadlines_finish(&q);
}

static void removing_twice_is_harmless(void **state)
{
	(void)state;
	struct deadlines q = { 0 };
	struct deadline a = { 0 }, b = { 0 };
	deadlines_remove(&q, &a);
	assert_int_equal(deadlines_set(&q, &a, 1), 0);
	assert_int_equal(deadlines_set(&q, &b, 2), 0);
	deadlines_remove(&q, &a);
	deadlines_remove(&q, &a);
	assert_ptr_equal(deadlines_first(&q), &b);
	deadlines_remove(&q, &b);
	assert_null(deadlines_first(&q));
	deadlines_finish(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earliest_comes_first),
		cmocka_unit_test(removing_twice_is_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
