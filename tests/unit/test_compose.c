#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/step.h"
#include "tests/unit/compose_rig.h"

struct fixture {
	struct arena pool;
	struct composed bag;
};

static void run_with(
	struct fixture *f, const struct event *events, size_t count, const struct config *config)
{
	struct composing c = rig_composing();
	c.config = *config;
	c.pool = f->pool;
	rig_compose(&c, events, count);
	*f = (struct fixture){ c.pool, c.composed };
}

static void run(struct fixture *f, const struct event *events, size_t count, bool mail)
{
	struct config config = rig_config(mail);
	run_with(f, events, count, &config);
}

static void subject_and_text(void **state)
{
	(void)state;
	struct fixture f = { 0 };
	run(&f, &rig_firing, 1, true);
	assert_int_equal(f.bag.count, 1);
	const struct notification *n = &f.bag.items[0];
	assert_string_equal(n->channel, channel_name(CHANNEL_MAIL));
	assert_string_equal(n->recipient, "ops@example.com");
	assert_string_equal(n->subject, "[fleet] CRITICAL web1: disk /var 93.1 % (limit 90.0 %)");
	assert_string_equal(n->references, "");
	assert_string_equal(n->text,
		"What:      disk /var 93.1 % (limit 90.0 %)\n"
		"           (filesystem_used_ratio: space in use, of what users without privilege "
		"can fill)\n"
		"Where:     web1 (192.0.2.10 port 22), group dc1/web\n"
		"Since:     2026-11-22 04:23:34 UTC, for 10 min 0 s until 2026-11-22 04:33:34 UTC\n"
		"Last good: sample at 2026-11-22 04:33:34 UTC, 5 s before this was written\n"
		"Rule:      /etc/fleet-health/config.xml:12, CRITICAL, at or above 90.0 %\n"
		"\n"
		"To look closer:\n"
		"  fleet -c /etc/fleet-health/config.xml status\n"
		"  fleet -c /etc/fleet-health/config.xml alerts explain web1 disk\n"
		"  ssh -p 22 monitor@192.0.2.10\n"
		"  SELECT * FROM history WHERE client = 'web1' AND metric = "
		"'filesystem_used_ratio' AND instance = '/var' ORDER BY taken_at DESC LIMIT 20;\n"
		"  fleet -c /etc/fleet-health/config.xml alerts ack 1 --why \"what is done about "
		"it\"\n");
	arena_finish(&f.pool);
}

static void the_way_there(void **state)
{
	(void)state;
	struct fixture f = { 0 };
	const struct client outer = { .ip = "192.0.2.1", .port = 22, .username = "fleet" };
	const struct client inner = { .ip = "fd00::1", .port = 23, .username = "", .jump = &outer };
	struct client behind = rig_clients[0];
	const struct client *const one[] = { &behind };
	struct config config = rig_config(true);
	behind.jump = &inner;
	config.clients = &behind;
	config.clients_by_name = one;
	config.client_count = 1;
	run_with(&f, &rig_firing, 1, &config);
	assert_non_null(strstr(f.bag.items[0].text,
		"\n  ssh -J fleet@192.0.2.1:22,[fd00::1]:23 -p 22 monitor@192.0.2.10\n"));
	arena_finish(&f.pool);
}

/* Each kind of event, with what its subject says. */
static const struct {
	enum event_kind kind;
	const char *rule, *instance, *text, *subject;
} kinds[] = {
	{ EVENT_FIRING, "disk/critical/*", "/", "", "CRITICAL web1: disk / 93.1 % (limit 90.0 %)" },
	{ EVENT_REPEAT, "disk/critical/*", "/", "",
		"STILL CRITICAL web1: disk / 93.1 % (limit 90.0 %)" },
	{ EVENT_RESOLVED, "disk/critical/*", "/", "",
		"RESOLVED web1: disk / 93.1 % (limit 90.0 %)" },
	{ EVENT_CLOSED, "disk/critical/*", "/", "gone", "CLOSED web1: disk /: gone" },
	{ EVENT_CLOSED, "inodes/warning/*", "/", "gone", "CLOSED web1: inodes /: gone" },
	{ EVENT_LATE, "late:disk/critical/*", "/", "",
		"LATE web1: disk / was above the limit of 90.0 %, 2026-11-22 04:23 to "
		"2026-11-22 04:33" },
	{ EVENT_WORSE, "disk/critical/*", "/", "",
		"NOW CRITICAL web1: disk / 93.1 % (limit 90.0 %)" },
	{ EVENT_FLAPPING, "disk/critical/*", "/", "",
		"FLAPPING CRITICAL web1: disk / 93.1 % (limit 90.0 %), comes and goes" },
	{ EVENT_ESCALATED, "disk/critical/*", "/", "",
		"ESCALATED CRITICAL web1: disk / 93.1 % (limit 90.0 %), nobody acknowledged it" },
	{ EVENT_FIRING, RULE_UNREACHABLE, "", "no", "CRITICAL web1: cannot be reached" },
	{ EVENT_RESOLVED, RULE_UNREACHABLE, "", "", "RESOLVED web1: can be reached again" },
	{ EVENT_CLOSED, RULE_UNREACHABLE, "", "gone", "CLOSED web1: cannot be reached: gone" },
	{ EVENT_FIRING, RULE_HOST_KEY, "", "", "CRITICAL web1: shows another host key" },
	{ EVENT_FIRING, "disk/critical/*", "a\nb\x1b\xff", "",
		"CRITICAL web1: disk a\\x0ab\\x1b\\xff 93.1 % (limit 90.0 %)" },
};

static void every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct fixture f = { 0 };
		struct event e = rig_firing;
		e.kind = kinds[i].kind;
		e.rule = kinds[i].rule;
		e.instance = kinds[i].instance;
		e.text = kinds[i].text;
		run(&f, &e, 1, true);
		assert_string_equal(f.bag.items[0].subject + strlen("[fleet] "), kinds[i].subject);
		arena_finish(&f.pool);
	}
}

static void a_long_name_leaves_the_value_visible(void **state)
{
	(void)state;
	struct fixture f = { 0 };
	char name[5000];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = 0;
	struct event e = rig_firing;
	e.instance = name;
	run(&f, &e, 1, true);
	assert_true(strlen(f.bag.items[0].subject) < 300);
	assert_non_null(strstr(f.bag.items[0].subject, "xxx... 93.1 %"));
	arena_finish(&f.pool);
}

static void what_is_pasted_cannot_break_out(void **state)
{
	(void)state;
	static const char *const bad[] = { "'; DROP TABLE sample; --", "\\' OR 1=1 --", "$(reboot)",
		"`reboot`", "a\nb" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fixture f = { 0 };
		struct event e = rig_firing;
		e.instance = bad[i];
		run(&f, &e, 1, true);
		const char *closer = strstr(f.bag.items[0].text, "To look closer");
		assert_non_null(strstr(closer, "SELECT"));
		assert_null(strstr(closer, "instance ="));
		assert_null(strstr(closer, "DROP"));
		assert_null(strstr(closer, "reboot"));
		arena_finish(&f.pool);
	}
}

/* The lines to be pasted about a client of that name. */
static void run_named(struct fixture *f, const char *name)
{
	struct config config = rig_config(true);
	struct client named = rig_clients[0];
	const struct client *const one[] = { &named };
	struct event e = rig_firing;
	e.client = named.name = name;
	config.clients = &named;
	config.clients_by_name = one;
	config.client_count = 1;
	run_with(f, &e, 1, &config);
}

static void names_of_any_letters_can_be_pasted(void **state)
{
	(void)state;
	static const char *const names[] = { "w\u00e9b \u00fc", "a $(b) `c` & d" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct fixture f = { 0 };
		char line[200];
		run_named(&f, names[i]);
		(void)snprintf(line, sizeof line, " alerts explain '%s' disk\n", names[i]);
		assert_non_null(strstr(f.bag.items[0].text, line));
		(void)snprintf(line, sizeof line, "WHERE client = '%s' AND", names[i]);
		assert_non_null(strstr(f.bag.items[0].text, line));
		assert_non_null(strstr(f.bag.items[0].text, "\n  ssh -p 22 monitor@192.0.2.10\n"));
		arena_finish(&f.pool);
	}
	static const char *const bad[] = { "Ann's", "a\\b" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fixture f = { 0 };
		run_named(&f, bad[i]);
		assert_null(strstr(f.bag.items[0].text, "alerts explain"));
		arena_finish(&f.pool);
	}
}

enum { MANY = 12000 };

/* `count` alerts of one recipient, numbered from 1. */
static void make_events(struct event *events, size_t count)
{
	static char names[MANY][32];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof names[i], "/srv/%zu", i);
		events[i] = rig_firing;
		events[i].id = events[i].opened_event = i + 1;
		events[i].instance = names[i];
	}
}

static void five_are_mails_six_are_a_digest(void **state)
{
	(void)state;
	struct event events[6];
	make_events(events, 6);
	struct fixture five = { 0 }, six = { 0 };
	run(&five, events, 5, true);
	assert_int_equal(five.bag.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(five.bag.items[i].event_count, 1);
		assert_int_equal(five.bag.items[i].events[0], i + 1);
	}
	events[1].severity = SEVERITY_WARNING;
	events[2].kind = EVENT_RESOLVED;
	run(&six, events, 6, true);
	assert_int_equal(six.bag.count, 1);
	assert_int_equal(six.bag.items[0].event_count, 6);
	assert_string_equal(
		six.bag.items[0].subject, "[fleet] 6 alerts: 4 critical, 1 warning, 1 resolved");
	const char *text = six.bag.items[0].text;
	assert_ptr_equal(strstr(text, "CRITICAL"), text);
	assert_true(strstr(text, "WARNING") < strstr(text, "RESOLVED"));
	arena_finish(&five.pool);
	arena_finish(&six.pool);
}

static void each_recipient_has_mails_of_its_own(void **state)
{
	(void)state;
	struct fixture f = { 0 };
	struct event e = rig_firing;
	e.recipients = "ops@example.com\nb@example.com\nops@example.com\na@example.com";
	run(&f, &e, 1, true);
	assert_int_equal(f.bag.count, 3);
	assert_string_equal(f.bag.items[0].recipient, "a@example.com");
	assert_string_equal(f.bag.items[1].recipient, "b@example.com");
	assert_string_equal(f.bag.items[2].recipient, "ops@example.com");
	assert_string_not_equal(f.bag.items[0].message_id, f.bag.items[1].message_id);
	arena_finish(&f.pool);
}

static void one_address_has_one_mail(void **state)
{
	(void)state;
	struct fixture f = { 0 };
	struct event e = rig_firing;
	const struct recipient named[] = {
		{ .name = "chat", .channel = CHANNEL_WEBHOOK, .form = WEBHOOK_SLACK },
		{ .name = "ops", .channel = CHANNEL_MAIL, .address = "Ops@example.com" },
		{ .name = "ring", .channel = CHANNEL_WEBHOOK, .form = WEBHOOK_SLACK },
	};
	struct config config = rig_config(true);
	config.recipients = named;
	config.recipient_count = ARRAY_LEN(named);
	e.recipients = "chat\nops\nops@example.com\nring";
	run_with(&f, &e, 1, &config);
	assert_int_equal(f.bag.count, 3);
	assert_string_equal(f.bag.items[0].recipient, "chat");
	assert_string_equal(f.bag.items[1].recipient, "ops");
	assert_string_equal(f.bag.items[2].recipient, "ring");
	arena_finish(&f.pool);
}

static void nobody_to_tell_is_told_on_standard_output(void **state)
{
	(void)state;
	struct event events[2] = { rig_firing, rig_firing };
	events[1].id = 2;
	events[1].instance = "/srv";
	events[1].recipients = "";
	struct fixture with = { 0 }, without = { 0 };
	run(&with, events, 2, true);
	assert_int_equal(with.bag.count, 2);
	assert_string_equal(with.bag.items[0].channel, channel_name(CHANNEL_STDOUT));
	assert_string_equal(with.bag.items[0].recipient, "");
	assert_string_equal(with.bag.items[1].channel, channel_name(CHANNEL_MAIL));
	run(&without, events, 2, false);
	assert_int_equal(without.bag.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(without.bag.items[i].channel, channel_name(CHANNEL_STDOUT));
	arena_finish(&with.pool);
	arena_finish(&without.pool);
}

static void follow_ups_hang_on_the_first_mail(void **state)
{
	(void)state;
	struct event resolved = rig_firing;
	resolved.id = 2;
	resolved.kind = EVENT_RESOLVED;
	struct fixture stored = { 0 }, unknown = { 0 };
	run(&stored, &resolved, 1, true);
	assert_string_equal(stored.bag.items[0].references, "first@example.com");
	resolved.recipients = "new@example.com";
	run(&unknown, &resolved, 1, true);
	assert_string_equal(unknown.bag.items[0].references, "");
	arena_finish(&stored.pool);
	arena_finish(&unknown.pool);
}

static void composing_again_gives_the_same_ids(void **state)
{
	(void)state;
	struct event events[7];
	make_events(events, 7);
	struct fixture a = { 0 }, b = { 0 };
	run(&a, events, 7, true);
	run(&b, events, 7, true);
	assert_string_equal(a.bag.items[0].message_id, b.bag.items[0].message_id);
	assert_string_equal(a.bag.items[0].text, b.bag.items[0].text);
	run(&b, events, 1, true);
	assert_string_not_equal(a.bag.items[0].message_id, b.bag.items[0].message_id);
	assert_string_equal(b.bag.items[0].message_id + strlen(b.bag.items[0].message_id) -
				    strlen("@example.com"),
		"@example.com");
	arena_finish(&a.pool);
	arena_finish(&b.pool);
}

/* Each event's line stands whole in the one mail that has it. */
static void check_mail_of_many(const struct notification *n, unsigned char *seen)
{
	char line[32];
	const char *at = n->text;
	assert_true(strlen(at) < 1 << 20);
	for (size_t i = 0; i < n->event_count; i++, at = strchr(at, '\n') + 1) {
		(void)snprintf(line, sizeof line, "/%05d-", (int)n->events[i]);
		assert_int_equal(strncmp(at, "CRITICAL web1: ", 15), 0);
		assert_non_null(memmem(at, strcspn(at, "\n"), line, strlen(line)));
		assert_int_equal(seen[n->events[i]]++, 0);
	}
	assert_int_equal(strncmp(at, "\nTo look closer:", 16), 0);
}

static void a_long_digest_is_several_mails(void **state)
{
	(void)state;
	static struct event events[MANY];
	static char names[MANY][120];
	static unsigned char seen[MANY + 1];
	make_events(events, MANY);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "/%05d-%0100d", i + 1, 0);
		events[i].instance = names[i];
	}
	struct fixture f = { 0 }, again = { 0 };
	run(&f, events, MANY, true);
	run(&again, events, MANY, true);
	assert_int_equal(f.bag.count, 2);
	assert_string_equal(
		f.bag.items[0].subject, "[fleet] 12000 alerts, part 1 of 2: 12000 critical");
	assert_string_equal(
		f.bag.items[1].subject, "[fleet] 12000 alerts, part 2 of 2: 12000 critical");
	assert_string_not_equal(f.bag.items[0].message_id, f.bag.items[1].message_id);
	assert_int_equal(f.bag.items[0].event_count + f.bag.items[1].event_count, MANY);
	for (size_t i = 0; i < 2; i++) {
		check_mail_of_many(&f.bag.items[i], seen);
		assert_string_equal(f.bag.items[i].message_id, again.bag.items[i].message_id);
	}
	arena_finish(&f.pool);
	arena_finish(&again.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subject_and_text),
		cmocka_unit_test(the_way_there),
		cmocka_unit_test(every_kind),
		cmocka_unit_test(a_long_name_leaves_the_value_visible),
		cmocka_unit_test(what_is_pasted_cannot_break_out),
		cmocka_unit_test(names_of_any_letters_can_be_pasted),
		cmocka_unit_test(five_are_mails_six_are_a_digest),
		cmocka_unit_test(each_recipient_has_mails_of_its_own),
		cmocka_unit_test(one_address_has_one_mail),
		cmocka_unit_test(nobody_to_tell_is_told_on_standard_output),
		cmocka_unit_test(follow_ups_hang_on_the_first_mail),
		cmocka_unit_test(composing_again_gives_the_same_ids),
		cmocka_unit_test(a_long_digest_is_several_mails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
