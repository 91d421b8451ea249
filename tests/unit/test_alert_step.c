#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/step.h"

/*
 * A rule, what samples say ("second:value", "-" for an instance that is not in the sample),
 * and what is told ("second:kind"). Seconds are the samples' times and the alerter's.
 */
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
	{ "the wall clock goes back: repeat counts anew",
		{ .limit = 90, .clear = 90, .repeat_ms = 120000 }, "7200:95 0:95 60:95",
		"7200:firing" },
};

static const char *const kinds[] = {
	[EVENT_FIRING] = "firing",
	[EVENT_RESOLVED] = "resolved",
	[EVENT_CLOSED] = "closed",
	[EVENT_REPEAT] = "repeat",
	[EVENT_LATE] = "late",
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
		(void)snprintf(told + len, size - len, "%s%d:%s", len ? " " : "", (int)second,
			kinds[v->kind]);
}

static void every_series(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kept kept = { 0 };
		char told[200] = "";
		uint64_t id = 1;
		const char *at = rows[i].samples;
		for (char *end; *at; at = *end ? end + 1 : end) {
			int64_t second = strtol(at, &end, 10);
			bool present = end[1] != '-';
			struct look look = { id++, second * 1000 + 1, "/", present, 0 };
			at = end + 1;
			look.value = strtod(at, &end);
			if (!present)
				end = strchr(at, '-') + 1;
			struct verdict v = alert_step(&rows[i].rule, 3,
				kept.exists ? &kept.row : NULL, &look, second * 1000 + 1);
			keep_row(&kept, &v);
			add_event(told, sizeof told, second, &v);
		}
		if (strcmp(told, rows[i].events) != 0)
			fail_msg("%s: told '%s', not '%s'", rows[i].name, told, rows[i].events);
	}
}

static void state_tells_what_it_rests_on(void **state)
{
	(void)state;
	const struct rule rule = {
		.limit = 90, .clear = 90, .severity = SEVERITY_CRITICAL, .for_ms = 1
	};
	struct look look = { 7, 1000, "/var", true, 93 };
	struct verdict v = alert_step(&rule, 3, NULL, &look, 5000);
	assert_int_equal(v.row, ROW_WRITE);
	assert_int_equal(v.alert.state, ALERT_PENDING);
	struct alert pending = v.alert;
	look = (struct look){ 8, 2000, "/var", true, 95 };
	v = alert_step(&rule, 3, &pending, &look, 6000);
	assert_int_equal(v.alert.state, ALERT_FIRING);
	assert_int_equal(v.alert.severity, SEVERITY_CRITICAL);
	assert_true(v.alert.value == 95);
	assert_true(v.alert.limit == 90);
	assert_int_equal(v.alert.since, 1000);
	assert_int_equal(v.alert.as_of, 2000);
	assert_int_equal(v.alert.as_of_id, 8);
	assert_int_equal(v.alert.told_at, 6000);
	assert_string_equal(v.alert.instance, "/var");
}

static void late_breaches_become_one_event(void **state)
{
	(void)state;
	const struct rule rule = { .limit = 90, .clear = 90 };
	struct kept kept = { 0 };
	for (int i = 0; i < 10; i++) {
		struct look look = { (uint64_t)i + 1, 1000 * i, "/", true, i == 0 ? 80 : 90 + i };
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
	const struct look look = { 1, 1000, "/", true, 95 };
	struct verdict v = late_step(&rule, NULL, NULL, &look);
	assert_int_equal(v.row, ROW_WRITE);
	v = late_close(&rule, &v.alert);
	assert_int_equal(v.row, ROW_REMOVE);
	assert_false(v.tell);
}

static void late_but_told_already(void **state)
{
	(void)state;
	const struct rule rule = { .limit = 90 };
	const struct look look = { 5, 5000, "/", true, 95 };
	const struct alert before = { .state = ALERT_FIRING, .since = 4000 };
	const struct alert after = { .state = ALERT_FIRING, .since = 6000 };
	assert_int_equal(late_step(&rule, &before, NULL, &look).row, ROW_KEEP);
	assert_int_equal(late_step(&rule, &after, NULL, &look).row, ROW_WRITE);
}

/* Outcomes in turn, one letter each: . ok, t timeout, a auth, k host key changed, n not done,
 * i internal. Expected: per letter - nothing, F firing, R resolved, P repeat. */
static const struct {
	const char *outcomes, *unreachable, *host_key;
} reach[] = {
	{ "....", "----", "----" },
	{ ".t.t.", "-----", "-----" },
	{ ".tt.", "--FR", "----" },
	{ "tattttt", "-F---P-", "-------" },
	{ "tnt", "--F", "---" },
	{ "nnnn", "----", "----" },
	{ "nnnn.n", "------", "------" },
	{ "ninin.", "----FR", "------" },
	{ "ninintttt", "----F---P", "---------" },
	{ "tnnnn", "----F", "-----" },
	{ "knnnn", "-----", "F----" },
	{ "titi", "--F-", "----" },
	{ ".kk.", "----", "-F-R" },
	{ "tkt", "--F", "-F-" },
};

static enum outcome letter(char c)
{
	switch (c) {
	case 't':
		return OUTCOME_TIMEOUT;
	case 'a':
		return OUTCOME_AUTH;
	case 'k':
		return OUTCOME_HOST_KEY_CHANGED;
	case 'n':
		return OUTCOME_NOT_DONE;
	case 'i':
		return OUTCOME_INTERNAL;
	default:
		return OUTCOME_OK;
	}
}

static char mark(const struct verdict *v)
{
	return !v->tell			   ? '-'
	       : v->kind == EVENT_FIRING   ? 'F'
	       : v->kind == EVENT_RESOLVED ? 'R'
	       : v->kind == EVENT_REPEAT   ? 'P'
					   : '?';
}

static void every_reach(void **state)
{
	(void)state;
	const struct alerter_config config = { .unreachable_after = 2,
		.unreachable_repeat_ms = 4000 };
	for (size_t i = 0; i < ARRAY_LEN(reach); i++) {
		struct kept down = { 0 }, key = { 0 };
		char got_down[20] = "", got_key[20] = "";
		for (size_t k = 0; reach[i].outcomes[k]; k++) {
			struct stored_sample s = { .id = k + 1,
				.taken_at = (int64_t)(k + 1) * 1000,
				.outcome = letter(reach[i].outcomes[k]) };
			struct verdict v = unreachable_step(
				&config, down.exists ? &down.row : NULL, NULL, &s, s.taken_at);
			keep_row(&down, &v);
			got_down[k] = mark(&v);
			if (down.exists) {
				v = unreachable_judge(&config, &down.row, 0, s.taken_at);
				keep_row(&down, &v);
				got_down[k] = v.tell ? mark(&v) : got_down[k];
			}
			v = host_key_step(
				&config, key.exists ? &key.row : NULL, NULL, &s, s.taken_at);
			keep_row(&key, &v);
			got_key[k] = mark(&v);
		}
		assert_string_equal(got_down, reach[i].unreachable);
		if (!strchr(reach[i].outcomes, 'k') || !strchr(reach[i].outcomes, 't'))
			assert_string_equal(got_key, reach[i].host_key);
	}
}

static void old_news_do_not_move_reachability(void **state)
{
	(void)state;
	const struct alerter_config config = { .unreachable_after = 1 };
	const struct alert good = { .as_of_id = 10, .last_good_at = 10000 };
	struct stored_sample failed = { .id = 9, .outcome = OUTCOME_TIMEOUT };
	assert_int_equal(unreachable_step(&config, NULL, &good, &failed, 0).row, ROW_KEEP);
	failed.id = 12;
	struct verdict v = unreachable_step(&config, NULL, &good, &failed, 0);
	v = unreachable_judge(&config, &v.alert, 0, 0);
	assert_int_equal(v.alert.state, ALERT_FIRING);
	assert_int_equal(v.alert.last_good_at, 10000);
	struct stored_sample completed = { .id = 11, .outcome = OUTCOME_OK };
	assert_int_equal(unreachable_step(&config, &v.alert, &good, &completed, 0).row, ROW_KEEP);
	completed.id = 12;
	assert_int_equal(
		unreachable_step(&config, &v.alert, &good, &completed, 0).kind, EVENT_RESOLVED);
}

static void only_finished_cycles_count(void **state)
{
	(void)state;
	const struct alerter_config config = { .unreachable_after = 2 };
	struct alert row = { .state = ALERT_PENDING, .count = 2, .as_of_id = 120 };
	assert_false(unreachable_judge(&config, &row, 100, 0).tell);
	assert_true(unreachable_judge(&config, &row, 130, 0).tell);
	assert_true(unreachable_judge(&config, &row, 0, 0).tell);
	row.count = 3;
	assert_true(unreachable_judge(&config, &row, 100, 0).tell);
	row.count = 0;
	row.value = 5;
	assert_false(unreachable_judge(&config, &row, 100, 0).tell);
	assert_true(unreachable_judge(&config, &row, 0, 0).tell);
	row.state = ALERT_FIRING;
	assert_false(unreachable_judge(&config, &row, 0, 0).tell);
}

/* Minutes at which is looked, the last finished cycle as seen then, what is told, since when. */
static void collector_stale(void **state)
{
	(void)state;
	static const struct {
		int now, finished;
		char told;
		int since;
	} looks[] = {
		{ 1, 0, '-', 0 },
		{ 10, 0, '-', 0 },
		{ 16, 0, 'F', 1 },
		{ 35, 0, '-', 0 },
		{ 36, 0, 'P', 1 },
		{ 40, 0, '-', 0 },
		{ 41, 41, 'R', 1 },
		{ 50, 41, '-', 0 },
		{ 56, 41, 'F', 41 },
		{ 57, 41, '-', 0 },
		{ 60, 58, 'R', 41 },
		{ 61, 58, '-', 0 },
	};
	const struct alerter_config config = { .collector_stale_ms = 15 * 60000,
		.unreachable_repeat_ms = 20 * 60000 };
	struct kept kept = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		struct verdict v = stale_step(&config, kept.exists ? &kept.row : NULL,
			looks[i].finished * INT64_C(60000), looks[i].now * INT64_C(60000));
		keep_row(&kept, &v);
		assert_int_equal(mark(&v), looks[i].told);
		if (v.tell)
			assert_int_equal(v.alert.since, looks[i].since * INT64_C(60000));
	}
	assert_false(kept.exists);
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
		cmocka_unit_test(state_tells_what_it_rests_on),
		cmocka_unit_test(late_breaches_become_one_event),
		cmocka_unit_test(late_and_short_of_for_tells_nothing),
		cmocka_unit_test(late_but_told_already),
		cmocka_unit_test(every_reach),
		cmocka_unit_test(old_news_do_not_move_reachability),
		cmocka_unit_test(only_finished_cycles_count),
		cmocka_unit_test(collector_stale),
		cmocka_unit_test(gone_closes_only_what_fires),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
