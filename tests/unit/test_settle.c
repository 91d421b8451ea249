/* What no single sample decides: who hears of it now, and how many of a group. */
#include "tests/unit/unit.h"

#include "tests/unit/evaluate_rig.h"

static void silenced_then_told(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	const struct silence silence = { .id = 3,
		.client = "web1",
		.group = "*",
		.metric = "disk",
		.instance = "*",
		.weekly = "",
		.who = "anna",
		.why = "new disk",
		.ends_at = f.now + 150 * 1000 };
	f.book.silences = &silence;
	f.book.silence_count = 1;
	rig_add_one(&f, "web1", 3, DISK, "/", 95);
	rig_add_one(&f, "web2", 4, DISK, "/", 95);
	rig_end(&f);
	assert_string_equal(
		rig_told(&f), "held FIRING web1 disk/warning/* /\nFIRING web2 disk/warning/* /\n");
	assert_string_equal(book_find(book_client(&f.book, "web1"), rig_disk.key, "/")->held,
		"silence 3 of anna: new disk");
	rig_add_one(&f, "web1", 3, DISK, "/", 95);
	rig_end(&f);
	assert_int_equal(book_flush(&f.book, NULL), 0);
	const struct event *e = NULL;
	for (size_t i = 0; i < f.book.move_count; i++)
		e = f.book.moves[i].event ? f.book.moves[i].event : e;
	assert_non_null(e);
	assert_string_equal(e->text, "held until now: silence 3 of anna: new disk");
	assert_string_equal(e->recipients, "ops@example.com");
	assert_string_equal(rig_told(&f), "FIRING web1 disk/warning/* /\n");
	rig_add_one(&f, "web1", 3, DISK, "/", 5);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "RESOLVED web1 disk/warning/* /\n");
	book_finish(&f.book);
}

static void nobody_acknowledged(void **state)
{
	(void)state;
	struct alert rows[] = { { .id = 1,
		.client = "web1",
		.rule = "disk/warning/*",
		.instance = "/",
		.state = ALERT_FIRING,
		.told_at = INT64_C(1795302000000),
		.opened_at = INT64_C(1795302000000),
		.recipients = "ops@example.com",
		.text = "",
		.held = "" } };
	const struct alert_set set = { rows, 1, NULL };
	struct evaluating f;
	rig_begin(&f, &set);
	f.now += 29 * MINUTE;
	rig_end(&f);
	assert_string_equal(rig_told(&f), "");
	f.now += MINUTE;
	rig_end(&f);
	assert_int_equal(book_flush(&f.book, NULL), 0);
	assert_string_equal(f.book.moves[0].event->recipients, "ops@example.com\nboss@example.com");
	assert_string_equal(f.book.moves[0].alert.recipients, "ops@example.com\nboss@example.com");
	assert_string_equal(rig_told(&f), "ESCALATED web1 disk/warning/* /\n");
	rig_end(&f);
	assert_string_equal(rig_told(&f), "");
	book_finish(&f.book);
}

static void a_group_counts_its_clients(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	rig_add_one(&f, "web1", 1, "cpu_used_ratio", "", 95);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "held FIRING web1 cpu/warning/*/count \n");
	rig_add_one(&f, "web3", 3, "cpu_used_ratio", "", 95);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "held FIRING web3 cpu/warning/*/count \n"
					  "FIRING  cpu/warning/*/count web\n");
	const struct alert *a = book_find(book_client(&f.book, ""), rig_many.rule.key, "web");
	assert_true(a->value == 2);
	assert_string_equal(a->text, "web1, web3");
	assert_string_equal(a->recipients, "boss@example.com");
	rig_add_one(&f, "web1", 1, "cpu_used_ratio", "", 5);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "held RESOLVED web1 cpu/warning/*/count \n"
					  "RESOLVED  cpu/warning/*/count web\n");
	book_finish(&f.book);
}

static void samples_that_are_too_old(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	rig_add_one(&f, "web1", 3, DISK, "/", 5);
	f.now += 20 * MINUTE;
	rig_end(&f);
	assert_string_equal(rig_told(&f), "FIRING web1 sample-age/warning/* \n");
	rig_add_one(&f, "web1", 3, DISK, "/", 5);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "RESOLVED web1 sample-age/warning/* \n");
	/* when it cannot be reached that says it all */
	rig_add(&f, "web1", NULL, 0);
	rig_add(&f, "web1", NULL, 0);
	f.now += 20 * MINUTE;
	rig_end(&f);
	assert_string_equal(rig_told(&f), "FIRING web1 client-unreachable \n"
					  "held FIRING web1 sample-age/warning/* \n");
	book_finish(&f.book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silenced_then_told),
		cmocka_unit_test(nobody_acknowledged),
		cmocka_unit_test(a_group_counts_its_clients),
		cmocka_unit_test(samples_that_are_too_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
