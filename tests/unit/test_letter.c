/* What goes by which channel: one message a recipient, in the form that the channel takes. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/compose_rig.h"

/* By name, as the configuration has them. */
static const struct recipient recipients[] = {
	{ .name = "chat",
		.channel = CHANNEL_WEBHOOK,
		.url = "https://chat.example.com/hooks/fleet",
		.form = WEBHOOK_JSON,
		.template = "",
		.token = "",
		.secret = "" },
	{ .name = "horn", .channel = CHANNEL_COMMAND },
	{ .name = "ops", .channel = CHANNEL_MAIL, .address = "ops@example.com" },
	{ .name = "pager",
		.channel = CHANNEL_WEBHOOK,
		.url = "https://pager.example.com/v2/enqueue",
		.form = WEBHOOK_PAGERDUTY,
		.template = "",
		.token = "",
		.secret = "" },
};

static struct composing with_names(void)
{
	struct composing c = rig_composing();
	c.config.recipients = recipients;
	c.config.recipient_count = ARRAY_LEN(recipients);
	return c;
}

/* So many alerts of one recipient; the first of them is critical. */
static void make_events(struct event *events, size_t count, const char *names)
{
	static char mounts[20][32];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(mounts[i], sizeof mounts[i], "/srv/%zu", i);
		events[i] = rig_firing;
		events[i].id = events[i].opened_event = i + 1;
		events[i].instance = mounts[i];
		events[i].severity = i == 0 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
		events[i].recipients = names;
	}
}

static void each_has_its_form(void **state)
{
	(void)state;
	static const struct {
		const char *recipient, *channel, *payload;
	} rows[] = {
		{ "chat", "webhook", "disk /var 93.1 % (limit 90.0 %)" },
		{ "horn", "command", "client=web1" },
		{ "ops", "mail", "<!DOCTYPE html>" },
		{ "pager", "webhook", "trigger" },
	};
	struct composing c = with_names();
	struct event e = rig_firing;
	e.recipients = "ops\npager\nchat\nhorn";
	rig_compose(&c, &e, 1);
	assert_int_equal(c.composed.count, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct notification *n = &c.composed.items[i];
		assert_string_equal(n->recipient, rows[i].recipient);
		assert_string_equal(n->channel, rows[i].channel);
		assert_non_null(strstr(n->payload, rows[i].payload));
		assert_string_equal(n->subject, c.composed.items[0].subject);
	}
	rig_finish(&c);
}

/* Addresses fall back on standard output, names of other channels do not. */
static void only_mail_needs_a_mail_server(void **state)
{
	(void)state;
	struct composing c = with_names();
	struct event e = rig_firing;
	c.config.mail.enabled = false;
	e.recipients = "ops\nops@example.com\nchat";
	rig_compose(&c, &e, 1);
	assert_int_equal(c.composed.count, 2);
	assert_string_equal(c.composed.items[0].recipient, "");
	assert_string_equal(c.composed.items[0].channel, "stdout");
	assert_string_equal(c.composed.items[0].payload, "");
	assert_string_equal(c.composed.items[1].recipient, "chat");
	rig_finish(&c);
}

static void a_digest_for_chats_and_none_for_pagers(void **state)
{
	(void)state;
	struct event events[7];
	struct composing c = with_names();
	make_events(events, ARRAY_LEN(events), "chat\npager");
	rig_compose(&c, events, ARRAY_LEN(events));
	assert_int_equal(c.composed.count, 8);
	assert_string_equal(c.composed.items[0].recipient, "chat");
	assert_int_equal(c.composed.items[0].event_count, 7);
	assert_non_null(strstr(c.composed.items[0].payload, "/srv/6"));
	for (size_t i = 1; i < c.composed.count; i++) {
		assert_string_equal(c.composed.items[i].recipient, "pager");
		assert_int_equal(c.composed.items[i].event_count, 1);
	}
	rig_finish(&c);
}

/* What has no digest goes as far as there is room, the critical first; the rest waits. */
static void a_pager_minds_its_room(void **state)
{
	(void)state;
	struct event events[7];
	struct composing c = with_names();
	make_events(events, ARRAY_LEN(events), "pager");
	events[0].severity = SEVERITY_WARNING;
	events[5].severity = SEVERITY_CRITICAL;
	c.config.alerter.per_hour = 10;
	c.told_hour = 8;
	rig_compose(&c, events, ARRAY_LEN(events));
	rig_wait(&c, events, ARRAY_LEN(events));
	assert_int_equal(c.composed.count, 2);
	assert_int_equal(c.composed.items[0].events[0], 6);
	assert_int_equal(c.composed.items[1].events[0], 1);
	assert_int_equal(c.deferred_count, 5);
	rig_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_form),
		cmocka_unit_test(only_mail_needs_a_mail_server),
		cmocka_unit_test(a_digest_for_chats_and_none_for_pagers),
		cmocka_unit_test(a_pager_minds_its_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
