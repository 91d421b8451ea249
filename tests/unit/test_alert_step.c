#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/hold.h"
#include "lib/alerts/step.h"

/*
 * A rule, what samples say ("second:value", "-" for an instance that is not in the sample),
 * and what is told ("second:kind"). Seconds are the samples' times and the alerter's.
 */
#define TWO_LEVELS(...)                                                         \
	{                                                                       \
		.limit = 90, .clear = 90, .has_critical = true, .critical = 97, \
		.critical_clear = 96, __VA_ARGS__                               \
	}

static const struct {
	const char *name;
	struct rule rule;
	const char *samples, *events;
} rows[] = {
	{ "the limit itself fires, once", { .limit = 90, .clear = 90 },
		"0:89.9 60:90 120:95 180:90", "60:firing" },
	{ "resolves below", { .limit = 90, .clear = 90 }, "0:95 60:89 120:95",
		"0:firing 60:resolved 120:firing" },
	{ "below fires at the limit too", { .limit = 10, .clear = 10, .below = true },
		"0:10.1 60:10 120:3 180:11", "60:firing 180:resolved" },
	{ "nothing happens to what is well", { .limit = 90, .clear = 90 }, "0:1 60:2 120:-", "" },
	{ "for: holds long enough", { .limit = 90, .clear = 90, .for_ms = 120000 },
		"0:95 60:95 120:95 180:95", "120:firing" },
	{ "for: a dip begins anew", { .limit = 90, .clear = 90, .for_ms = 120000 },
		"0:95 60:80 120:95 180:95 240:95", "240:firing" },
	{ "for: gone while pending tells nothing", { .limit = 90, .clear = 90, .for_ms = 120000 },
		"0:95 60:- 120:- 180:- 240:-", "" },
	{ "hysteresis: between the two it stays", { .limit = 90, .clear = 80 },
		"0:95 60:85 120:92 180:80 240:79.9", "0:firing 240:resolved" },
	{ "hysteresis, below", { .limit = 10, .clear = 20, .below = true },
		"0:5 60:15 120:20 180:21", "0:firing 180:resolved" },
	{ "clear-for: must hold", { .limit = 90, .clear = 90, .clear_for_ms = 120000 },
		"0:95 60:80 120:80 180:80", "0:firing 180:resolved" },
	{ "clear-for: a new breach begins anew",
		{ .limit = 90, .clear = 90, .clear_for_ms = 120000 },
		"0:95 60:80 120:95 180:80 240:80 300:80", "0:firing 300:resolved" },
	{ "flapping is one alert with clear-for",
		{ .limit = 90, .clear = 85, .clear_for_ms = 180000 },
		"0:95 60:80 120:95 180:80 240:95 300:80 360:95", "0:firing" },
	{ "repeat", { .limit = 90, .clear = 90, .repeat_ms = 120000 },
		"0:95 60:95 120:95 180:95 240:95", "0:firing 120:repeat 240:repeat" },
	{ "no repeat while it clears",
		{ .limit = 90, .clear = 90, .repeat_ms = 60000, .clear_for_ms = 600000 },
		"0:95 60:80 120:80", "0:firing" },
	{ "an absent instance closes it", { .limit = 90, .clear = 90 },
		"0:95 60:- 120:- 180:- 240:-", "0:firing 180:closed" },
	{ "absent for a moment only", { .limit = 90, .clear = 90 },
		"0:95 60:- 120:- 180:95 240:- 300:- 360:80", "0:firing 360:resolved" },
	{ "no sample freezes: hours later it resolves", { .limit = 90, .clear = 90 },
		"0:95 36000:80", "0:firing 36000:resolved" },
	{ "the wall clock goes back: for counts anew",
		{ .limit = 90, .clear = 90, .for_ms = 120000 }, "7200:95 0:95 60:95 120:95",
		"120:firing" },
	{ "samples: so many in a row", { .limit = 90, .clear = 90, .samples = 3 },
		"0:95 60:95 120:80 180:95 240:95 300:95", "300:firing" },
	{ "samples and for: both", { .limit = 90, .clear = 90, .samples = 3, .for_ms = 60000 },
		"0:95 20:95 40:95 60:95", "60:firing" },
	{ "two levels: a rise is told at once", TWO_LEVELS(.for_ms = 120000),
		"0:95 60:95 120:95 180:98 240:99", "120:firing 180:worse!" },
	{ "two levels: critical when it fires", TWO_LEVELS(.for_ms = 120000),
		"0:95 60:95 120:98 180:98", "120:firing!" },
	{ "two levels: a fall is silent", TWO_LEVELS(.clear_for_ms = 120000),
		"0:98 60:95 120:98 180:95 240:95 300:95 360:98", "0:firing! 360:worse!" },
	{ "two levels: not below critical's clear level", TWO_LEVELS(.for_ms = 0),
		"0:98 60:96.5 120:97 180:95 240:97", "0:firing! 240:worse!" },
	{ "two levels: resolves from the worse one", TWO_LEVELS(.for_ms = 0), "0:98 60:80 120:95",
		"0:firing! 60:resolved! 120:firing" },
	{ "two levels: the end is as severe as what ends", TWO_LEVELS(.clear_for_ms = 60000),
		"0:98 60:80 120:80", "0:firing! 120:resolved!" },
	{ "two levels: a rise needs its own samples", TWO_LEVELS(.samples = 2),
		"0:95 60:95 120:98 180:95 240:98 300:98", "60:firing 300:worse!" },
	{ "two levels: samples that were critical from the first", TWO_LEVELS(.samples = 2),
		"0:98 60:98 120:98", "60:firing!" },
	{ "two levels: samples of which one was not", TWO_LEVELS(.samples = 2),
		"0:95 60:98 120:98 180:98", "60:firing 180:worse!" },
	{ "two levels, below",
		{ .limit = 10,
			.clear = 10,
			.below = true,
			.has_critical = true,
			.critical = 3,
			.critical_clear = 4 },
		"0:8 60:3 120:4 180:5 240:2 300:11",
		"0:firing 60:worse! 240:worse! 300:resolved!" },
	{ "the wall clock goes back: repeat counts anew",
		{ .limit = 90, .clear = 90, .repeat_ms = 120000 }, "7200:95 0:95 60:95",
		"7200:firing" },
};

static const struct alerter_config plain = { .absent_after = 3 };

static const char *const kinds[] = {
	[EVENT_FIRING] = "firing",
	[EVENT_RESOLVED] = "resolved",
	[EVENT_CLOSED] = "closed",
	[EVENT_REPEAT] = "repeat",
	[EVENT_LATE] = "late",
	[EVENT_WORSE] = "worse",
	[EVENT_FLAPPING] = "flapping",
};

/* The row as storage keeps it between two samples. */
struct kept {
	struct alert row;
	bool exists;
};

static void keep_row(struct kept *k, const struct verdict *v)
{
	if (v->row == ROW_KEEP)
		return;
	k->exists = v->row == ROW_WRITE;
	k->row = v->alert;
}

static void add_event(char *told, size_t size, int64_t second, const struct verdict *v)
{
	size_t len = strlen(told);
	if (v->tell)
		(void)snprintf(told + len, size - len, "%s%d:%s%s", len ? " " : "", (int)second,
			kinds[v->kind], v->alert.severity == SEVERITY_CRITICAL ? "!" : "");
}

static void run_series(const char *name, const struct alerter_config *config,
	const struct rule *rule, bool paced, const char *samples, const char *events)
{
	struct kept kept = { 0 };
	struct pace pace = { 0 };
	int64_t before = 0;
	char told[400] = "";
	uint64_t id = 1;
	const char *at = samples;
	for (char *end; *at; at = *end ? end + 1 : end) {
		int64_t second = strtol(at, &end, 10), now = second * 1000 + 1;
		bool present = end[1] != '-';
		if (paced)
			pace = pace_step(pace.usual_ms, before ? now - before : 0);
		before = now;
		struct look look = { id++, now, "/", present, 0, pace.gap_ms };
		at = end + 1;
		look.value = strtod(at, &end);
		if (!present)
			end = strchr(at, '-') + 1;
		struct verdict v =
			alert_step(config, rule, kept.exists ? &kept.row : NULL, &look, now);
		hold_apply(&v, "", now);
		keep_row(&kept, &v);
		add_event(told, sizeof told, second, &v);
	}
	if (strcmp(told, events) != 0)
		fail_msg("%s: told '%s', not '%s'", name, told, events);
}

static void every_series(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		run_series(rows[i].name, &plain, &rows[i].rule, false, rows[i].samples,
			rows[i].events);
}

/* As every_series(), of a client whose samples may be missing for a while. */
static const struct {
	const char *name;
	struct rule rule;
	const char *samples, *events;
} gaps[] = {
	{ "a gap is no time above the limit", { .limit = 90, .clear = 90, .for_ms = 240000 },
		"0:1 60:1 120:95 7320:95 7380:95 7440:95", "7440:firing" },
	{ "nor is it below", { .limit = 90, .clear = 90, .clear_for_ms = 240000 },
		"0:1 60:95 120:80 7320:80 7380:80 7440:80", "60:firing 7440:resolved" },
	{ "nor two in a row", { .limit = 90, .clear = 90, .for_ms = 540000 },
		"0:1 60:1 120:95 7320:95 14520:95 14580:95 14640:95 14700:95", "14700:firing" },
	{ "a fall from critical", TWO_LEVELS(.clear_for_ms = 240000),
		"0:1 60:98 120:93 7320:93 7380:98", "60:firing!" },
	{ "a sample every hour", { .limit = 90, .clear = 90, .for_ms = 7200000 },
		"0:95 3600:95 7200:95", "7200:firing" },
	{ "a sample out of turn costs no time", { .limit = 90, .clear = 90, .for_ms = 600000 },
		"0:1 300:95 301:95 600:95 900:95", "900:firing" },
	{ "nor does a clock that goes back", { .limit = 90, .clear = 90, .for_ms = 180000 },
		"7200:1 7260:1 60:95 120:95 180:95 240:95", "240:firing" },
	{ "samples that come more seldom", { .limit = 90, .clear = 90, .for_ms = 300000 },
		"0:1 60:1 120:1 420:1 720:1 1020:95 1320:95", "1320:firing" },
};

static void a_gap_is_no_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gaps); i++)
		run_series(
			gaps[i].name, &plain, &gaps[i].rule, true, gaps[i].samples, gaps[i].events);
}

static const struct {
	const char *name;
	struct rule rule;
	const char *samples, *events;
} flaps[] = {
	{ "told once, and resolved when it was calm", { .limit = 90, .clear = 90 },
		"0:95 10:80 20:95 30:80 40:95 50:80 60:95 90:80 100:95 110:80 600:80 710:80 720:95",
		"0:firing 10:resolved 20:firing 30:resolved 40:firing 50:resolved 60:flapping "
		"710:resolved 720:firing" },
	{ "openings are forgotten", { .limit = 90, .clear = 90 },
		"0:95 10:80 20:95 30:80 40:95 50:80 601:95 611:80",
		"0:firing 10:resolved 20:firing 30:resolved 40:firing 50:resolved 601:firing "
		"611:resolved" },
	{ "reminders while it is bad", { .limit = 90, .clear = 90, .repeat_ms = 40000 },
		"0:95 1:80 2:95 3:80 4:95 5:80 6:95 10:80 20:95 45:95 46:95 60:80 90:80 95:95",
		"0:firing 1:resolved 2:firing 3:resolved 4:firing 5:resolved 6:flapping "
		"46:repeat 95:repeat" },
	{ "it holds the worst state, and says when that got worse", TWO_LEVELS(.for_ms = 0),
		"0:95 1:80 2:95 3:80 4:95 5:80 6:95 60:98 70:95 80:98 90:80 95:98",
		"0:firing 1:resolved 2:firing 3:resolved 4:firing 5:resolved 6:flapping "
		"60:worse!" },
	{ "it was worse in one of the lives before", TWO_LEVELS(.for_ms = 0),
		"0:98 1:80 2:95 3:80 4:95 5:80 6:95 60:98 70:80 670:80",
		"0:firing! 1:resolved! 2:firing 3:resolved 4:firing 5:resolved 6:flapping! "
		"670:resolved!" },
	{ "it was worse in the midst of one", TWO_LEVELS(.for_ms = 0),
		"0:95 1:98 2:95 3:80 4:95 5:80 6:95 7:80 8:95",
		"0:firing 1:worse! 3:resolved 4:firing 5:resolved 6:firing 7:resolved "
		"8:flapping!" },
	{ "it was worse too long ago", TWO_LEVELS(.for_ms = 0),
		"0:98 1:80 601:95 602:80 603:95 604:80 605:95 606:80 607:95",
		"0:firing! 1:resolved! 601:firing 602:resolved 603:firing 604:resolved 605:firing "
		"606:resolved 607:flapping" },
	{ "it is locked when it vanishes, too", { .limit = 90, .clear = 90 },
		"0:95 1:80 2:95 3:80 4:95 5:80 6:95 7:- 8:- 9:- 10:95 11:- 12:- 13:- 612:- "
		"613:-",
		"0:firing 1:resolved 2:firing 3:resolved 4:firing 5:resolved 6:flapping "
		"613:closed" },
	{ "it vanishes and returns", { .limit = 90, .clear = 90 },
		"0:95 1:- 2:- 3:- 4:95 5:- 6:- 7:- 8:95 9:- 10:- 11:- 12:- 13:95 14:- 15:- 16:- "
		"17:95",
		"0:firing 3:closed 4:firing 7:closed 8:firing 11:closed 13:flapping" },
};

static void flapping_is_told_once(void **state)
{
	(void)state;
	const struct alerter_config config = {
		.absent_after = 3, .flap_after = 3, .flap_window_ms = 600000
	};
	for (size_t i = 0; i < ARRAY_LEN(flaps); i++)
		run_series(flaps[i].name, &config, &flaps[i].rule, false, flaps[i].samples,
			flaps[i].events);
}

static void what_vanished_is_forgotten_in_time(void **state)
{
	(void)state;
	const struct alerter_config config = {
		.absent_after = 3, .flap_after = 3, .flap_window_ms = 600000
	};
	const struct rule rule = { .limit = 90 };
	const struct alert row = { .instance = "/", .count = 2, .flaps = 1, .flaps_since = 1000 };
	struct look look = { 9, 600999, "/", false, 0, 0 };
	assert_int_equal(alert_step(&config, &rule, &row, &look, 0).row, ROW_KEEP);
	look.taken_at++;
	struct verdict v = alert_step(&config, &rule, &row, &look, 0);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_false(v.tell);
}

/* Seconds at which a sample is taken; whether it has what is looked for ('+'), and what is told. */
static void absence(void **state)
{
	(void)state;
	static const struct {
		int second;
		char has, told;
	} looks[] = {
		{ 0, '+', '-' },
		{ 60, '-', '-' },
		{ 300, '-', '-' },
		{ 600, '-', 'F' },
		{ 660, '-', '-' },
		{ 720, '+', 'R' },
		{ 780, '-', '-' },
		{ 840, '+', '-' },
		{ 1500, '-', 'F' },
	};
	const struct rule rule = { .kind = RULE_ABSENT, .limit = 600, .clear = 600 };
	struct kept kept = { 0 };
	int64_t seen_at = 0;
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		int64_t at = looks[i].second * INT64_C(1000) + 1;
		struct look look = { i + 1, at, "", looks[i].has == '+', 0, 0 };
		struct verdict v = absent_step(
			&plain, &rule, kept.exists ? &kept.row : NULL, &look, seen_at, at);
		seen_at = at;
		keep_row(&kept, &v);
		char told = !v.tell ? '-' : v.kind == EVENT_FIRING ? 'F' : 'R';
		assert_int_equal(told, looks[i].told);
	}
	assert_int_equal(kept.row.since, 840001);
}

/* Five hours without a sample, and then one that lacks it. */
static void absent_is_not_what_nobody_looked_for(void **state)
{
	(void)state;
	const struct rule rule = { .kind = RULE_ABSENT, .limit = 900, .clear = 900 };
	const struct pace pace = pace_step(300000, 18000000);
	struct look look = { 2, 18000001, "", false, 0, pace.gap_ms };
	struct verdict v = absent_step(&plain, &rule, NULL, &look, 1, 18000001);
	assert_false(v.tell);

	look = (struct look){ 3, 18300001, "", false, 0, 0 };
	v = absent_step(&plain, &rule, &v.alert, &look, 18000001, 18300001);
	assert_true(v.tell && v.kind == EVENT_FIRING);
}

static void nobody_is_reminded_of_what_is_taken_on(void **state)
{
	(void)state;
	const struct rule rule = TWO_LEVELS(.repeat_ms = 1000);
	struct alert row = { .instance = "/",
		.state = ALERT_FIRING,
		.told_at = 1000,
		.since = 1,
		.acked_at = 2,
		.acked_severity = SEVERITY_WARNING };
	struct look look = { 2, 5000, "/", true, 95, 0 };
	assert_false(alert_step(&plain, &rule, &row, &look, 5000).tell);
	look.value = 98;
	struct verdict v = alert_step(&plain, &rule, &row, &look, 5000);
	assert_true(v.tell && v.kind == EVENT_WORSE);
	look = (struct look){ 3, 9000, "/", true, 98, 0 };
	v = alert_step(&plain, &rule, &v.alert, &look, 9000);
	assert_true(v.tell && v.kind == EVENT_REPEAT);
	row.acked_at = 0;
	row.held = "silence 3";
	look.value = 95;
	assert_false(alert_step(&plain, &rule, &row, &look, 9000).tell);
}

static void state_tells_what_it_rests_on(void **state)
{
	(void)state;
	const struct rule rule = {
		.limit = 90, .clear = 90, .severity = SEVERITY_CRITICAL, .for_ms = 1
	};
	struct look look = { 7, 1000, "/var", true, 93, 0 };
	struct verdict v = alert_step(&plain, &rule, NULL, &look, 5000);
	assert_int_equal(v.row, ROW_WRITE);
	assert_int_equal(v.alert.state, ALERT_PENDING);
	struct alert pending = v.alert;
	look = (struct look){ 8, 2000, "/var", true, 95, 0 };
	v = alert_step(&plain, &rule, &pending, &look, 6000);
	assert_int_equal(v.alert.state, ALERT_FIRING);
	assert_int_equal(v.alert.severity, SEVERITY_CRITICAL);
	assert_true(v.alert.value == 95);
	assert_true(v.alert.limit == 90);
	assert_int_equal(v.alert.since, 1000);
	assert_int_equal(v.alert.as_of, 2000);
	assert_int_equal(v.alert.as_of_id, 8);
	assert_string_equal(v.alert.instance, "/var");
}

static void late_breaches_become_one_event(void **state)
{
	(void)state;
	const struct rule rule = { .limit = 90, .clear = 90 };
	struct kept kept = { 0 };
	for (int i = 0; i < 10; i++) {
		struct look look = { (uint64_t)i + 1, 1000 * i, "/", true, i == 0 ? 80 : 90 + i,
			0 };
		struct verdict v = late_step(&rule, NULL, kept.exists ? &kept.row : NULL, &look);
		assert_false(v.tell);
		keep_row(&kept, &v);
	}
	assert_true(kept.exists);
	struct verdict v = late_close(&rule, &kept.row);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_true(v.tell);
	assert_int_equal(v.kind, EVENT_LATE);
	assert_int_equal(v.alert.since, 1000);
	assert_int_equal(v.alert.as_of, 9000);
	assert_int_equal(v.alert.count, 9);
	assert_true(v.alert.value == 99);
}

static void late_and_short_of_for_tells_nothing(void **state)
{
	(void)state;
	const struct rule rule = { .limit = 90, .for_ms = 60000 };
	const struct look look = { 1, 1000, "/", true, 95, 0 };
	struct verdict v = late_step(&rule, NULL, NULL, &look);
	assert_int_equal(v.row, ROW_WRITE);
	v = late_close(&rule, &v.alert);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_false(v.tell);
}

static void late_and_clear_ends_what_was_gathered(void **state)
{
	(void)state;
	const struct rule rule = { .limit = 90, .clear = 85, .for_ms = 60000 };
	const struct alert spike = { .instance = "/", .since = 1000, .as_of = 31000, .count = 2 };
	const struct alert held = { .instance = "/", .since = 1000, .as_of = 61000, .count = 2 };
	struct look look = { 9, 91000, "/", true, 50, 0 };
	struct verdict v = late_step(&rule, NULL, &spike, &look);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_false(v.tell);
	v = late_step(&rule, NULL, &held, &look);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_true(v.tell && v.kind == EVENT_LATE);
	assert_int_equal(late_step(&rule, NULL, NULL, &look).row, ROW_KEEP);
	look.value = 87;
	assert_int_equal(late_step(&rule, NULL, &held, &look).row, ROW_KEEP);
	look = (struct look){ 9, 500, "/", true, 50, 0 };
	assert_int_equal(late_step(&rule, NULL, &held, &look).row, ROW_KEEP);
}

static void late_but_told_already(void **state)
{
	(void)state;
	const struct rule rule = { .limit = 90 };
	const struct look look = { 5, 5000, "/", true, 95, 0 };
	const struct alert before = { .state = ALERT_FIRING, .since = 4000 };
	const struct alert after = { .state = ALERT_FIRING, .since = 6000 };
	assert_int_equal(late_step(&rule, &before, NULL, &look).row, ROW_KEEP);
	assert_int_equal(late_step(&rule, &after, NULL, &look).row, ROW_WRITE);
}

static void gone_closes_only_what_fires(void **state)
{
	(void)state;
	const struct alert firing = { .state = ALERT_FIRING }, pending = { .state = ALERT_PENDING };
	struct verdict v = gone_step(&firing, 1);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_true(v.tell && v.kind == EVENT_CLOSED);
	v = gone_step(&pending, 1);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_false(v.tell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_series),
		cmocka_unit_test(a_gap_is_no_time),
		cmocka_unit_test(flapping_is_told_once),
		cmocka_unit_test(what_vanished_is_forgotten_in_time),
		cmocka_unit_test(absence),
		cmocka_unit_test(absent_is_not_what_nobody_looked_for),
		cmocka_unit_test(nobody_is_reminded_of_what_is_taken_on),
		cmocka_unit_test(state_tells_what_it_rests_on),
		cmocka_unit_test(late_breaches_become_one_event),
		cmocka_unit_test(late_and_short_of_for_tells_nothing),
		cmocka_unit_test(late_and_clear_ends_what_was_gathered),
		cmocka_unit_test(late_but_told_already),
		cmocka_unit_test(gone_closes_only_what_fires),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
