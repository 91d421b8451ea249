/* Who is told of an alert that something holds, when it is held, and afterwards. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/alerts/hold.h"

/* A Sunday, 2026-11-22, midnight in Berlin. */
static const int64_t sunday = INT64_C(1795302000000);
enum { MINUTE = 60000, HOUR = 60 * MINUTE };
static const int64_t day = INT64_C(24) * HOUR;

static int set_zone(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return 0;
}

static const struct {
	const char *weekly;
	int days, minutes; /* after that Sunday's midnight */
	bool covers;
} weeks[] = {
	{ "sun 02:00-04:00", 0, 119, false },
	{ "sun 02:00-04:00", 0, 120, true },
	{ "sun 02:00-04:00", 0, 239, true },
	{ "sun 02:00-04:00", 0, 240, false },
	{ "sun 02:00-04:00", 1, 130, false },
	{ "sun 02:00-04:00", 7, 130, true },
	{ "sat 22:00-02:00", 0, 60, true },
	{ "sat 22:00-02:00", 0, 120, false },
	{ "sat 22:00-02:00", 6, 1380, true },
	{ "sat 22:00-02:00", 6, 60, false },
	{ "mon-fri 22:00-06:00", 1, 60, false },
	{ "mon-fri 22:00-06:00", 1, 1320, true },
	{ "mon-fri 22:00-06:00", 6, 60, true },
	{ "fri-mon 08:00-09:00", 0, 480, true },
	{ "fri-mon 08:00-09:00", 2, 480, false },
	{ "daily 00:00-24:00", 3, 700, true },
};

static void every_week(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(weeks); i++) {
		struct weekly w;
		struct error err;
		if (weekly_parse(weeks[i].weekly, &w, &err) < 0)
			fail_msg("%s", err.text);
		int64_t at = sunday + weeks[i].days * day + weeks[i].minutes * INT64_C(60000);
		if (weekly_covers(&w, at) != weeks[i].covers)
			fail_msg("%s: %d d %d m", weeks[i].weekly, weeks[i].days, weeks[i].minutes);
	}
}

static void no_time_of_a_week(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "sun", "sun ", "02:00-04:00", "sun 2:00-4:00",
		"sun 02:00", "sun 02:00-25:00", "sun 24:00-02:00", "sun 02:60-04:00",
		"sun 02:00-02:00", "sun 02:00-04:00 ", "sun-02:00-04:00", "xyz 02:00-04:00",
		"sun-xyz 02:00-04:00", "Sun 02:00-04:00", "daily02:00-04:00", "mon-fri02:00-04:00",
		"sun 02:00_04:00" };
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct weekly w;
		struct error err;
		if (weekly_parse(wrong[i], &w, &err) == 0)
			fail_msg("taken: %s", wrong[i]);
		assert_non_null(strstr(err.text, "sun 02:00-04:00"));
	}
}

/* What is not said is any. */
static const struct {
	const char *name;
	struct silence silence;
	int64_t at;
	bool covers;
} silences[] = {
	{ "everything", { 0 }, 100, true },
	{ "not yet", { .starts_at = 101 }, 100, false },
	{ "from then on", { .starts_at = 100 }, 100, true },
	{ "over", { .ends_at = 100 }, 100, false },
	{ "lifted", { .lifted_at = 100 }, 100, false },
	{ "lifted later", { .lifted_at = 101 }, 100, true },
	{ "its client", { .client = "web?" }, 100, true },
	{ "another client", { .client = "db*" }, 100, false },
	{ "its group", { .group = "dc1/web" }, 100, true },
	{ "the group around it", { .group = "dc1" }, 100, true },
	{ "another group", { .group = "dc" }, 100, false },
	{ "its metric", { .metric = "disk" }, 100, true },
	{ "by the full name", { .metric = "filesystem_*" }, 100, true },
	{ "another metric", { .metric = "inodes" }, 100, false },
	{ "its instance", { .instance = "/srv/*" }, 100, true },
	{ "another instance", { .instance = "/var" }, 100, false },
	{ "all but one fits", { .client = "web1", .metric = "disk", .instance = "/" }, 100, false },
	{ "not on that day", { .weekly = "mon 00:00-24:00" }, 100, false },
	{ "on that day", { .weekly = "thu 00:00-24:00" }, 100, true },
	{ "no time at all", { .weekly = "nonsense" }, 100, false },
};

static void every_silence(void **state)
{
	(void)state;
	const struct hold_subject subject = { "web1", "dc1/web", "disk", "filesystem_used_ratio",
		"/srv/a" };
	for (size_t i = 0; i < ARRAY_LEN(silences); i++) {
		struct silence s = silences[i].silence;
		const char **patterns[] = { &s.client, &s.group, &s.metric, &s.instance };
		for (size_t k = 0; k < ARRAY_LEN(patterns); k++)
			*patterns[k] = *patterns[k] ? *patterns[k] : "*";
		s.weekly = s.weekly ? s.weekly : "";
		if (silence_covers(&s, &subject, silences[i].at) != silences[i].covers)
			fail_msg("%s", silences[i].name);
	}
}

static void names_of_rules(void **state)
{
	(void)state;
	assert_true(rule_is_called("disk/warning/*", "disk"));
	assert_true(rule_is_called("client-unreachable", "client-unreachable"));
	assert_false(rule_is_called("disk-read/warning/*", "disk"));
	assert_false(rule_is_called("disk/warning/*", "dis"));
	assert_false(rule_is_called("disk/warning/*", ""));
}

/* What happens to one alert, in turn, a letter each: F it begins to fire, W it gets worse, P a
 * reminder is due, R it resolves, X it is flapping, "." it is looked at; small letters while it is
 * held. What is told: the same letter, "h" only as history, "-" nothing at all; a release is F or
 * P. */
static const struct {
	const char *name, *happens, *told;
} lives[] = {
	{ "nothing holds it", "FPWPR", "FPWPR" },
	{ "held all the time", "fpwr", "h-hh" },
	{ "released", "f.R", "hFR" },
	{ "released, then worse", "f.W.R", "hFW-R" },
	{ "held again", "f.i.R", "hF-PR" },
	{ "told, then held", "Fipr", "F--R" },
	{ "told, then held and worse", "Fiw.R", "F-hPR" },
	{ "worse before it was released", "fW.R", "hhFR" },
	{ "over before it was released", "fR", "hh" },
	{ "flapping", "FRFRX.R", "FRFRX-R" },
	{ "flapping, held", "FRx.R", "FRhFR" },
	{ "a new life", "frF", "hhF" },
};

static struct verdict happen(const struct alert *row, char what, int64_t now)
{
	const struct alerter_config config = { 0 };
	bool held = what >= 'a';
	const char *hold = held ? "silence 3" : "";
	struct verdict v;
	switch (held ? what - 'a' + 'A' : what) {
	case 'F':
		v = verdict_open(&config, *row, now);
		break;
	case 'X':
		v = verdict_tell(verdict_write(*row), EVENT_FLAPPING);
		v.alert.state = ALERT_FIRING;
		break;
	case 'W':
		v = verdict_tell(verdict_write(*row), EVENT_WORSE);
		break;
	case 'P':
		v = verdict_tell(verdict_write(*row), EVENT_REPEAT);
		break;
	case 'R':
		v = verdict_tell(verdict_write(*row), EVENT_RESOLVED);
		v.alert.state = ALERT_OK;
		break;
	default: /* looked at: "." or "i" */
		return hold_review(row, hold, true, now);
	}
	hold_apply(&v, hold, now);
	return v;
}

static char mark(const struct verdict *v)
{
	static const char kinds[] = { [EVENT_FIRING] = 'F',
		[EVENT_RESOLVED] = 'R',
		[EVENT_REPEAT] = 'P',
		[EVENT_WORSE] = 'W',
		[EVENT_FLAPPING] = 'X' };
	return !v->tell ? '-' : v->held && v->held[0] ? 'h' : kinds[v->kind];
}

static void every_life(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		struct alert row = { .instance = "" };
		char told[20] = "";
		for (size_t k = 0; lives[i].happens[k]; k++) {
			struct verdict v = happen(&row, lives[i].happens[k], 1000 + (int64_t)k);
			told[k] = mark(&v);
			if (v.row != ROW_KEEP)
				row = v.alert;
		}
		if (strcmp(told, lives[i].told) != 0)
			fail_msg("%s: '%s', not '%s'", lives[i].name, told, lives[i].told);
	}
}

static void what_is_taken_on_comes_back_quietly(void **state)
{
	(void)state;
	struct alert row = {
		.state = ALERT_FIRING, .held = "silence 3", .told_at = 1, .acked_at = 2
	};
	struct verdict v = hold_review(&row, "", true, 1000);
	assert_int_equal(v.row, ROW_WRITE);
	assert_false(v.tell);
	assert_string_equal(v.alert.held, "");
	row.severity = SEVERITY_CRITICAL;
	assert_true(hold_review(&row, "", true, 1000).tell);
	row.told_severity = SEVERITY_CRITICAL;
	assert_false(hold_review(&row, "", false, 1000).tell);
	row.severity = SEVERITY_WARNING;
	row.told_at = 0;
	v = hold_review(&row, "", false, 1000);
	assert_true(v.tell && v.kind == EVENT_FIRING);
	assert_true(alert_is_acked(&v.alert));
}

/* Below a jump host that comes and goes, once is enough, unless there is worse to tell. */
static void what_is_known_is_not_told_again(void **state)
{
	(void)state;
	struct alert row = { .state = ALERT_FIRING, .severity = SEVERITY_CRITICAL };
	struct verdict v = verdict_tell(verdict_write(row), EVENT_FIRING);
	hold_apply(&v, "", 1000);
	row = v.alert;
	row.held = "gate is down";
	v = hold_review(&row, "", false, 2000);
	assert_int_equal(v.row, ROW_WRITE);
	assert_false(v.tell);

	row.told_severity = SEVERITY_WARNING;
	v = verdict_tell(verdict_write(row), EVENT_WORSE);
	hold_apply(&v, "gate is down", 3000);
	v = hold_review(&v.alert, "", false, 4000);
	assert_true(v.tell && v.kind == EVENT_REPEAT);
	row = v.alert;
	row.held = "gate is down";
	assert_false(hold_review(&row, "", false, 5000).tell);
}

/* It may be about to end: nobody needs to hear that it fires. */
static void what_is_clear_already_stays_held(void **state)
{
	(void)state;
	struct alert row = { .state = ALERT_FIRING, .held = "silence 3", .clear_since = 900 };
	assert_int_equal(hold_review(&row, "", true, 1000).row, ROW_KEEP);
	row.told_at = 1;
	assert_int_equal(hold_review(&row, "", true, 1000).row, ROW_KEEP);
	assert_int_equal(hold_review(&row, "silence 4", true, 1000).row, ROW_WRITE);
	row.clear_since = 0;
	assert_true(hold_review(&row, "", true, 1000).tell);
}

static void escalated_once(void **state)
{
	(void)state;
	const struct alert told = { .state = ALERT_FIRING, .told_at = 500, .opened_at = 1000 };
	assert_false(hold_escalate(&told, 100, 1099).tell);
	assert_false(hold_escalate(&told, 0, 5000).tell);
	struct verdict v = hold_escalate(&told, 100, 1100);
	assert_true(v.tell && v.kind == EVENT_ESCALATED);
	assert_int_equal(v.at, 1100);
	assert_false(hold_escalate(&v.alert, 100, 9000).tell);
	struct alert a = told;
	a.held = "silence 3";
	assert_false(hold_escalate(&a, 100, 9000).tell);
	a = told;
	a.acked_at = 1050;
	assert_false(hold_escalate(&a, 100, 9000).tell);
	a.severity = SEVERITY_CRITICAL;
	assert_true(hold_escalate(&a, 100, 9000).tell);
	a = told;
	a.opened_at = 0;
	assert_false(hold_escalate(&a, 100, 9000).tell);
	a = told;
	a.told_at = 0;
	assert_false(hold_escalate(&a, 100, 9000).tell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_week, set_zone),
		cmocka_unit_test(no_time_of_a_week),
		cmocka_unit_test(every_silence),
		cmocka_unit_test(names_of_rules),
		cmocka_unit_test(every_life),
		cmocka_unit_test(what_is_taken_on_comes_back_quietly),
		cmocka_unit_test(what_is_known_is_not_told_again),
		cmocka_unit_test(what_is_clear_already_stays_held),
		cmocka_unit_test(escalated_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
