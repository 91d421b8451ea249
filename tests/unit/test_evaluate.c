/* Samples through the book: what moves and what is told. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/alerts/evaluate.h"
#include "tests/unit/evaluate_rig.h"

enum { DISKS = 40 };

static void rules_by_metric_and_instance(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	const struct stored_reading readings[] = {
		{ 3, DISK, "/", 95 },
		{ 5, DISK, "/srv", 85 },
		{ 9, "load1", "", 99 },
	};
	rig_add(&f, "web1", readings, ARRAY_LEN(readings));
	rig_add(&f, "elsewhere", readings, ARRAY_LEN(readings));
	assert_string_equal(rig_told(&f), "FIRING web1 disk/warning/* /\n"
					  "FIRING web1 disk/critical//srv* /srv\n");
	/* in another order, with one more before and between */
	const struct stored_reading more[] = {
		{ 4, DISK, "/new", 91 },
		{ 1, DISK, "/srv/a", 91 },
		{ 3, DISK, "/", 10 },
		{ 5, DISK, "/srv", 85 },
	};
	rig_add(&f, "web1", more, ARRAY_LEN(more));
	assert_string_equal(rig_told(&f), "FIRING web1 disk/warning/* /new\n"
					  "FIRING web1 disk/warning/* /srv/a\n"
					  "FIRING web1 disk/critical//srv* /srv/a\n"
					  "RESOLVED web1 disk/warning/* /\n");
	book_finish(&f.book);
}

static void what_is_well_moves_once_a_batch(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	for (int i = 0; i < 100; i++)
		rig_add_one(&f, "web1", 3, DISK, "/", i % 2 ? 95 : 10);
	for (int i = 0; i < 100; i++)
		rig_add_one(&f, "web2", 4, DISK, "/", 50);
	for (int i = 0; i < 100; i++)
		rig_add_one(&f, "web3", 5, DISK, "/", 95);
	assert_int_equal(book_flush(&f.book, NULL), 0);
	size_t quiet = 0;
	for (size_t i = 0; i < f.book.move_count; i++)
		quiet += !f.book.moves[i].event;
	assert_in_range(quiet, 3, 6); /* newest good samples, and rows that fire */
	book_finish(&f.book);
}

/* A row that came and went between two times of storing was never stored. */
static void what_came_and_went_is_not_stored(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	rig_add(&f, "web1", NULL, 0);
	rig_add_one(&f, "web1", 3, DISK, "/", 50);
	assert_int_equal(book_flush(&f.book, NULL), 0);
	assert_int_equal(f.book.move_count, 1);
	assert_string_equal(f.book.moves[0].alert.rule, RULE_LAST_GOOD);
	book_finish(&f.book);
}

static void hours_without_a_sample(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	for (int i = 0; i < 3; i++)
		rig_add_one(&f, "web1", 3, "cpu_steal_ratio", "", 30);
	f.now += 300 * MINUTE;
	rig_add_one(&f, "web1", 3, "cpu_steal_ratio", "", 30);
	assert_string_equal(rig_told(&f), "");
	rig_add_one(&f, "web1", 3, "cpu_steal_ratio", "", 30);
	assert_string_equal(rig_told(&f), "FIRING web1 steal/warning/* \n");
	book_finish(&f.book);
}

/* A sample of long ago, that arrives now. */
static void add_late(struct evaluating *f, uint64_t minute, double value)
{
	const struct stored_reading r = { 3, "cpu_steal_ratio", "", value };
	const struct stored_sample s = { .id = minute,
		.client = "web1",
		.taken_at = f->now - 1000 * MINUTE + (int64_t)minute * MINUTE,
		.outcome = OUTCOME_OK,
		.error = "",
		.readings = &r,
		.reading_count = 1 };
	assert_int_equal(evaluate_sample(&f->book, &s, f->now, NULL), 0);
}

/* The next run of the alerter, which knows what the last one stored. */
static void begin_next(struct evaluating *f)
{
	struct alert rows[8];
	struct evaluating next;
	const struct book_client *c = book_client(&f->book, "web1");
	assert_in_range(c->count, 1, ARRAY_LEN(rows));
	for (size_t i = 0; i < c->count; i++)
		rows[i] = c->rows[i]->alert;
	const struct alert_set set = { rows, c->count, NULL };
	rig_begin(&next, &set);
	next.now = f->now;
	next.last_id = f->last_id;
	rig_end(&next);
	static char text[4000];
	(void)snprintf(text, sizeof text, "%s", rig_told(&next));
	book_finish(&next.book);
	(void)rig_told(f);
	assert_string_equal(text, "LATE web1 late:steal/warning/* \n");
}

static void late_samples_that_trickle_in(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	f.last_id = 1000;
	rig_add_one(&f, "web1", 3, "cpu_steal_ratio", "", 5);
	for (uint64_t minute = 1; minute < 5; minute++)
		add_late(&f, minute, minute % 2 ? 30 : 5);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "");
	for (uint64_t minute = 11; minute < 17; minute++)
		add_late(&f, minute, 30);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "");
	begin_next(&f);
	add_late(&f, 18, 5);
	assert_string_equal(rig_told(&f), "LATE web1 late:steal/warning/* \n");
	book_finish(&f.book);
}

/* Names of thousands of series of a hostile client, over and over: rows stay for as long as their
 * openings count. */
static void many_series_come_and_go(void **state)
{
	(void)state;
	struct evaluating f;
	struct stored_reading readings[DISKS];
	rig_begin(&f, NULL);
	static char names[DISKS][32];
	for (int round = 0; round < 6; round++) {
		for (int i = 0; i < DISKS; i++) {
			(void)snprintf(names[i], sizeof names[i], "/mnt/%d", round * DISKS + i);
			readings[i] = (struct stored_reading){ (uint64_t)(round * DISKS + i + 1),
				DISK, names[i], 95 };
		}
		for (int k = 0; k < 4; k++)
			rig_add(&f, "web1", readings, DISKS);
		rig_end(&f);
		(void)rig_told(&f);
	}
	assert_int_equal(book_client(&f.book, "web1")->count, 6 * DISKS + 1);
	f.now += 60 * MINUTE;
	rig_add(&f, "web1", readings, DISKS);
	assert_int_equal(book_client(&f.book, "web1")->count, DISKS + 1);
	book_finish(&f.book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_by_metric_and_instance),
		cmocka_unit_test(what_is_well_moves_once_a_batch),
		cmocka_unit_test(what_came_and_went_is_not_stored),
		cmocka_unit_test(hours_without_a_sample),
		cmocka_unit_test(late_samples_that_trickle_in),
		cmocka_unit_test(many_series_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
