/* What alerts of every kind say: when they fire, when they end, when they ended unheard, and what
 * their mails say of their rule. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/text.h"
#include "lib/alerts/verdict.h"
#include "tests/unit/compose_rig.h"

enum { HOUR = 60 * 60 * 1000 };

#define RULE(rule_kind, rule_key, ...)                                                    \
	{                                                                                 \
		.kind = rule_kind, .key = rule_key, .type = "filesystem_used_ratio",      \
		.label = "disk", .instance = "*", .file = "c.xml", .line = 7, __VA_ARGS__ \
	}
static const struct rule all[] = {
	RULE(RULE_LEVEL, "disk/warning/*", .limit = 0.9),
	RULE(RULE_LEVEL, "disk/warning/*/below", .limit = 0.1, .below = true),
	RULE(RULE_LEVEL, "disk/two", .limit = 0.9, .has_critical = true, .critical = 0.97),
	RULE(RULE_FULL_WITHIN, "disk/full", .limit = 86400, .below = true),
	RULE(RULE_CHANGE, "disk/change", .limit = 0.2, .within_ms = HOUR),
	RULE(RULE_ABSENT, "disk/absent", .limit = 600),
	RULE(RULE_SAMPLE_AGE, "sample-age", .limit = 600),
};
static const struct rule room = { .kind = RULE_LEVEL,
	.key = "room_celsius/warning/*",
	.type = "room_celsius",
	.label = "room_celsius",
	.instance = "*",
	.file = "c.xml",
	.line = 7,
	.limit = 30 };
static const struct rule *const rules[] = { &all[0], &all[1], &all[2], &all[3], &all[4], &all[5],
	&all[6], &room, NULL };

static const struct rule_group web = {
	.group = "web",
	.counts = &all[0],
	.rule = RULE(RULE_COUNT, "disk/count", .limit = 3),
	.client_count = 10,
};
static const struct rule_group *const groups[] = { &web };

/* An alert by its key, and its words; NULL where a fact is not there. */
static const struct {
	const char *client, *rule, *instance;
	double value, limit;
	const char *firing, *resolved, *was, *asked;
} rows[] = {
	{ "web1", "disk/warning/*", "/", 0.95, 0.9, "WARNING web1: disk / 95.0 % (limit 90.0 %)",
		"RESOLVED web1: disk / 95.0 % (limit 90.0 %)",
		"RESOLVED web1: disk / was above the limit of 90.0 %",
		"WARNING, at or above 90.0 %" },
	{ "web1", "disk/warning/*/below", "/", 0.05, 0.1,
		"WARNING web1: disk / 5.0 % (limit 10.0 %)",
		"RESOLVED web1: disk / 5.0 % (limit 10.0 %)",
		"RESOLVED web1: disk / was below the limit of 10.0 %",
		"WARNING, at or below 10.0 %" },
	{ "web1", "disk/two", "/", 0.98, 0.97, "WARNING web1: disk / 98.0 % (limit 97.0 %)",
		"RESOLVED web1: disk / 98.0 % (limit 97.0 %)",
		"RESOLVED web1: disk / was above the limit of 97.0 %",
		"WARNING, at or above 90.0 %; CRITICAL, at or above 97.0 %" },
	{ "web1", "disk/full", "/", 12000, 86400,
		"WARNING web1: disk / full in 3 h 20 min (limit 1 d 0 h)",
		"RESOLVED web1: disk / not full within 1 d 0 h any more",
		"RESOLVED web1: disk / was to be full within 1 d 0 h",
		"WARNING, full within 1 d 0 h" },
	{ "web1", "disk/change", "/", 0.25, 0.2,
		"WARNING web1: disk / changed by 25.0 % in 1 h 0 min (limit 20.0 %)",
		"RESOLVED web1: disk / changed by 25.0 % in 1 h 0 min (limit 20.0 %)",
		"RESOLVED web1: disk / changed by more than 20.0 % in 1 h 0 min",
		"WARNING, at or above a change of 20.0 % in 1 h 0 min" },
	{ "web1", "disk/absent", "/", 660, 600,
		"WARNING web1: disk / not reported for 11 min 0 s (limit 10 min 0 s)",
		"RESOLVED web1: disk / reported again", "RESOLVED web1: disk / was not reported",
		"WARNING, not reported for 10 min 0 s" },
	{ "web1", "sample-age", "", 660, 600,
		"WARNING web1: no good sample for 11 min 0 s (limit 10 min 0 s)",
		"RESOLVED web1: good samples again", "RESOLVED web1: had no good sample",
		"WARNING, no good sample for 10 min 0 s" },
	{ "web1", "room_celsius/warning/*", "attic", 31.25, 30,
		"WARNING web1: room_celsius attic 31.2 °C (limit 30.0 °C)",
		"RESOLVED web1: room_celsius attic 31.2 °C (limit 30.0 °C)",
		"RESOLVED web1: room_celsius attic was above the limit of 30.0 °C",
		"WARNING, at or above 30.0 °C" },
	{ "", "disk/count", "web", 3, 3,
		"WARNING group web: disk over the limit on 3 of 10 clients (limit 3)",
		"RESOLVED group web: disk over the limit on 3 of 10 clients (limit 3)",
		"RESOLVED group web: disk was over the limit on 3 clients or more",
		"WARNING, 3 clients or more" },
	{ "web1", RULE_UNREACHABLE, "", 2, 2, "WARNING web1: cannot be reached",
		"RESOLVED web1: can be reached again", "RESOLVED web1: could not be reached",
		"client-unreachable, built in; the client is at /etc/fleet-health/config.xml:10" },
	{ "web1", RULE_HOST_KEY, "", 1, 1, "WARNING web1: shows another host key",
		"RESOLVED web1: shows the recorded host key again",
		"RESOLVED web1: showed another host key",
		"host-key-changed, built in; the client is at /etc/fleet-health/config.xml:10" },
	{ "", RULE_STALE, "", 1, 1, "WARNING the collector has not finished a run",
		"RESOLVED the collector runs again",
		"RESOLVED the collector had not finished a run", "collector-stale, built in" },
	{ "", RULE_ISOLATED, "", 1, 1, "WARNING the collector looks isolated",
		"RESOLVED the collector reaches its clients again",
		"RESOLVED the collector looked isolated", "collector-isolated, built in" },
	{ "", RULE_JUMP, "gate1", 1, 1, "WARNING gate1: cannot be reached",
		"RESOLVED gate1: can be reached again", "RESOLVED gate1: could not be reached",
		"jump-unreachable, built in" },
	{ "", RULE_PARENT, "sw1", 1, 1, "WARNING sw1: cannot be reached",
		"RESOLVED sw1: can be reached again", "RESOLVED sw1: could not be reached",
		"parent-unreachable, built in" },
};

static struct composing with_rules(
	struct client client[static 1], const struct client *by_name[static 1])
{
	struct composing c = rig_composing();
	*client = rig_clients[0];
	client->rules = rules;
	by_name[0] = client;
	c.config.clients = client;
	c.config.clients_by_name = by_name;
	c.config.client_count = 1;
	c.config.rule_groups = groups;
	c.config.rule_group_count = 1;
	return c;
}

static struct event event_of(size_t i, uint64_t id, enum event_kind kind)
{
	struct event e = rig_firing;
	e.id = id;
	e.kind = kind;
	e.client = rows[i].client;
	e.rule = rows[i].rule;
	e.instance = rows[i].instance;
	e.value = rows[i].value;
	e.limit = rows[i].limit;
	e.severity = SEVERITY_WARNING;
	return e;
}

static void check_subject(const struct composing *c, const char *expected, const char *after)
{
	char whole[300];
	(void)snprintf(whole, sizeof whole, "[fleet] %s%s", expected, after);
	assert_int_equal(c->composed.count, 1);
	assert_string_equal(c->composed.items[0].subject, whole);
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char rule[200];
		struct client client;
		const struct client *by_name[1];
		struct composing c = with_rules(&client, by_name);
		const struct event both[] = { event_of(i, 1, EVENT_FIRING),
			event_of(i, 2, EVENT_RESOLVED) };
		rig_compose(&c, &both[0], 1);
		check_subject(&c, rows[i].firing, "");
		bool is_built_in = strstr(rows[i].asked, "built in") != NULL;
		(void)snprintf(rule, sizeof rule, "\nRule:      %s%s\n",
			is_built_in ? "" : "c.xml:7, ", rows[i].asked);
		assert_non_null(strstr(c.composed.items[0].text, rule));
		rig_compose(&c, &both[1], 1);
		check_subject(&c, rows[i].resolved, "");
		rig_compose(&c, both, 2);
		check_subject(&c, rows[i].was, ", 2026-11-22 04:23 to 2026-11-22 04:33, over now");
		rig_finish(&c);
	}
}

static size_t find_row(const char *rule)
{
	size_t i = 0;
	while (strcmp(rows[i].rule, rule) != 0)
		i++;
	return i;
}

/* What is in no catalogue has a history all the same; of a rule that is gone the unit is left. */
static void a_metric_of_their_own_is_looked_up_as_others(void **state)
{
	(void)state;
	struct client client;
	const struct client *by_name[1];
	struct composing c = with_rules(&client, by_name);
	struct event e = event_of(find_row("room_celsius/warning/*"), 1, EVENT_FIRING);
	rig_compose(&c, &e, 1);
	const char *text = c.composed.items[0].text;
	assert_non_null(strstr(text, "(limit 30.0 °C)\n           (room_celsius)\n"));
	assert_non_null(strstr(text, "metric = 'room_celsius' AND instance = 'attic' ORDER"));
	assert_non_null(strstr(text, "alerts explain web1 room_celsius\n"));
	client.rules = &rules[ARRAY_LEN(rules) - 1];
	rig_compose(&c, &e, 1);
	check_subject(&c, "WARNING web1: room_celsius attic 31.2 °C (limit 30.0 °C)", "");
	rig_finish(&c);
}

/* Of what concerns no client nothing is said that only clients have. */
static void the_fleet_has_no_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client client;
		const struct client *by_name[1];
		struct composing c = with_rules(&client, by_name);
		const struct event e = event_of(i, 1, EVENT_FIRING);
		bool has_runs = strcmp(rows[i].rule, RULE_STALE) == 0;
		rig_compose(&c, &e, 1);
		const char *text = c.composed.items[0].text;
		assert_int_equal(
			strstr(text, "\nLast good: ") != NULL, rows[i].client[0] != 0 || has_runs);
		assert_int_equal(strstr(text, "SELECT ") != NULL, rows[i].client[0] != 0);
		rig_finish(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(a_metric_of_their_own_is_looked_up_as_others),
		cmocka_unit_test(the_fleet_has_no_samples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
