#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metrics/counters.h"

static const struct counters head = {
	.boot = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	.monotonic_ms = -5,
	.taken_at_ms = INT64_C(1795348800000),
};

static void pack(struct buffer *out)
{
	struct counter items[] = { { UINT64_MAX, 1.5 }, { 7, 0 }, { 0, 1e300 }, { 8, NAN } };
	assert_int_equal(counters_pack(&head, items, ARRAY_LEN(items), out), 0);
}

static void what_is_packed_is_found(void **state)
{
	(void)state;
	struct buffer b = { 0 };
	pack(&b);
	struct counters c;
	assert_int_equal(counters_open(b.data, b.len, &c), 0);
	assert_memory_equal(c.boot, head.boot, sizeof c.boot);
	assert_true(c.monotonic_ms == -5);
	assert_true(c.taken_at_ms == head.taken_at_ms);
	double value = -1;
	assert_true(counters_find(&c, UINT64_MAX, &value) && value == 1.5);
	assert_true(counters_find(&c, 7, &value) && value == 0);
	assert_true(counters_find(&c, 0, &value) && value == 1e300);
	value = -1;
	assert_false(counters_find(&c, 9, &value));
	assert_false(counters_find(&c, 8, &value)); /* not a number */
	assert_true(value == -1);
	buffer_finish(&b);
}

static void the_format_stays_as_it_is(void **state)
{
	(void)state;
	static const uint8_t expected[] = { 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0xa2, 0x20, 0x03, 0xa2,
		0x01, 0, 0, 1, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f };
	struct buffer b = { 0 };
	struct counter item = { UINT64_C(0x0102030405060708), 1.5 };
	assert_int_equal(counters_pack(&head, &item, 1, &b), 0);
	assert_int_equal(b.len, sizeof expected);
	assert_memory_equal(b.data, expected, sizeof expected);
	buffer_finish(&b);
}

static void none_is_something_too(void **state)
{
	(void)state;
	struct buffer b = { 0 };
	struct counters c;
	double value;
	assert_int_equal(counters_pack(&head, NULL, 0, &b), 0);
	assert_int_equal(counters_open(b.data, b.len, &c), 0);
	assert_false(counters_find(&c, 0, &value));
	buffer_finish(&b);
}

static void damage_is_seen(void **state)
{
	(void)state;
	struct buffer b = { 0 };
	pack(&b);
	struct counters c;
	assert_int_equal(counters_open(NULL, 0, &c), -1);
	for (size_t len = 0; len < b.len; len++) {
		char *cut = malloc(len ? len : 1);
		assert_non_null(cut);
		memcpy(cut, b.data, len);
		assert_int_equal(counters_open(cut, len, &c), -1);
		free(cut);
	}
	b.data[0] = 1; /* another version */
	assert_int_equal(counters_open(b.data, b.len, &c), -1);
	b.data[0] = 2;
	memset(b.data + 33, 0xff, 4); /* a count that is not so */
	assert_int_equal(counters_open(b.data, b.len, &c), -1);
	buffer_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_found),
		cmocka_unit_test(the_format_stays_as_it_is),
		cmocka_unit_test(none_is_something_too),
		cmocka_unit_test(damage_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
