#include "tests/unit/unit.h"

#include <string.h>

#include "lib/ssh/memory.h"

static void counts_and_caps(void **state)
{
	(void)state;
	struct memory m = { .max = 100 };
	void *a = memory_alloc(&m, 60);
	assert_non_null(a);
	assert_null(memory_alloc(&m, 41));
	assert_null(memory_alloc(&m, SIZE_MAX));
	void *b = memory_alloc(&m, 40);
	assert_non_null(b);
	assert_int_equal(m.used, 100);
	memory_free(&m, a);
	memory_free(&m, NULL);
	assert_int_equal(m.used, 40);
	memory_free(&m, b);
	assert_int_equal(m.used, 0);
	assert_null(m.blocks);
}

static void keeps_content_when_it_moves(void **state)
{
	(void)state;
	struct memory m = { .max = 1000 };
	char *p = memory_realloc(&m, NULL, 4);
	assert_non_null(p);
	memcpy(p, "abc", 4);
	p = memory_realloc(&m, p, 500);
	assert_string_equal(p, "abc");
	assert_null(memory_realloc(&m, p, 600)); /* both exist for a moment */
	assert_string_equal(p, "abc");
	p = memory_realloc(&m, p, 2);
	assert_memory_equal(p, "ab", 2);
	assert_int_equal(m.used, 2);
	memory_finish(&m);
}

static void frees_what_was_forgotten(void **state)
{
	(void)state;
	struct memory m = { .max = 1000 };
	void *blocks[5];
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		blocks[i] = memory_alloc(&m, 10 + i);
	memory_free(&m, blocks[2]); /* from the middle, */
	memory_free(&m, blocks[4]); /* from the front */
	memory_free(&m, blocks[0]); /* and from the end of the list */
	assert_int_equal(m.used, 11 + 13);
	memory_finish(&m);
	assert_int_equal(m.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_caps),
		cmocka_unit_test(keeps_content_when_it_moves),
		cmocka_unit_test(frees_what_was_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
