#include "tests/unit/unit.h"

#include "collector/helper/asker.h"
#include "collector/helper/question.h"

static struct asker askers[3];

/* `text`: a letter an asker, 'a' the first; its questions have the numbers of their places. */
static void put(struct question_lines *lines, const char *text)
{
	for (uint32_t i = 0; text[i]; i++) {
		struct question *q =
			question_create(&askers[text[i] - 'a'], i, (const uint8_t *)&text[i], 1);
		assert_non_null(q);
		question_lines_put(lines, q);
	}
}

/* Whose turn it was, and with which question. */
static void expect(struct question_lines *lines, const char *order)
{
	for (; *order; order += 2) {
		struct question *q = question_lines_take(lines);
		assert_non_null(q);
		assert_int_equal(q->asker - askers, order[0] - 'a');
		assert_int_equal(q->serial, order[1] - '0');
		assert_int_equal(q->data[0], order[0]);
		question_destroy(q);
	}
}

static void lines_take_turns(void **state)
{
	(void)state;
	static const struct {
		const char *asked, *order;
	} rows[] = {
		{ "", "" },
		{ "a", "a0" },
		{ "aaa", "a0a1a2" },
		{ "abc", "a0b1c2" },
		{ "aaaab", "a0b4a1a2a3" },
		{ "aaabbc", "a0b3c5a1b4a2" },
		{ "cabcab", "c0a1b2c3a4b5" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct question_lines lines = { NULL };
		put(&lines, rows[i].asked);
		expect(&lines, rows[i].order);
		assert_null(question_lines_take(&lines));
	}
}

static void one_that_comes_later_waits_for_one(void **state)
{
	(void)state;
	struct question_lines lines = { NULL };
	put(&lines, "aaa");
	expect(&lines, "a0");
	put(&lines, "ba");
	expect(&lines, "a1b0a2a1");
	assert_null(question_lines_take(&lines));
}

static void what_is_forgotten_is_not_asked(void **state)
{
	(void)state;
	struct question_lines lines = { NULL };
	question_lines_forget(&lines, &askers[0]);
	put(&lines, "aabbbcc");
	question_lines_forget(&lines, &askers[1]);
	expect(&lines, "a0c5a1c6");
	put(&lines, "abc");
	question_lines_forget(&lines, &askers[0]);
	question_lines_forget(&lines, &askers[2]);
	expect(&lines, "b1");
	assert_null(question_lines_take(&lines));
	put(&lines, "aabbbcc");
	question_lines_finish(&lines);
	assert_null(question_lines_take(&lines));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_take_turns),
		cmocka_unit_test(one_that_comes_later_waits_for_one),
		cmocka_unit_test(what_is_forgotten_is_not_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
