/* What a recipient is not told now: it waits, and nothing is lost or told twice. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/compose_rig.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

/* rig_firing is of 04:33; these are quiet until seven. */
static struct recipient sleeper = {
	.name = "night",
	.channel = CHANNEL_MAIL,
	.address = "night@example.com",
	.has_quiet = true,
	.quiet_from = 22 * 60,
	.quiet_until = 7 * 60,
};
static const int64_t seven = 1795330800000;

static struct composing asleep(void)
{
	struct composing c = rig_composing();
	c.config.recipients = &sleeper;
	c.config.recipient_count = 1;
	return c;
}

static struct event event_of(uint64_t id, enum event_kind kind, enum severity severity)
{
	struct event e = rig_firing;
	e.id = id;
	e.kind = kind;
	e.severity = severity;
	e.at += (int64_t)(id - 1) * MINUTE;
	e.recipients = "night";
	return e;
}

/* At that time, with these events. */
static void at(struct composing *c, int64_t now, const struct event *events, size_t count)
{
	c->now = now;
	rig_compose(c, events, count);
	rig_wait(c, events, count);
}

static void assert_members(const struct composing *c, size_t mail, size_t count)
{
	assert_true(mail < c->composed.count);
	assert_int_equal(c->composed.items[mail].event_count, count);
}

static void warnings_wait_for_the_morning(void **state)
{
	(void)state;
	struct composing c = asleep();
	const struct event both[] = { event_of(1, EVENT_FIRING, SEVERITY_WARNING),
		event_of(2, EVENT_RESOLVED, SEVERITY_WARNING) };
	at(&c, c.now, &both[0], 1);
	assert_int_equal(c.composed.count, 0);
	assert_int_equal(c.composed.event_count, 1);
	assert_int_equal(c.deferred_count, 1);
	assert_string_equal(c.deferred[0].recipient, "night");
	assert_true(c.deferred[0].due_at == seven);
	at(&c, c.now + MINUTE, &both[1], 1);
	assert_int_equal(c.deferred_count, 2);
	at(&c, seven - 1, NULL, 0);
	assert_int_equal(c.composed.count, 0);
	assert_int_equal(c.composed.done_count, 0);
	at(&c, seven, NULL, 0);
	assert_int_equal(c.composed.count, 1);
	assert_members(&c, 0, 2);
	assert_int_equal(c.deferred_count, 0);
	assert_non_null(strstr(c.composed.items[0].subject, ", over now"));
	assert_non_null(strstr(c.composed.items[0].text, "it waited for quiet hours to end"));
	rig_finish(&c);
}

static void criticals_go_at_once(void **state)
{
	(void)state;
	struct composing c = asleep();
	const struct event e = event_of(1, EVENT_FIRING, SEVERITY_CRITICAL);
	at(&c, c.now, &e, 1);
	assert_int_equal(c.composed.count, 1);
	assert_int_equal(c.deferred_count, 0);
	rig_finish(&c);
}

/* … and what waits of it goes along, though it is not due. */
static void what_becomes_critical_goes_at_once(void **state)
{
	(void)state;
	struct composing c = asleep();
	struct event other = event_of(3, EVENT_FIRING, SEVERITY_WARNING);
	other.instance = "/other";
	const struct event first[] = { event_of(1, EVENT_FIRING, SEVERITY_WARNING), other };
	const struct event worse = event_of(4, EVENT_WORSE, SEVERITY_CRITICAL);
	at(&c, c.now, first, 2);
	assert_int_equal(c.deferred_count, 2);
	at(&c, c.now + MINUTE, &worse, 1);
	assert_int_equal(c.composed.count, 1);
	assert_members(&c, 0, 2);
	assert_string_equal(c.composed.items[0].subject,
		"[fleet] CRITICAL web1: disk /var 93.1 % (limit 90.0 %)");
	assert_int_equal(c.deferred_count, 1);
	assert_int_equal(c.deferred[0].event.id, 3);
	rig_finish(&c);
}

/* The hours of one are not those of others. */
static void others_are_told_meanwhile(void **state)
{
	(void)state;
	struct composing c = asleep();
	struct event e = event_of(1, EVENT_FIRING, SEVERITY_WARNING);
	e.recipients = "ops@example.com\nnight";
	at(&c, c.now, &e, 1);
	assert_int_equal(c.composed.count, 1);
	assert_string_equal(c.composed.items[0].recipient, "ops@example.com");
	assert_int_equal(c.deferred_count, 1);
	rig_finish(&c);
}

static void longer_hours_put_off_once_more(void **state)
{
	(void)state;
	struct composing c = asleep();
	const struct event e = event_of(1, EVENT_FIRING, SEVERITY_WARNING);
	at(&c, c.now, &e, 1);
	sleeper.quiet_until = 8 * 60;
	at(&c, seven, NULL, 0);
	sleeper.quiet_until = 7 * 60;
	assert_int_equal(c.composed.count, 0);
	assert_int_equal(c.composed.done_count, 0); /* the row it waits in has another time */
	assert_int_equal(c.composed.deferred_count, 1);
	assert_int_equal(c.deferred_count, 1);
	assert_true(c.deferred[0].due_at == seven + HOUR);
	rig_finish(&c);
}

/* ---- so many an hour -------------------------------------------------------------------- */

static void make_storm(struct event *events, size_t count, uint64_t first, enum severity severity)
{
	static char names[100][16];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(names[first + i], sizeof names[0], "/srv/%zu", (size_t)first + i);
		events[i] = event_of(first + i, EVENT_FIRING, severity);
		events[i].opened_event = first + i;
		events[i].instance = names[first + i];
		events[i].recipients = "ops@example.com";
	}
}

static struct composing limited(uint32_t per_hour)
{
	struct composing c = rig_composing();
	c.config.alerter.per_hour = per_hour;
	return c;
}

static void what_has_no_room_is_gathered(void **state)
{
	(void)state;
	struct composing c = limited(3);
	struct event events[4];
	make_storm(events, 4, 1, SEVERITY_WARNING);
	c.told_hour = 1;
	at(&c, c.now, events, 2); /* these are the last two */
	assert_int_equal(c.composed.count, 2);
	assert_null(strstr(c.composed.items[0].text, "3 messages within an hour"));
	assert_ptr_equal(strstr(c.composed.items[1].text, "This makes 3 messages within an hour."),
		c.composed.items[1].text);
	c.told_hour = c.told_lately = 3;
	at(&c, c.now + MINUTE, events + 2, 1);
	assert_int_equal(c.composed.count, 0);
	assert_int_equal(c.deferred_count, 1);
	at(&c, c.now + MINUTE, events + 3, 1);
	assert_int_equal(c.deferred_count, 2);
	c.told_lately = 0;
	at(&c, c.now + HOUR / 2, NULL, 0); /* they are due, and there is no room */
	assert_int_equal(c.composed.count, 0);
	assert_int_equal(c.deferred_count, 2);
	c.told_hour = 2;
	at(&c, c.now + HOUR, NULL, 0);
	assert_int_equal(c.composed.count, 1);
	assert_string_equal(c.composed.items[0].subject, "[fleet] 2 alerts: 2 warning");
	assert_members(&c, 0, 2);
	assert_int_equal(c.deferred_count, 0);
	rig_finish(&c);
}

/* More alerts than there are messages left: one digest of all. */
static void the_last_message_takes_all(void **state)
{
	(void)state;
	struct composing c = limited(3);
	struct event events[3];
	make_storm(events, 3, 1, SEVERITY_WARNING);
	c.told_hour = 2;
	at(&c, c.now, events, 3);
	assert_int_equal(c.composed.count, 1);
	assert_members(&c, 0, 3);
	assert_int_equal(c.deferred_count, 0);
	rig_finish(&c);
}

static void critical_waits_five_minutes_at_most(void **state)
{
	(void)state;
	struct composing c = limited(3);
	struct event events[4];
	make_storm(events, 2, 1, SEVERITY_CRITICAL);
	make_storm(events + 2, 2, 3, SEVERITY_WARNING);
	c.told_hour = 3;
	c.told_lately = 1;
	at(&c, c.now, events, 4);
	assert_int_equal(c.composed.count, 0);
	assert_int_equal(c.deferred_count, 4);
	c.told_lately = 0;
	at(&c, c.now + 5 * MINUTE, NULL, 0);
	assert_int_equal(c.composed.count, 1);
	assert_string_equal(c.composed.items[0].subject, "[fleet] 2 alerts: 2 critical");
	assert_int_equal(c.deferred_count, 2);
	rig_finish(&c);
}

/* Where each alert is an incident, no digest can take what is critical. */
static void critical_incidents_need_no_room(void **state)
{
	(void)state;
	static const struct recipient pager = {
		.name = "ops@example.com", /* whom make_storm() tells */
		.channel = CHANNEL_WEBHOOK,
		.url = "https://pager.example.com/",
		.form = WEBHOOK_PAGERDUTY,
		.template = "",
		.token = "",
		.secret = "",
	};
	struct composing c = limited(3);
	struct event events[8];
	c.config.recipients = &pager;
	c.config.recipient_count = 1;
	make_storm(events, 2, 1, SEVERITY_WARNING);
	make_storm(events + 2, 6, 3, SEVERITY_CRITICAL);
	events[7].kind = EVENT_RESOLVED;
	c.told_hour = c.told_lately = 3;
	at(&c, c.now, events, 8);
	assert_int_equal(c.composed.count, 6);
	for (size_t i = 0; i < c.composed.count; i++)
		assert_int_equal(c.composed.items[i].events[0], i + 3);
	assert_int_equal(c.deferred_count, 2);
	c.told_hour = c.told_lately = 2;
	at(&c, c.now + HOUR, NULL, 0);
	assert_int_equal(c.composed.count, 1);
	assert_int_equal(c.deferred_count, 1);
	rig_finish(&c);
}

/* An address of which nobody knows how it was written before <mail> went away. */
static void two_names_become_one(void **state)
{
	(void)state;
	struct composing c = limited(3);
	struct event e = event_of(1, EVENT_FIRING, SEVERITY_WARNING);
	e.recipients = "a@example.com\nb@example.com";
	c.told_hour = c.told_lately = 3;
	at(&c, c.now, &e, 1);
	assert_int_equal(c.deferred_count, 2);
	c.config.mail.enabled = false;
	at(&c, c.now + HOUR, NULL, 0);
	assert_int_equal(c.composed.count, 1);
	assert_members(&c, 0, 1);
	assert_string_equal(c.composed.items[0].recipient, "");
	assert_int_equal(c.composed.done_count, 2);
	assert_int_equal(c.deferred_count, 0);
	rig_finish(&c);
}

/* It says that this waits until next year, and what was told then was not within the hour. */
static void a_clock_that_was_ahead_keeps_nobody_waiting(void **state)
{
	(void)state;
	struct composing c = limited(3);
	struct event e = event_of(1, EVENT_FIRING, SEVERITY_WARNING);
	e.recipients = "ops@example.com";
	c.deferred[0] =
		(struct deferred_event){ e, e.recipients, c.now + INT64_C(365) * 24 * HOUR };
	c.deferred_count = 1;
	c.told_ahead = 30;
	at(&c, c.now, NULL, 0);
	assert_int_equal(c.composed.count, 1);
	assert_int_equal(c.deferred_count, 0);
	rig_finish(&c);
}

/* A <recipient> that was taken out of the configuration meanwhile. */
static void what_waits_for_nobody_is_printed(void **state)
{
	(void)state;
	struct composing c = asleep();
	const struct event e = event_of(1, EVENT_FIRING, SEVERITY_WARNING);
	at(&c, c.now, &e, 1);
	assert_int_equal(c.deferred_count, 1);
	c.config.recipient_count = 0;
	at(&c, seven, NULL, 0);
	assert_int_equal(c.composed.count, 1);
	assert_string_equal(c.composed.items[0].channel, channel_name(CHANNEL_STDOUT));
	assert_string_equal(c.composed.items[0].recipient, "");
	assert_int_equal(c.deferred_count, 0);
	rig_finish(&c);
}

static void what_is_held_is_never_told(void **state)
{
	(void)state;
	struct composing c = asleep();
	struct event e = event_of(1, EVENT_FIRING, SEVERITY_CRITICAL);
	e.held = "silence 3";
	at(&c, c.now, &e, 1);
	assert_int_equal(c.composed.count, 0);
	assert_int_equal(c.composed.event_count, 1);
	assert_int_equal(c.deferred_count, 0);
	rig_finish(&c);
}

static int utc(void **state)
{
	(void)state;
	if (setenv("TZ", "UTC", 1) < 0)
		return -1;
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warnings_wait_for_the_morning),
		cmocka_unit_test(criticals_go_at_once),
		cmocka_unit_test(what_becomes_critical_goes_at_once),
		cmocka_unit_test(others_are_told_meanwhile),
		cmocka_unit_test(longer_hours_put_off_once_more),
		cmocka_unit_test(what_has_no_room_is_gathered),
		cmocka_unit_test(the_last_message_takes_all),
		cmocka_unit_test(critical_waits_five_minutes_at_most),
		cmocka_unit_test(critical_incidents_need_no_room),
		cmocka_unit_test(two_names_become_one),
		cmocka_unit_test(a_clock_that_was_ahead_keeps_nobody_waiting),
		cmocka_unit_test(what_waits_for_nobody_is_printed),
		cmocka_unit_test(what_is_held_is_never_told),
	};
	return cmocka_run_group_tests(tests, utc, NULL);
}
