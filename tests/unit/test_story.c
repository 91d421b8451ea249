/* Events of one alert that go out together: what is told of them, and in which words. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/step.h"
#include "lib/alerts/story.h"
#include "lib/alerts/text.h"
#include "tests/unit/compose_rig.h"

/* What happened, a letter an event: f(iring) r(esolved) c(losed) s(till) l(ate) w(orse)
 * g (flapping) e(scalated), ten minutes apart from 04:23 on; in capitals it is critical. What
 * the message's subject says, where "D" is the disk. */
static const struct {
	const char *events, *subject;
} rows[] = {
	{ "f", "WARNING web1: D 91.0 % (limit 90.0 %)" },
	{ "F", "CRITICAL web1: D 91.0 % (limit 90.0 %)" },
	{ "r", "RESOLVED web1: D 91.0 % (limit 90.0 %)" },
	{ "fr", "RESOLVED web1: D was above the limit of 90.0 %, 2026-11-22 04:23 to "
		"2026-11-22 04:33, over now" },
	{ "fsr", "RESOLVED web1: D was above the limit of 90.0 %, 2026-11-22 04:23 to "
		 "2026-11-22 04:43, over now" },
	{ "fs", "WARNING web1: D 92.0 % (limit 90.0 %)" },
	{ "ss", "STILL WARNING web1: D 92.0 % (limit 90.0 %)" },
	{ "fW", "CRITICAL web1: D 92.0 % (limit 90.0 %)" },
	{ "W", "NOW CRITICAL web1: D 91.0 % (limit 90.0 %)" },
	{ "WS", "NOW CRITICAL web1: D 92.0 % (limit 90.0 %)" },
	{ "rf", "WARNING web1: D 92.0 % (limit 90.0 %), 2 times since 2026-11-22 04:23" },
	{ "frf", "WARNING web1: D 93.0 % (limit 90.0 %), 2 times since 2026-11-22 04:23" },
	{ "frfr", "RESOLVED web1: D was above the limit of 90.0 %, 2 times, 2026-11-22 04:23 to "
		  "2026-11-22 04:53, over now" },
	{ "rfr", "RESOLVED web1: D 93.0 % (limit 90.0 %), 2 times since 2026-11-22 04:23" },
	{ "frfrfr", "RESOLVED web1: D was above the limit of 90.0 %, 3 times, 2026-11-22 04:23 to "
		    "2026-11-22 05:13, over now" },
	{ "fc", "CLOSED web1: D was above the limit of 90.0 %, 2026-11-22 04:23 to "
		"2026-11-22 04:33: gone" },
	{ "c", "CLOSED web1: D: gone" },
	{ "g", "FLAPPING WARNING web1: D 91.0 % (limit 90.0 %), comes and goes" },
	{ "frfrg", "FLAPPING WARNING web1: D 95.0 % (limit 90.0 %), 3 times since "
		   "2026-11-22 04:23, comes and goes" },
	{ "gr", "RESOLVED web1: D was above the limit of 90.0 %, 2026-11-22 04:23 to "
		"2026-11-22 04:33, over now" },
	{ "e", "ESCALATED WARNING web1: D 91.0 % (limit 90.0 %), nobody acknowledged it" },
	{ "fes", "ESCALATED WARNING web1: D 93.0 % (limit 90.0 %), nobody acknowledged it" },
	{ "er", "RESOLVED web1: D was above the limit of 90.0 %, 2026-11-22 04:23 to "
		"2026-11-22 04:33, over now" },
	{ "l", "LATE web1: D was above the limit of 90.0 %, 2026-11-22 04:23 to "
	       "2026-11-22 04:23" },
	{ "ll", "LATE web1: D was above the limit of 90.0 %, 2 times, 2026-11-22 04:23 to "
		"2026-11-22 04:33" },
};

static enum event_kind kind_of(char letter)
{
	static const char letters[] = "frcslwge";
	static const enum event_kind kinds[] = { EVENT_FIRING, EVENT_RESOLVED, EVENT_CLOSED,
		EVENT_REPEAT, EVENT_LATE, EVENT_WORSE, EVENT_FLAPPING, EVENT_ESCALATED };
	return kinds[strchr(letters, letter | 0x20) - letters];
}

enum { TEN_MINUTES = 10 * 60 * 1000, EVENTS_MAX = 8 };

static size_t make(const char *letters, struct event *events, const struct event **pointers)
{
	size_t n = strlen(letters);
	int64_t since = rig_firing.since;
	for (size_t i = 0; i < n; i++) {
		struct event *e = &events[i];
		*e = rig_firing;
		e->id = i + 1;
		e->kind = kind_of(letters[i]);
		e->at = rig_firing.since + (int64_t)i * TEN_MINUTES;
		if (strchr("flg", letters[i] | 0x20))
			since = e->at;
		e->since = since;
		e->value = 0.91 + 0.01 * (double)i;
		e->severity = letters[i] & 0x20 ? SEVERITY_WARNING : SEVERITY_CRITICAL;
		e->instance = "/";
		e->text = e->kind == EVENT_CLOSED ? "gone" : "";
		pointers[n - 1 - i] = e; /* the order does not matter */
	}
	return n;
}

static void check_subject(const char *events, const char *subject, const char *expected)
{
	char whole[300];
	const char *disk = strstr(expected, " D");
	(void)snprintf(
		whole, sizeof whole, "%.*s disk /%s", (int)(disk - expected), expected, disk + 2);
	if (strcmp(subject, whole) != 0)
		fail_msg("%s: '%s' instead of '%s'", events, subject, whole);
}

static void every_row(void **state)
{
	(void)state;
	struct config config = rig_config(true);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct event events[EVENTS_MAX];
		const struct event *pointers[EVENTS_MAX];
		struct arena pool CLEANUP(arena_finish) = { 0 };
		struct buffer line CLEANUP(buffer_finish) = { 0 };
		struct pen pen = { &line, false };
		struct story *stories = NULL;
		struct page_row row;
		size_t n = make(rows[i].events, events, pointers), count = 0;
		assert_int_equal(story_gather(pointers, n, &pool, &stories, &count), 0);
		assert_int_equal(count, 1);
		assert_int_equal(stories[0].count, n);
		assert_int_equal(stories[0].events[0]->id, 1);
		assert_int_equal(text_row(&stories[0], &config, &pool, &row), 0);
		page_headline(&row, &pen);
		check_subject(rows[i].events, line.data, rows[i].subject);
	}
}

/* By client, rule and instance; in the order of their first events. */
static void alerts_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *client, *rule, *instance;
		size_t story;
	} four[] = {
		{ "web2", "disk/critical/*", "/", 0 },
		{ "web1", "disk/critical/*", "/", 1 },
		{ "web1", "disk/warning/*", "/", 2 },
		{ "web2", "disk/critical/*", "/", 0 },
		{ "web1", "disk/critical/*", "/var", 3 },
	};
	struct event events[ARRAY_LEN(four)];
	const struct event *pointers[ARRAY_LEN(four)];
	struct arena pool CLEANUP(arena_finish) = { 0 };
	struct story *stories = NULL;
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LEN(four); i++) {
		events[i] = rig_firing;
		events[i].id = 10 + i;
		events[i].client = four[i].client;
		events[i].rule = four[i].rule;
		events[i].instance = four[i].instance;
		pointers[i] = &events[i];
	}
	assert_int_equal(story_gather(pointers, ARRAY_LEN(four), &pool, &stories, &count), 0);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < ARRAY_LEN(four); i++) {
		const struct story *s = &stories[four[i].story];
		assert_string_equal(s->event.client, four[i].client);
		assert_string_equal(s->event.rule, four[i].rule);
		assert_string_equal(s->event.instance, four[i].instance);
	}
	assert_int_equal(stories[0].count, 2);
}

/* One mail, and all of the events are its members. */
static void what_goes_out_together_is_one_mail(void **state)
{
	(void)state;
	struct event events[EVENTS_MAX];
	const struct event *pointers[EVENTS_MAX];
	struct composing c = rig_composing();
	size_t n = make("rfsr", events, pointers);
	for (size_t i = 0; i < n; i++)
		events[i].opened_event = i == 0 ? 1 : 2;
	events[2].value = 0.99;
	rig_compose(&c, events, n);
	assert_int_equal(c.composed.count, 1);
	assert_int_equal(c.composed.event_count, n);
	const struct notification *m = &c.composed.items[0];
	assert_int_equal(m->event_count, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(m->events[i], i + 1);
	assert_string_equal(m->references, "first@example.com");
	assert_non_null(strstr(m->text, "\nWorst:     99.0 %\n"));
	rig_finish(&c);
}

static void old_news_say_so(void **state)
{
	(void)state;
	struct composing c = rig_composing();
	rig_compose(&c, &rig_firing, 1);
	assert_null(strstr(c.composed.items[0].text, "Told late"));
	c.now = rig_firing.at + (int64_t)23 * 60 * 60 * 1000;
	rig_compose(&c, &rig_firing, 1);
	assert_non_null(
		strstr(c.composed.items[0].text, "\nTold late: 23 h 0 min after it was seen\n"));
	rig_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(alerts_are_told_apart),
		cmocka_unit_test(what_goes_out_together_is_one_mail),
		cmocka_unit_test(old_news_say_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
