/* Samples through the book: what moves, what is told, and what all of it costs. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/alerts/bind.h"
#include "lib/alerts/evaluate.h"
#include "lib/alerts/settle.h"
#include "lib/alerts/step.h"

enum { MINUTE = 60000, DISKS = 40 };
#define DISK "filesystem_used_ratio"

static const char *const nobody[] = { NULL };
static const char *const ops[] = { "ops@example.com", NULL };
static const char *const boss[] = { "boss@example.com", NULL };
static const char *const unless_memory[] = { "memory", NULL };

static const struct rule disk = { .type = DISK,
	.label = "disk",
	.key = "disk/warning/*",
	.limit = 90,
	.clear = 90,
	.instance = "*",
	.mail = ops,
	.escalate = boss,
	.escalate_after_ms = 30 * MINUTE };
static const struct rule srv = { .type = DISK,
	.label = "disk",
	.key = "disk/critical//srv*",
	.limit = 80,
	.clear = 80,
	.severity = SEVERITY_CRITICAL,
	.instance = "/srv*",
	.mail = ops };
static const struct rule swap = { .type = "swap_used_ratio",
	.label = "swap",
	.key = "swap/warning/*",
	.limit = 50,
	.clear = 50,
	.instance = "*",
	.unless = unless_memory,
	.mail = ops };
static const struct rule memory = { .type = "memory_used_ratio",
	.label = "memory",
	.key = "memory/warning/*",
	.limit = 90,
	.clear = 90,
	.instance = "*",
	.mail = ops };
static const struct rule full = { .kind = RULE_FULL_WITHIN,
	.type = DISK,
	.label = "disk",
	.key = "disk/warning/*/full-within",
	.limit = 3600,
	.clear = 3600,
	.below = true,
	.within_ms = 600 * MINUTE,
	.instance = "*",
	.mail = ops };
static const struct rule age = { .kind = RULE_SAMPLE_AGE,
	.type = "",
	.label = "sample-age",
	.key = "sample-age/warning/*",
	.limit = 1200,
	.clear = 1200,
	.instance = "*",
	.mail = ops };
static const struct rule steal = { .type = "cpu_steal_ratio",
	.label = "steal",
	.key = "steal/warning/*",
	.limit = 20,
	.clear = 20,
	.for_ms = 5 * MINUTE,
	.instance = "*",
	.mail = ops };
static const char *const unless_cpu[] = { "cpu", NULL };
static const struct rule iowait = { .type = "cpu_iowait_ratio",
	.label = "iowait",
	.key = "iowait/warning/*",
	.limit = 40,
	.clear = 40,
	.instance = "*",
	.unless = unless_cpu,
	.mail = ops };
/* Two that keep each other quiet. */
static const char *const unless_reads[] = { "reads", NULL };
static const char *const unless_writes[] = { "writes", NULL };
static const struct rule reads = { .type = "disk_reads",
	.label = "reads",
	.key = "reads/warning/*",
	.limit = 50,
	.clear = 50,
	.instance = "*",
	.unless = unless_writes,
	.mail = ops };
static const struct rule writes = { .type = "disk_writes",
	.label = "writes",
	.key = "writes/warning/*",
	.limit = 50,
	.clear = 50,
	.instance = "*",
	.unless = unless_reads,
	.mail = ops };
static const struct rule_group many;
static const struct rule counted = { .type = "cpu_used_ratio",
	.label = "cpu",
	.key = "cpu/warning/*/count",
	.limit = 90,
	.clear = 90,
	.instance = "*",
	.counted_by = &many,
	.mail = ops };
static const struct rule_group many = { .group = "web",
	.counts = &counted,
	.rule = { .kind = RULE_COUNT,
		.type = "cpu_used_ratio",
		.label = "cpu",
		.key = "cpu/warning/*/count",
		.limit = 2,
		.clear = 2,
		.instance = "*" },
	.mail = boss };
static const struct rule_group *const groups[] = { &many };
static const struct rule *const rules[] = { &disk, &srv, &swap, &memory, &full, &age, &counted,
	&reads, &writes, &steal, &iowait, NULL };

#define CLIENT(client_name)                                                          \
	{                                                                            \
		.name = client_name, .ip = "192.0.2.1", .rules = rules, .mail = ops, \
		.group = "web"                                                       \
	}
static const struct client clients[] = { CLIENT("web1"), CLIENT("web2"), CLIENT("web3") };
static const struct client *const by_name[] = { &clients[0], &clients[1], &clients[2] };
static const struct config config = { .alerter = { .unreachable_after = 2,
					      .collector_stale_ms = 60 * MINUTE,
					      .absent_after = 3,
					      .mail = nobody,
					      .flap_after = 5,
					      .flap_window_ms = 60 * MINUTE },
	.clients = clients,
	.clients_by_name = by_name,
	.client_count = ARRAY_LEN(clients),
	.rule_groups = groups,
	.rule_group_count = 1 };

/* ---- samples ------------------------------------------------------------------------------ */

struct fixture {
	struct book book;
	uint64_t last_id;
	int64_t now;   /* of the last sample */
	size_t asked;  /* for a history */
	double growth; /* of it, in an hour */
};

static int history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	struct fixture *f = arg;
	(void)client, (void)instance, (void)err;
	assert_string_equal(metric, DISK);
	f->asked++;
	*ret_count = most < 60 ? most : 60;
	for (size_t i = 0; i < *ret_count; i++) {
		ret_points[i].at =
			to - (to - from) / (int64_t)*ret_count * (int64_t)(*ret_count - 1 - i);
		ret_points[i].value =
			0.5 + f->growth * (double)(ret_points[i].at - to) / (60 * MINUTE);
	}
	return 0;
}

static void begin(struct fixture *f, const struct alert_set *rows)
{
	const struct alert_set none = { 0 };
	*f = (struct fixture){ .now = INT64_C(1795302000000) };
	assert_int_equal(book_init(&f->book, &config, rows ? rows : &none, NULL), 0);
}

/* One more sample of a client, a minute after the last one. */
static void add(
	struct fixture *f, const char *client, const struct stored_reading *readings, size_t count)
{
	f->now += MINUTE;
	const struct stored_sample s = { .id = ++f->last_id,
		.client = client,
		.taken_at = f->now,
		.outcome = readings ? OUTCOME_OK : OUTCOME_TIMEOUT,
		.error = "",
		.readings = readings,
		.reading_count = count };
	assert_int_equal(evaluate_sample(&f->book, &s, f->now, NULL), 0);
}

static void add_one(struct fixture *f, const char *client, uint64_t series, const char *metric,
	const char *instance, double value)
{
	const struct stored_reading r = { series, metric, instance, value };
	add(f, client, &r, 1);
}

static void end(struct fixture *f)
{
	const struct collector_look collector = { .finished_at = f->now };
	assert_int_equal(settle(&f->book, &collector, f->now, NULL), 0);
}

/* What was told since the last time, kind, client, rule and instance: a line each, "held" before
 * what is history. */
static const char *told(struct fixture *f)
{
	static const char *const kinds[] = { "FIRING", "RESOLVED", "CLOSED", "REPEAT", "LATE",
		"WORSE", "FLAPPING", "ESCALATED" };
	static char text[4000];
	size_t len = 0;
	text[0] = 0;
	assert_int_equal(book_flush(&f->book, NULL), 0);
	for (size_t i = 0; i < f->book.move_count; i++) {
		const struct event *e = f->book.moves[i].event;
		if (e)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %s %s %s\n",
				e->held[0] ? "held " : "", kinds[e->kind], e->client, e->rule,
				e->instance);
	}
	book_forget_moves(&f->book);
	return text;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void rules_by_metric_and_instance(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	const struct stored_reading readings[] = {
		{ 3, DISK, "/", 95 },
		{ 5, DISK, "/srv", 85 },
		{ 9, "load1", "", 99 },
	};
	add(&f, "web1", readings, ARRAY_LEN(readings));
	add(&f, "elsewhere", readings, ARRAY_LEN(readings));
	assert_string_equal(told(&f), "FIRING web1 disk/warning/* /\n"
				      "FIRING web1 disk/critical//srv* /srv\n");
	/* in another order, with one more before and between */
	const struct stored_reading more[] = {
		{ 4, DISK, "/new", 91 },
		{ 1, DISK, "/srv/a", 91 },
		{ 3, DISK, "/", 10 },
		{ 5, DISK, "/srv", 85 },
	};
	add(&f, "web1", more, ARRAY_LEN(more));
	assert_string_equal(told(&f), "FIRING web1 disk/warning/* /new\n"
				      "FIRING web1 disk/warning/* /srv/a\n"
				      "FIRING web1 disk/critical//srv* /srv/a\n"
				      "RESOLVED web1 disk/warning/* /\n");
	book_finish(&f.book);
}

static void what_is_well_moves_once_a_batch(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	for (int i = 0; i < 100; i++)
		add_one(&f, "web1", 3, DISK, "/", i % 2 ? 95 : 10);
	for (int i = 0; i < 100; i++)
		add_one(&f, "web2", 4, DISK, "/", 50);
	for (int i = 0; i < 100; i++)
		add_one(&f, "web3", 5, DISK, "/", 95);
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
	struct fixture f;
	begin(&f, NULL);
	add(&f, "web1", NULL, 0);
	add_one(&f, "web1", 3, DISK, "/", 50);
	assert_int_equal(book_flush(&f.book, NULL), 0);
	assert_int_equal(f.book.move_count, 1);
	assert_string_equal(f.book.moves[0].alert.rule, RULE_LAST_GOOD);
	book_finish(&f.book);
}

static void one_alert_keeps_another_quiet(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	const struct stored_reading both[] = {
		{ 1, "swap_used_ratio", "", 60 },
		{ 2, "memory_used_ratio", "", 95 },
	};
	add(&f, "web1", both, 2);
	end(&f);
	assert_string_equal(told(&f), "FIRING web1 memory/warning/* \n"
				      "held FIRING web1 swap/warning/* \n");
	const struct stored_reading one[] = {
		{ 1, "swap_used_ratio", "", 60 },
		{ 2, "memory_used_ratio", "", 50 },
	};
	add(&f, "web1", one, 2);
	end(&f);
	assert_string_equal(
		told(&f), "RESOLVED web1 memory/warning/* \nFIRING web1 swap/warning/* \n");
	book_finish(&f.book);
}

static void two_that_yield_to_each_other(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	const struct stored_reading both[] = {
		{ 1, "disk_reads", "sda", 60 },
		{ 2, "disk_writes", "sda", 60 },
	};
	add(&f, "web1", both, 1);
	end(&f);
	assert_string_equal(told(&f), "FIRING web1 reads/warning/* sda\n");
	for (int i = 0; i < 3; i++) {
		add(&f, "web1", both, 2);
		end(&f);
	}
	assert_string_equal(told(&f), "FIRING web1 writes/warning/* sda\n");
	book_finish(&f.book);
}

/* Nobody hears of one client that a group counts, so it explains nothing. */
static void what_is_counted_keeps_nothing_quiet(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	const struct stored_reading both[] = {
		{ 1, "cpu_used_ratio", "", 95 },
		{ 2, "cpu_iowait_ratio", "", 60 },
	};
	add(&f, "web1", both, 2);
	end(&f);
	assert_string_equal(told(&f), "held FIRING web1 cpu/warning/*/count \n"
				      "FIRING web1 iowait/warning/* \n");
	end(&f);
	assert_string_equal(told(&f), "");
	book_finish(&f.book);
}

static void hours_without_a_sample(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	for (int i = 0; i < 3; i++)
		add_one(&f, "web1", 3, "cpu_steal_ratio", "", 30);
	f.now += 300 * MINUTE;
	add_one(&f, "web1", 3, "cpu_steal_ratio", "", 30);
	assert_string_equal(told(&f), "");
	add_one(&f, "web1", 3, "cpu_steal_ratio", "", 30);
	assert_string_equal(told(&f), "FIRING web1 steal/warning/* \n");
	book_finish(&f.book);
}

/* A sample of long ago, that arrives now. */
static void add_late(struct fixture *f, uint64_t minute, double value)
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
static void begin_next(struct fixture *f)
{
	struct alert rows[8];
	struct fixture next;
	const struct book_client *c = book_client(&f->book, "web1");
	assert_in_range(c->count, 1, ARRAY_LEN(rows));
	for (size_t i = 0; i < c->count; i++)
		rows[i] = c->rows[i]->alert;
	const struct alert_set set = { rows, c->count, NULL };
	begin(&next, &set);
	next.now = f->now;
	next.last_id = f->last_id;
	end(&next);
	static char text[4000];
	(void)snprintf(text, sizeof text, "%s", told(&next));
	book_finish(&next.book);
	(void)told(f);
	assert_string_equal(text, "LATE web1 late:steal/warning/* \n");
}

static void late_samples_that_trickle_in(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	f.last_id = 1000;
	add_one(&f, "web1", 3, "cpu_steal_ratio", "", 5);
	for (uint64_t minute = 1; minute < 5; minute++)
		add_late(&f, minute, minute % 2 ? 30 : 5);
	end(&f);
	assert_string_equal(told(&f), "");
	for (uint64_t minute = 11; minute < 17; minute++)
		add_late(&f, minute, 30);
	end(&f);
	assert_string_equal(told(&f), "");
	begin_next(&f);
	add_late(&f, 18, 5);
	assert_string_equal(told(&f), "LATE web1 late:steal/warning/* \n");
	book_finish(&f.book);
}

static void silenced_then_told(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
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
	add_one(&f, "web1", 3, DISK, "/", 95);
	add_one(&f, "web2", 4, DISK, "/", 95);
	end(&f);
	assert_string_equal(
		told(&f), "held FIRING web1 disk/warning/* /\nFIRING web2 disk/warning/* /\n");
	assert_string_equal(book_find(book_client(&f.book, "web1"), disk.key, "/")->held,
		"silence 3 of anna: new disk");
	add_one(&f, "web1", 3, DISK, "/", 95);
	end(&f);
	assert_int_equal(book_flush(&f.book, NULL), 0);
	const struct event *e = NULL;
	for (size_t i = 0; i < f.book.move_count; i++)
		e = f.book.moves[i].event ? f.book.moves[i].event : e;
	assert_non_null(e);
	assert_string_equal(e->text, "held until now: silence 3 of anna: new disk");
	assert_string_equal(e->recipients, "ops@example.com");
	assert_string_equal(told(&f), "FIRING web1 disk/warning/* /\n");
	add_one(&f, "web1", 3, DISK, "/", 5);
	end(&f);
	assert_string_equal(told(&f), "RESOLVED web1 disk/warning/* /\n");
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
	struct fixture f;
	begin(&f, &set);
	f.now += 29 * MINUTE;
	end(&f);
	assert_string_equal(told(&f), "");
	f.now += MINUTE;
	end(&f);
	assert_int_equal(book_flush(&f.book, NULL), 0);
	assert_string_equal(f.book.moves[0].event->recipients, "ops@example.com\nboss@example.com");
	assert_string_equal(f.book.moves[0].alert.recipients, "ops@example.com\nboss@example.com");
	assert_string_equal(told(&f), "ESCALATED web1 disk/warning/* /\n");
	end(&f);
	assert_string_equal(told(&f), "");
	book_finish(&f.book);
}

static void a_group_counts_its_clients(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	add_one(&f, "web1", 1, "cpu_used_ratio", "", 95);
	end(&f);
	assert_string_equal(told(&f), "held FIRING web1 cpu/warning/*/count \n");
	add_one(&f, "web3", 3, "cpu_used_ratio", "", 95);
	end(&f);
	assert_string_equal(told(&f), "held FIRING web3 cpu/warning/*/count \n"
				      "FIRING  cpu/warning/*/count web\n");
	const struct alert *a = book_find(book_client(&f.book, ""), many.rule.key, "web");
	assert_true(a->value == 2);
	assert_string_equal(a->text, "web1, web3");
	assert_string_equal(a->recipients, "boss@example.com");
	add_one(&f, "web1", 1, "cpu_used_ratio", "", 5);
	end(&f);
	assert_string_equal(told(&f), "held RESOLVED web1 cpu/warning/*/count \n"
				      "RESOLVED  cpu/warning/*/count web\n");
	book_finish(&f.book);
}

static void samples_that_are_too_old(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	add_one(&f, "web1", 3, DISK, "/", 5);
	f.now += 20 * MINUTE;
	end(&f);
	assert_string_equal(told(&f), "FIRING web1 sample-age/warning/* \n");
	add_one(&f, "web1", 3, DISK, "/", 5);
	end(&f);
	assert_string_equal(told(&f), "RESOLVED web1 sample-age/warning/* \n");
	/* when it cannot be reached that says it all */
	add(&f, "web1", NULL, 0);
	add(&f, "web1", NULL, 0);
	f.now += 20 * MINUTE;
	end(&f);
	assert_string_equal(told(&f), "FIRING web1 client-unreachable \n"
				      "held FIRING web1 sample-age/warning/* \n");
	book_finish(&f.book);
}

static void a_disk_that_is_going_to_be_full(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, NULL);
	f.book.history = history;
	f.book.history_arg = &f;
	f.growth = 0.01;
	for (int i = 0; i < 60; i++)
		add_one(&f, "web1", 3, DISK, "/", 0.5);
	assert_string_equal(told(&f), "");
	assert_in_range(f.asked, 3, 5); /* every quarter of an hour or later */
	f.growth = 0.6;
	for (int i = 0; i < 20; i++)
		add_one(&f, "web1", 3, DISK, "/", 0.5);
	assert_string_equal(told(&f), "FIRING web1 disk/warning/*/full-within /\n");
	f.growth = -0.1;
	for (int i = 0; i < 5; i++)
		add_one(&f, "web1", 3, DISK, "/", 0.5);
	assert_string_equal(told(&f), "RESOLVED web1 disk/warning/*/full-within /\n");
	book_finish(&f.book);
}

/* Names of thousands of series of a hostile client, over and over: rows stay for as long as their
 * openings count. */
static void many_series_come_and_go(void **state)
{
	(void)state;
	struct fixture f;
	struct stored_reading readings[DISKS];
	begin(&f, NULL);
	static char names[DISKS][32];
	for (int round = 0; round < 6; round++) {
		for (int i = 0; i < DISKS; i++) {
			(void)snprintf(names[i], sizeof names[i], "/mnt/%d", round * DISKS + i);
			readings[i] = (struct stored_reading){ (uint64_t)(round * DISKS + i + 1),
				DISK, names[i], 95 };
		}
		for (int k = 0; k < 4; k++)
			add(&f, "web1", readings, DISKS);
		end(&f);
		(void)told(&f);
	}
	assert_int_equal(book_client(&f.book, "web1")->count, 6 * DISKS + 1);
	f.now += 60 * MINUTE;
	add(&f, "web1", readings, DISKS);
	assert_int_equal(book_client(&f.book, "web1")->count, DISKS + 1);
	book_finish(&f.book);
}

/* Of one sample in which as many alerts begin to fire, none of which is kept quiet. */
static double cost_of_quiet(size_t count)
{
	struct fixture f;
	struct timespec began, ended;
	struct stored_reading *readings = calloc(count, sizeof *readings);
	char(*names)[32] = calloc(count, sizeof *names);
	assert_true(readings && names);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof names[i], "zram%zu", i);
		readings[i] = (struct stored_reading){ i + 1, "swap_used_ratio", names[i], 60 };
	}
	begin(&f, NULL);
	add(&f, "web1", readings, 1);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
	add(&f, "web1", readings, count);
	end(&f);
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
		cmocka_unit_test(rules_by_metric_and_instance),
		cmocka_unit_test(what_is_well_moves_once_a_batch),
		cmocka_unit_test(what_came_and_went_is_not_stored),
		cmocka_unit_test(one_alert_keeps_another_quiet),
		cmocka_unit_test(two_that_yield_to_each_other),
		cmocka_unit_test(what_is_counted_keeps_nothing_quiet),
		cmocka_unit_test(hours_without_a_sample),
		cmocka_unit_test(late_samples_that_trickle_in),
		cmocka_unit_test(silenced_then_told),
		cmocka_unit_test(nobody_acknowledged),
		cmocka_unit_test(a_group_counts_its_clients),
		cmocka_unit_test(samples_that_are_too_old),
		cmocka_unit_test(a_disk_that_is_going_to_be_full),
		cmocka_unit_test(many_series_come_and_go),
		cmocka_unit_test(unless_costs_each_alert_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
