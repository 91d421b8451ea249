/* Alerts that keep others quiet. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/evaluate_rig.h"

static void one_alert_keeps_another_quiet(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	const struct stored_reading both[] = {
		{ 1, "swap_used_ratio", "", 60 },
		{ 2, "memory_used_ratio", "", 95 },
	};
	rig_add(&f, "web1", both, 2);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "FIRING web1 memory/warning/* \n"
					  "held FIRING web1 swap/warning/* \n");
	const struct stored_reading one[] = {
		{ 1, "swap_used_ratio", "", 60 },
		{ 2, "memory_used_ratio", "", 50 },
	};
	rig_add(&f, "web1", one, 2);
	rig_end(&f);
	assert_string_equal(
		rig_told(&f), "RESOLVED web1 memory/warning/* \nFIRING web1 swap/warning/* \n");
	book_finish(&f.book);
}

static void two_that_yield_to_each_other(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	const struct stored_reading both[] = {
		{ 1, "disk_reads", "sda", 60 },
		{ 2, "disk_writes", "sda", 60 },
	};
	rig_add(&f, "web1", both, 1);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "FIRING web1 reads/warning/* sda\n");
	for (int i = 0; i < 3; i++) {
		rig_add(&f, "web1", both, 2);
		rig_end(&f);
	}
	assert_string_equal(rig_told(&f), "FIRING web1 writes/warning/* sda\n");
	book_finish(&f.book);
}

/* Nobody hears of one client that a group counts, so it explains nothing. */
static void what_is_counted_keeps_nothing_quiet(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	const struct stored_reading both[] = {
		{ 1, "cpu_used_ratio", "", 95 },
		{ 2, "cpu_iowait_ratio", "", 60 },
	};
	rig_add(&f, "web1", both, 2);
	rig_end(&f);
	assert_string_equal(rig_told(&f), "held FIRING web1 cpu/warning/*/count \n"
					  "FIRING web1 iowait/warning/* \n");
	rig_end(&f);
	assert_string_equal(rig_told(&f), "");
	book_finish(&f.book);
}

/* Of one sample in which as many alerts begin to fire, none of which is kept quiet. */
static double cost_of_quiet(size_t count)
{
	struct evaluating f;
	struct timespec began, ended;
	struct stored_reading *readings = calloc(count, sizeof *readings);
	char(*names)[32] = calloc(count, sizeof *names);
	assert_true(readings && names);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof names[i], "zram%zu", i);
		readings[i] = (struct stored_reading){ i + 1, "swap_used_ratio", names[i], 60 };
	}
	rig_begin(&f, NULL);
	rig_add(&f, "web1", readings, 1);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
	rig_add(&f, "web1", readings, count);
	rig_end(&f);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
	book_finish(&f.book);
	free(readings);
	free(names);
	return (double)(ended.tv_sec - began.tv_sec) +
	       (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
}

/* Each of thousands looks for what might keep it quiet. */
static void unless_costs_each_alert_the_same(void **state)
{
	(void)state;
	double least = 1e9;
	for (int i = 0; i < 3; i++) {
		double ratio = cost_of_quiet(16000) / cost_of_quiet(2000);
		least = ratio < least ? ratio : least;
	}
	assert_true(least < 24); /* eight times as many; 64 would be the square of it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_alert_keeps_another_quiet),
		cmocka_unit_test(two_that_yield_to_each_other),
		cmocka_unit_test(what_is_counted_keeps_nothing_quiet),
		cmocka_unit_test(unless_costs_each_alert_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
