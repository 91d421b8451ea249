#include "tests/unit/readers_rig.h"

#include <stdlib.h>
#include <string.h>

static struct {
	const struct reader_row *rows;
	size_t count;
} table;

const char *run_reader(reader *read, const char *bytes, size_t len)
{
	static char out[1 << 16];
	struct text text = { .data = out, .size = sizeof out - 1 };
	char *copy = malloc(len + 1);
	assert_non_null(copy);
	if (len)
		memcpy(copy + 1, bytes, len);
	read((struct span){ copy + 1, len }, &text);
	free(copy);
	assert_true(text.len < sizeof out);
	assert_false(text.full);
	out[text.len] = 0;
	return out;
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < table.count; i++) {
		const struct reader_row *row = &table.rows[i];
		assert_string_equal(
			run_reader(row->read, row->bytes, strlen(row->bytes)), row->out);
	}
}

static void every_row_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < table.count; i++)
		for (size_t len = 0; len < strlen(table.rows[i].bytes); len++)
			(void)run_reader(table.rows[i].read, table.rows[i].bytes, len);
}

int run_reader_rows(const struct reader_row *rows, size_t count)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(every_row_cut_anywhere),
	};
	table.rows = rows;
	table.count = count;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
