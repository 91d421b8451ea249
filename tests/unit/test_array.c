#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/array.h"

static void keeps_what_it_holds(void **state)
{
	(void)state;
	int *items = NULL;
	size_t size = 0, moved = 0;
	for (int i = 0; i < 10000; i++) {
		size_t before = size;
		int *more = array_reserve(items, (size_t)i + 1, &size, sizeof *items);
		assert_non_null(more);
		items = more;
		items[i] = i;
		moved += size != before;
	}
	for (int i = 0; i < 10000; i++)
		assert_int_equal(items[i], i);
	assert_true(moved < 15);
	free(items);
}

static void makes_room_for_many(void **state)
{
	(void)state;
	size_t size = 0;
	char *items = array_reserve(NULL, 1000, &size, sizeof *items);
	assert_non_null(items);
	assert_true(size >= 1000);
	assert_ptr_equal(array_reserve(items, 1000, &size, sizeof *items), items);
	free(items);
}

static void stays_as_it_was_without_memory(void **state)
{
	(void)state;
	size_t size = 0;
	uint64_t *items = array_reserve(NULL, 3, &size, sizeof *items);
	assert_non_null(items);
	items[2] = 7;
	size_t before = size;
	assert_null(array_reserve(items, SIZE_MAX / 4, &size, sizeof *items));
	assert_int_equal(size, before);
	assert_int_equal(items[2], 7);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_holds),
		cmocka_unit_test(makes_room_for_many),
		cmocka_unit_test(stays_as_it_was_without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
