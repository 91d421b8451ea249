/* Several files in one run of bytes, written and read back. */
#include "tests/unit/unit.h"

#include <string.h>

#include "remote/bytes/bundle.h"

static void what_is_added_comes_back(void **state)
{
	(void)state;
	static const struct {
		const char *kind, *path, *bytes;
		int64_t time_ns, size;
	} rows[] = {
		{ "now", "", "", 1700000000123456789, 0 },
		{ "file", "/a b/c", "", 1, 10 },
		{ "session", "run/x", "now 1 1 0 \n\nUSER=a\n", INT64_MAX, 20 },
		{ "file", "missing", "", 0, -1 },
		{ "textfile", " blank ", "no newline", -INT64_MAX, 10 },
	};
	char data[512];
	struct bundle b = { .data = data, .size = sizeof data };
	struct bundle_file f;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		f = (struct bundle_file){ span_of(rows[i].kind), span_of(rows[i].path),
			span_of(rows[i].bytes), rows[i].time_ns, rows[i].size };
		assert_true(bundle_add(&b, &f));
	}
	struct span rest = { data, b.len };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(bundle_next(&rest, &f));
		assert_true(span_is(f.kind, rows[i].kind));
		assert_true(span_is(f.path, rows[i].path));
		assert_true(span_is(f.bytes, rows[i].bytes));
		assert_true(f.time_ns == rows[i].time_ns && f.size == rows[i].size);
	}
	assert_false(bundle_next(&rest, &f));
	assert_true(bundle_find((struct span){ data, b.len }, "session", &f));
	assert_true(span_is(f.path, "run/x"));
	assert_false(bundle_find((struct span){ data, b.len }, "ses", &f));
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	(void)state;
	char data[64];
	struct bundle_file f = { span_of("file"), span_of("/a"), span_of("bytes"), 7, 5 };
	size_t need = strlen("file 7 5 5 /a\nbytes\n");
	struct bundle b = { .data = data, .size = need - 1 };
	assert_false(bundle_add(&b, &f));
	assert_int_equal(b.len, 0);
	b.size = need;
	assert_true(bundle_add(&b, &f));
	assert_int_equal(b.len, need);
	b.size = sizeof data;
	f.path = span_of("/a\nfile 0 0 0 /b");
	assert_false(bundle_add(&b, &f));
	assert_int_equal(b.len, need);
}

/* As a gather reads a file: behind what is there, where its head will stand. */
static void bytes_may_stand_in_the_free_part(void **state)
{
	(void)state;
	char data[64] = "0123456789";
	struct bundle b = { .data = data, .size = sizeof data };
	struct bundle_file f = { span_of("file"), span_of("/a"), { data, 10 }, 7, 10 };
	assert_true(bundle_add(&b, &f));
	assert_memory_equal(data, "file 7 10 10 /a\n0123456789\n", b.len);
}

static void what_is_no_bundle_ends_it(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "\n", "file\n", "file 1\n\n", "file 1 2\n\n",
		"file 1 2 3\n", "file x 0 0 /a\n\n", "file 1 x 0 /a\n\n", "file 1 0 x /a\n\n",
		"file 1 0 -1 /a\n\n", "file 1 0 0 /a\n", "file 1 0 1 /a\n\n",
		"file 1 0 2 /a\nabc\n", "file 1 0 18446744073709551615 /a\n\n" };
	struct bundle_file f;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct span rest = span_of(wrong[i]);
		assert_false(bundle_next(&rest, &f));
		assert_int_equal(rest.len, strlen(wrong[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_comes_back),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(bytes_may_stand_in_the_free_part),
		cmocka_unit_test(what_is_no_bundle_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
