#include "tests/unit/unit.h"

#include <string.h>

#include "lib/alerts/explain.h"
#include "lib/alerts/fit.h"
#include "lib/alerts/verdict.h"

/* 2026-11-22 10:00:00 UTC, and minutes of it */
#define TEN	  INT64_C(1795341600000)
#define AT(min)	  (TEN + (min)*INT64_C(60000))
#define MINUTE_MS 60000

static const struct alerter_config config = {
	.absent_after = 3, .flap_after = 5, .flap_window_ms = 60 * MINUTE_MS
};

static const struct rule rule = {
	.kind = RULE_LEVEL,
	.type = "filesystem_used_ratio",
	.label = "disk",
	.key = "disk/warning/*",
	.limit = 0.9,
	.clear = 0.88,
	.has_critical = true,
	.critical = 0.97,
	.critical_clear = 0.95,
	.for_ms = 10 * MINUTE_MS,
	.clear_for_ms = 5 * MINUTE_MS,
	.samples = 1,
};

static const struct alert pending = {
	.state = ALERT_PENDING, .value = 0.93, .limit = 0.9, .since = AT(2), .breaches = 2
};
static const struct alert fires = {
	.state = ALERT_FIRING, .value = 0.93, .limit = 0.9, .since = AT(2), .told_at = AT(12)
};

/* As it stands in the table below. */
static struct alert with(struct alert a, int64_t clear_since, double value)
{
	a.clear_since = clear_since;
	a.value = value;
	return a;
}

static void assert_says(const struct explain *e, const char *expected)
{
	struct buffer out = { 0 };
	assert_int_equal(explain_alert(e, &out), 0);
	assert_string_equal(out.data ? out.data : "", expected);
	buffer_finish(&out);
}

/* A rule of 90 %, for 10m, clear below 88 % for 5m, critical from 97 %. */
static void each_state_is_a_sentence(void **state)
{
	(void)state;
	struct alert clear = with(fires, AT(20), 0.7), between = with(fires, 0, 0.89);
	struct alert critical = with(fires, 0, 0.98), absent = pending, locked = clear;
	struct alert often = fires, held = fires, acked = fires, quiet = { .state = ALERT_OK };
	critical.severity = SEVERITY_CRITICAL;
	critical.limit = 0.97;
	absent.count = 2;
	locked.flaps = 6;
	locked.flaps_since = AT(1);
	often.flaps = 2;
	often.flaps_since = AT(1);
	held.held = "silence 3 of ann: \x1b[2Jnew disk";
	acked.acked_at = AT(13);
	acked.acked_by = "ann";
	acked.acked_why = "on it";
	quiet.flaps = 2;
	quiet.flaps_since = AT(1);
	struct rule slow = rule, again = rule, low = rule;
	slow.for_ms = 0;
	slow.samples = 3;
	again.repeat_ms = 24 * 60 * MINUTE_MS;
	low.below = true;
	low.limit = low.clear = 0.1;
	/* clang-format off */
	const struct {
		const struct rule *rule;
		const struct alert *row;
		double value;
		const char *hold, *says;
	} rows[] = {
		{ &rule, NULL, 0.71, "", "does not fire: 71.0 % is not at or above 90.0 %\n" },
		{ &low, NULL, 0.71, "", "does not fire: 71.0 % is not at or below 10.0 %\n" },
		{ &rule, NULL, 0.93, "",
			"does not fire: 93.0 % is at or above 90.0 %, which the alerter has not looked"
			" at yet\n" },
		{ &rule, NULL, 0.71, "silence 3 of ann",
			"does not fire: 71.0 % is not at or above 90.0 %\n"
			"nobody would be told: silence 3 of ann\n" },
		{ &rule, &pending, 0.93, "",
			"pending: 93.0 % is at or above 90.0 %, so since 2026-11-22 10:02:00; fires at"
			" 2026-11-22 10:12:00 if it stays so (for 10m)\n" },
		{ &slow, &pending, 0.93, "",
			"pending: 93.0 % is at or above 90.0 %, so since 2026-11-22 10:02:00; 2 of 3"
			" samples in a row\n" },
		{ &rule, &absent, 0.93, "",
			"pending: 93.0 % is at or above 90.0 %, so since 2026-11-22 10:02:00; fires at"
			" 2026-11-22 10:12:00 if it stays so (for 10m)\n"
			"absent from the last 2 good samples; closed after 3\n" },
		{ &rule, &fires, 0.93, "silence 9",
			"fires since 2026-11-22 10:02:00, WARNING: 93.0 % is at or above 90.0 %\n"
			"told last at 2026-11-22 10:12:00\n" },
		{ &again, &fires, 0.93, "",
			"fires since 2026-11-22 10:02:00, WARNING: 93.0 % is at or above 90.0 %\n"
			"told last at 2026-11-22 10:12:00, again every 1d\n" },
		{ &rule, &critical, 0.98, "",
			"fires since 2026-11-22 10:02:00, CRITICAL: 98.0 % is at or above 97.0 %\n"
			"told last at 2026-11-22 10:12:00\n" },
		{ &rule, &between, 0.89, "",
			"fires since 2026-11-22 10:02:00, WARNING: 89.0 % is not at or above 90.0 %\n"
			"it is over below 88.0 %\n"
			"told last at 2026-11-22 10:12:00\n" },
		{ &rule, &clear, 0.7, "",
			"fires since 2026-11-22 10:02:00, WARNING: 70.0 % is not at or above 90.0 %\n"
			"clear since 2026-11-22 10:20:00; over at 2026-11-22 10:25:00 if it stays so"
			" (clear-for 5m)\n"
			"told last at 2026-11-22 10:12:00\n" },
		{ &rule, &locked, 0.7, "",
			"fires since 2026-11-22 10:02:00, WARNING: 70.0 % is not at or above 90.0 %\n"
			"clear since 2026-11-22 10:20:00; over at 2026-11-22 11:20:00 if it stays so"
			" (flapping 1h)\n"
			"flapping: fired 6 times since 2026-11-22 10:01:00; over only when it was clear"
			" for 1h\n"
			"told last at 2026-11-22 10:12:00\n" },
		{ &rule, &often, 0.93, "",
			"fires since 2026-11-22 10:02:00, WARNING: 93.0 % is at or above 90.0 %\n"
			"fired 2 times since 2026-11-22 10:01:00; from 6 times in 1h on it is flapping\n"
			"told last at 2026-11-22 10:12:00\n" },
		{ &rule, &quiet, 0.7, "",
			"does not fire: 70.0 % is not at or above 90.0 %\n"
			"fired 2 times since 2026-11-22 10:01:00; from 6 times in 1h on it is flapping\n" },
		{ &rule, &held, 0.93, "",
			"fires since 2026-11-22 10:02:00, WARNING: 93.0 % is at or above 90.0 %\n"
			"nobody is told: silence 3 of ann: \\x1b[2Jnew disk\n"
			"told last at 2026-11-22 10:12:00\n" },
		{ &rule, &acked, 0.93, "",
			"fires since 2026-11-22 10:02:00, WARNING: 93.0 % is at or above 90.0 %\n"
			"nobody is reminded: acknowledged by ann: on it\n" },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct explain e = { .config = &config,
			.rule = rows[i].rule,
			.row = rows[i].row,
			.has_value = true,
			.value = rows[i].value,
			.value_at = AT(30),
			.judged_at = AT(30),
			.hold = rows[i].hold };
		assert_says(&e, rows[i].says);
	}
}

static void what_is_not_known_is_said_first(void **state)
{
	(void)state;
	const struct alert lost = { .state = ALERT_FIRING }, missed = { .state = ALERT_PENDING };
	const struct alert well = { .state = ALERT_OK };
	/* clang-format off */
	const struct {
		const struct alert *unreachable;
		int64_t value_at, judged_at;
		bool has_value;
		const char *says;
	} rows[] = {
		{ NULL, 0, 0, false,
			"there is no good sample of the client yet\n"
			"does not fire: the newest good sample has no such value\n" },
		{ NULL, AT(5), 0, true,
			"the alerter has not looked at a sample of it yet\n"
			"does not fire: 50.0 % is not at or above 90.0 %\n" },
		{ NULL, AT(6), AT(5), true,
			"the alerter has not looked yet at what came after 2026-11-22 10:05:00\n"
			"does not fire: 50.0 % is not at or above 90.0 %\n" },
		{ &missed, AT(5), AT(5), true,
			"frozen: the client did not answer the last time, no good sample since"
			" 2026-11-22 10:05:00\n"
			"does not fire: 50.0 % is not at or above 90.0 %\n" },
		{ &lost, AT(5), AT(5), true,
			"frozen: the client cannot be reached, no good sample since"
			" 2026-11-22 10:05:00\n"
			"does not fire: 50.0 % is not at or above 90.0 %\n" },
		{ &well, AT(5), AT(5), false,
			"does not fire: the newest good sample has no such value\n" },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct explain e = { .config = &config,
			.rule = &rule,
			.unreachable = rows[i].unreachable,
			.has_value = rows[i].has_value,
			.value = 0.5,
			.value_at = rows[i].value_at,
			.judged_at = rows[i].judged_at,
			.hold = "" };
		assert_says(&e, rows[i].says);
	}
}

/* What such a rule compares is in its row, and not the reading. */
static void rules_of_other_kinds_have_their_value_in_the_row(void **state)
{
	(void)state;
	struct rule full = rule;
	full.kind = RULE_FULL_WITHIN;
	full.below = true;
	full.limit = full.clear = 24 * 3600;
	full.has_critical = false;
	const struct alert calm = { .state = ALERT_OK, .value = 5 * 86400 };
	struct explain e = { .config = &config,
		.rule = &full,
		.has_value = true,
		.value = 0.5,
		.value_at = AT(1),
		.judged_at = AT(1),
		.hold = "" };
	assert_says(&e, "does not fire: not at or below 1 d 0 h\n");
	e.row = &calm;
	assert_says(&e, "does not fire: 5 d 0 h is not at or below 1 d 0 h\n");
	const struct alert flat = { .state = ALERT_OK, .value = FIT_NEVER_S };
	e.row = &flat;
	assert_says(&e, "does not fire: never is not at or below 1 d 0 h\n");
}

static void assert_builtin(const char *key, const struct alert *row, const char *expected)
{
	struct buffer out = { 0 };
	struct alerter_config repeats = config;
	repeats.unreachable_after = 2;
	repeats.unreachable_repeat_ms = 24 * 60 * MINUTE_MS;
	const struct explain e = { .config = &repeats, .row = row, .hold = "" };
	assert_int_equal(explain_builtin(&e, key, &out), 0);
	assert_string_equal(out.data, expected);
	buffer_finish(&out);
}

static void alerts_without_a_rule(void **state)
{
	(void)state;
	const struct alert missed = {
		.state = ALERT_PENDING, .since = AT(2), .count = 1, .value = 1, .text = "no answer"
	};
	const struct alert lost = { .state = ALERT_FIRING,
		.since = AT(2),
		.count = 3,
		.value = 4,
		.text = "no answer",
		.told_at = AT(3) };
	struct alert held = lost;
	held.held = "gate is down";
	held.told_at = 0;
	assert_builtin(RULE_UNREACHABLE, NULL, "does not fire: the last attempt was good\n");
	assert_builtin(RULE_UNREACHABLE, &missed,
		"pending: no answer; 1 failure in a row since 2026-11-22 10:02:00; fires at 2 of "
		"its own"
		" (unreachable-after), it has 1\n");
	assert_builtin(RULE_UNREACHABLE, &lost,
		"fires: no answer; 4 failures in a row since 2026-11-22 10:02:00\n"
		"told last at 2026-11-22 10:03:00, again every 1d\n");
	assert_builtin(RULE_UNREACHABLE, &held,
		"fires: no answer; 4 failures in a row since 2026-11-22 10:02:00\n"
		"nobody is told: gate is down\n");
	assert_builtin(RULE_HOST_KEY, NULL, "does not fire: no other host key was seen\n");
	assert_builtin(RULE_HOST_KEY, &held,
		"fires: no answer; since 2026-11-22 10:02:00\nnobody is told: gate is down\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_without_a_rule),
		cmocka_unit_test(each_state_is_a_sentence),
		cmocka_unit_test(what_is_not_known_is_said_first),
		cmocka_unit_test(rules_of_other_kinds_have_their_value_in_the_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
