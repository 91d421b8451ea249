/* The probe's report as it grows: values, labels, and what does not fit. */
#include "tests/unit/unit.h"

#include <string.h>

#include "remote/bytes/text.h"

#define END(dropped, truncated)                       \
	"# TYPE fleet_report_samples_dropped gauge\n" \
	"fleet_report_samples_dropped " dropped "\n"  \
	"# TYPE fleet_report_truncated gauge\n"       \
	"fleet_report_truncated " truncated "\n# EOF\n"

static char data[4096];

static const char *finish(struct text *t)
{
	text_finish(t);
	assert_true(t->len < t->size);
	data[t->len] = 0;
	return data;
}

static void values(void **state)
{
	(void)state;
	struct text t = { .data = data, .size = sizeof data };
	struct label labels[] = { text_label("a", "x\\y\"z\n"), { "b", { "\xff", 1 } } };
	struct family f = { "f", "gauge", false };
	text_member_unsigned(&t, &f, NULL, 0, UINT64_MAX, 0);
	text_member_unsigned(&t, &f, labels, 2, UINT64_MAX, 9);
	text_member(&t, &f, labels + 1, 1, INT64_MIN, 0);
	text_member(&t, &f, NULL, 0, INT64_MIN, 9);
	text_member(&t, &f, NULL, 0, -5, 3);
	text_member(&t, &f, NULL, 0, 0, 1);
	text_single_signed(&t, "g", "counter", 7, 1);
	assert_string_equal(finish(&t),
		"# TYPE f gauge\nf 18446744073709551615\n"
		"f{a=\"x\\\\y\\\"z\\\\x0a\",b=\"\\\\xff\"} 18446744073.709551615\n"
		"f{b=\"\\\\xff\"} -9223372036854775808\nf -9223372036.854775808\n"
		"f -0.005\nf 0.0\n# TYPE g counter\ng 0.7\n" END("0", "0"));
}

static void a_family_is_named_with_its_first_sample(void **state)
{
	(void)state;
	struct text t = { .data = data, .size = sizeof data };
	struct family two = { "two", "counter", false };
	struct label label = text_label("a", "b");
	text_member(&t, &two, &label, 1, -1, 1);
	text_member(&t, &two, NULL, 0, 2, 0);
	assert_string_equal(
		finish(&t), "# TYPE two counter\ntwo{a=\"b\"} -0.1\ntwo 2\n" END("0", "0"));
}

static void what_follows_the_first_that_does_not_fit_is_counted(void **state)
{
	(void)state;
	struct text t = { .data = data, .size = 200 };
	text_single(&t, "node_a", "gauge", 1, 0);
	assert_false(t.full);
	text_single(&t, "node_name_that_is_longer_than_there_is_room_for", "gauge", 1, 0);
	assert_true(t.full);
	text_single(&t, "a", "gauge", 2, 2);
	text_widen(&t, 300);
	text_single(&t, "last", "gauge", 1, 0);
	assert_string_equal(finish(&t),
		"# TYPE node_a gauge\nnode_a 1\n# TYPE last gauge\nlast 1\n" END("2", "1"));
}

static void a_long_label_costs_its_sample_alone(void **state)
{
	(void)state;
	char name[TEXT_LABEL_MAX + 1];
	memset(name, 'x', sizeof name);
	struct label label = { "device", { name, sizeof name } };
	struct text t = { .data = data, .size = sizeof data };
	struct family a = { "node_a", "gauge", false };
	text_member(&t, &a, &label, 1, 1, 0);
	assert_int_equal(t.len, 0);
	text_member(&t, &a, NULL, 0, 1, 0);
	text_member(&t, &a, &label, 1, 1, 0);
	assert_string_equal(finish(&t), "# TYPE node_a gauge\nnode_a 1\n" END("2", "1"));
}

static void no_room_at_all(void **state)
{
	(void)state;
	struct text t = { .data = data, .size = 3 };
	text_finish(&t);
	assert_int_equal(t.len, 0);
}

static void what_was_not_read_is_told(void **state)
{
	(void)state;
	struct text t = { .data = data, .size = sizeof data, .cut = 3 };
	assert_string_equal(finish(&t), END("0", "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(a_family_is_named_with_its_first_sample),
		cmocka_unit_test(what_follows_the_first_that_does_not_fit_is_counted),
		cmocka_unit_test(a_long_label_costs_its_sample_alone),
		cmocka_unit_test(no_room_at_all),
		cmocka_unit_test(what_was_not_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
