#include "tests/unit/unit.h"

#include <string.h>

#include "lib/ssh/memory.h"

static void counts_and_caps(void **state)
{
	(void)state;
	struct memory m = { .max = 1000 };
	void *a = memory_alloc(&m, 600);
	assert_non_null(a);
	size_t beside = m.used - 600;
	assert_null(memory_alloc(&m, 1000 - m.used - beside + 1));
	assert_null(memory_alloc(&m, 1001));
	assert_null(memory_alloc(&m, SIZE_MAX));
	void *b = memory_alloc(&m, 1000 - m.used - beside);
	assert_non_null(b);
	assert_int_equal(m.used, 1000);
	assert_null(memory_alloc(&m, 0));
	memory_free(&m, a);
	memory_free(&m, NULL);
	assert_int_equal(m.used, 400 - beside);
	memory_free(&m, b);
	assert_int_equal(m.used, 0);
	assert_null(m.blocks);
}

static void counts_what_small_ones_cost(void **state)
{
	(void)state;
	struct memory m = { .max = 10000 };
	size_t count = 0;
	while (memory_alloc(&m, 1))
		count++;
	assert_in_range(count, 100, 10000 / 33); /* malloc(3) gives at least 32 bytes */
	assert_int_equal(m.lack, MEMORY_SPENT);
	memory_finish(&m);
}

static void knows_whose_limit_it_was(void **state)
{
	(void)state;
	struct memory m = { .max = SIZE_MAX / 2 };
	assert_null(memory_alloc(&m, SIZE_MAX / 2 - 4096));
	assert_int_equal(m.lack, MEMORY_STARVED);
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
	memory_finish(&m);
	assert_int_equal(m.used, 0);
}

/* What is looked at when something is freed the next time. */
static const char *watched;
static bool is_wiped;

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	if (watched)
		is_wiped = watched[0] == 0 && memcmp(watched, watched + 1, 7) == 0;
	watched = NULL;
	__real_free(p);
}

static bool wipes(struct memory *m, void (*release)(struct memory *m, char *p))
{
	char *p = memory_alloc(m, 8);
	assert_non_null(p);
	memcpy(p, "password", 8);
	watched = p;
	release(m, p);
	return is_wiped;
}

static void by_free(struct memory *m, char *p)
{
	memory_free(m, p);
}

static void by_growth(struct memory *m, char *p)
{
	assert_non_null(memory_realloc(m, p, 100));
}

static void at_the_end(struct memory *m, char *p)
{
	(void)p;
	memory_finish(m);
}

static void what_was_secret_is_wiped(void **state)
{
	(void)state;
	struct memory m = { .max = 1000 };
	assert_false(wipes(&m, by_free));
	m.is_secret = true;
	assert_true(wipes(&m, by_free));
	assert_true(wipes(&m, by_growth));
	assert_true(wipes(&m, at_the_end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_caps),
		cmocka_unit_test(counts_what_small_ones_cost),
		cmocka_unit_test(knows_whose_limit_it_was),
		cmocka_unit_test(keeps_content_when_it_moves),
		cmocka_unit_test(frees_what_was_forgotten),
		cmocka_unit_test(what_was_secret_is_wiped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
