/* Which alerts a client has, and what they compare; whom names stand for; parents. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/config_rig.h"

static const struct rule *rule_of(const struct config *c, const char *client, const char *key)
{
	for (const struct rule *const *r = config_client(c, client)->rules; *r; r++)
		if (strcmp((*r)->key, key) == 0)
			return *r;
	return NULL;
}

static size_t count_rules(const struct config *c, const char *client)
{
	size_t count = 0;
	while (config_client(c, client)->rules[count])
		count++;
	return count;
}

#define ONE(alert) "<config><client ip='a'><alert " alert "/></client></config>"

static const struct {
	const char *xml, *key;
	enum rule_kind kind;
	enum metric_unit unit;
	bool below, has_critical;
	double limit, clear, critical, critical_clear;
} kinds[] = {
	{ ONE("type='disk' limit='90%' clear='85%' critical='97%' critical-clear='95%'"),
		"disk/warning/*", RULE_LEVEL, UNIT_RATIO, false, true, 0.9, 0.85, 0.97, 0.95 },
	{ ONE("type='disk' limit='90%' critical='97%'"), "disk/warning/*", RULE_LEVEL, UNIT_RATIO,
		false, true, 0.9, 0.9, 0.97, 0.97 },
	{ ONE("type='disk-avail' below='10GB' critical='1GB'"), "disk-avail/warning/*/below",
		RULE_LEVEL, UNIT_BYTES, true, true, 10e9, 10e9, 1e9, 1e9 },
	{ ONE("type='disk' full-within='24h' critical='6h'"), "disk/warning/*/full-within",
		RULE_FULL_WITHIN, UNIT_SECONDS, true, true, 86400, 86400, 21600, 21600 },
	{ ONE("type='disk-avail' change='10GB' within='1h'"), "disk-avail/warning/*/change",
		RULE_CHANGE, UNIT_BYTES, false, false, 10e9, 10e9, 0, 0 },
	{ ONE("type='disk-avail' change='-10GB' clear='5GB'"), "disk-avail/warning/*/below/change",
		RULE_CHANGE, UNIT_BYTES, true, false, -10e9, -5e9, 0, 0 },
	{ ONE("type='disk' instance='/srv' absent='10m'"), "disk/warning//srv/absent", RULE_ABSENT,
		UNIT_SECONDS, false, false, 600, 600, 0, 0 },
	{ ONE("type='sample-age' limit='1h' severity='critical'"), "sample-age/critical/*",
		RULE_SAMPLE_AGE, UNIT_SECONDS, false, false, 3600, 3600, 0, 0 },
};

static void each_kind_has_its_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct config *c = rig_load(kinds[i].xml);
		const struct rule *r = rule_of(c, "a", kinds[i].key);
		if (!r)
			fail_msg("%s: %s", kinds[i].key, c->clients[0].rules[0]->key);
		assert_int_equal(r->kind, kinds[i].kind);
		assert_int_equal(rule_unit(r), kinds[i].unit);
		assert_int_equal(r->below, kinds[i].below);
		assert_int_equal(r->has_critical, kinds[i].has_critical);
		assert_true(r->limit == kinds[i].limit && r->clear == kinds[i].clear);
		assert_true(r->critical == kinds[i].critical);
		assert_true(r->critical_clear == kinds[i].critical_clear);
		config_destroy(c);
	}
}

static void the_nearest_of_the_same_alert_wins(void **state)
{
	(void)state;
	struct config *c = rig_load(
		"<config><alert type='memory' limit='80'/><alert type='cpu' limit='90'/>\n"
		"<group name='g'><alert type='memory' limit='85'/>\n"
		" <client ip='a'><alert type='memory' limit='95'/></client>\n"
		" <client ip='b'><alert type='memory' disabled='yes'/></client>\n"
		" <client ip='c'><alert type='memory' severity='critical' limit='99'/>\n"
		"  <alert type='memory' severity='warning' disabled='yes'/></client></group>\n"
		"<client ip='d'/></config>");
	assert_true(rule_of(c, "a", "memory/warning/*")->limit == 0.95);
	assert_null(rule_of(c, "b", "memory/warning/*"));
	assert_int_equal(count_rules(c, "b"), 1);
	assert_non_null(rule_of(c, "c", "memory/critical/*"));
	assert_int_equal(count_rules(c, "c"), 2);
	assert_true(rule_of(c, "d", "memory/warning/*")->limit == 0.8);
	config_destroy(c);
}

static void defaults_bring_alerts_that_others_replace(void **state)
{
	(void)state;
	struct config *c =
		rig_load("<config><alert type='disk' limit='70%'/><defaults/>\n"
			 "<client ip='a'/>\n"
			 "<client ip='b'><alert type='cpu' disabled='yes'/></client></config>");
	size_t all = count_rules(c, "a");
	assert_true(all > 8);
	assert_int_equal(count_rules(c, "b"), all - 1);
	assert_true(rule_of(c, "a", "disk/warning/*")->limit == 0.7);
	assert_string_equal(rule_of(c, "a", "memory/warning/*")->file, "defaults.xml");
	assert_true(rule_of(c, "a", "memory/warning/*")->line > 1);
	rig_assert_list(rule_of(c, "a", "swap/warning/*")->unless, "memory");
	config_destroy(c);
}

/* What is asked for is told of when it is not there, and when nobody may look. */
static void defaults_tell_of_what_is_asked_for(void **state)
{
	(void)state;
	static const char *const keys[] = { "process/warning/*/below", "process-error/warning/*",
		"file/warning/*/below", "file-error/warning/*", "certificate/warning/*/below",
		"certificate-unreadable/warning/*", "textfile-bad/warning/*",
		"report-truncated/warning/*", "readings-left-out/warning/*",
		"asks-unanswered/warning/*", "container-memory/warning/*", "container-oom/warning/*" };
	struct config *c = rig_load("<config><defaults/><client ip='a'/>"
				    "<client ip='b'><certificate path='/c'/>"
				    "<alert type='certificate' below='9d'/></client></config>");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!rule_of(c, "a", keys[i]))
			fail_msg("no %s", keys[i]);
	assert_true(rule_of(c, "a", "certificate/warning/*/below")->has_critical);
	assert_false(rule_of(c, "b", "certificate/warning/*/below")->has_critical); /* as a whole */
	assert_null(rule_of(c, "a", "files-open/warning/*"));
	assert_null(rule_of(c, "a", "bond/critical/*/below"));
	config_destroy(c);
}

static void a_group_counts_its_clients(void **state)
{
	(void)state;
	struct config *c = rig_load(
		"<config><mail host='localhost' security='plain' from='f@example.com'/>\n"
		"<group name='web' mail='web@example.com' escalate='boss@example.com'\n"
		" escalate-after='1h'>"
		" <alert type='cpu' limit='90' for='5m' count='30%' severity='critical'/>\n"
		" <client ip='a'/><client ip='b'/><client ip='c'/><client ip='d'/>\n"
		" <group name='x'><client ip='e'/></group>\n"
		"</group><client ip='z'/></config>");
	assert_int_equal(c->rule_group_count, 1);
	const struct rule_group *g = c->rule_groups[0];
	const struct rule *member = rule_of(c, "e", "cpu/critical/*/count");
	assert_ptr_equal(member->counted_by, g);
	assert_ptr_equal(g->counts, member);
	assert_int_equal(member->kind, RULE_LEVEL);
	assert_int_equal(member->for_ms, 300000);
	assert_string_equal(g->group, "web");
	assert_int_equal(g->client_count, 5);
	assert_int_equal(g->rule.kind, RULE_COUNT);
	assert_true(g->rule.limit == 2);
	assert_int_equal(g->rule.for_ms, 0);
	rig_assert_list(g->mail, "web@example.com");
	rig_assert_list(g->rule.escalate, "boss@example.com");
	assert_int_equal(g->rule.escalate_after_ms, 3600000);
	assert_null(rule_of(c, "z", "cpu/critical/*/count"));
	config_destroy(c);
}

static void names_stand_for_recipients(void **state)
{
	(void)state;
	rig_put("secret", "s3cret\n", 0600);
	rig_put("form", "{\"text\": \"{{subject}}\"}", 0600);
	struct config *c = rig_load(
		"<config><mail host='localhost' security='plain' from='f@example.com'/>\n"
		"<alerter mail='ops, chat, horn, x@example.com' per-hour='7'/>\n"
		"<recipient name='ops' mail='ops@example.com' quiet='22:30-07:05' per-hour='3'/>\n"
		"<webhook name='chat' url-file='web.url' template='form' "
		"secret-file='secret'/>\n"
		"<command name='horn' run='/bin/echo -n  a' timeout='3s'/>\n"
		"<client ip='a'/></config>");
	struct recipient ops = config_recipient(c, "ops"), chat = config_recipient(c, "chat"),
			 horn = config_recipient(c, "horn"),
			 other = config_recipient(c, "x@example.com"),
			 out = config_recipient(c, ""), gone = config_recipient(c, "renamed");
	assert_int_equal(ops.channel, CHANNEL_MAIL);
	assert_string_equal(ops.address, "ops@example.com");
	assert_true(ops.has_quiet);
	assert_int_equal(ops.quiet_from, 22 * 60 + 30);
	assert_int_equal(ops.quiet_until, 7 * 60 + 5);
	assert_int_equal(ops.per_hour, 3);
	assert_int_equal(chat.channel, CHANNEL_WEBHOOK);
	assert_string_equal(chat.url, "https://chat.example.com/hooks/fleet");
	assert_int_equal(chat.form, WEBHOOK_TEMPLATE);
	assert_string_equal(chat.template, "{\"text\": \"{{subject}}\"}");
	assert_string_equal(chat.secret, "s3cret");
	assert_int_equal(chat.per_hour, 7);
	assert_int_equal(chat.timeout_ms, 10000);
	assert_int_equal(horn.channel, CHANNEL_COMMAND);
	assert_string_equal(horn.argv[0], "/bin/echo");
	assert_string_equal(horn.argv[2], "a");
	assert_null(horn.argv[3]);
	struct recipient same = config_recipient(c, "OPS@example.com");
	assert_int_equal(same.channel, CHANNEL_MAIL);
	assert_string_equal(same.name, "OPS@example.com");
	assert_true(same.has_quiet);
	assert_int_equal(same.per_hour, 3);
	assert_false(other.has_quiet);
	assert_int_equal(other.channel, CHANNEL_MAIL);
	assert_string_equal(other.address, "x@example.com");
	assert_int_equal(out.channel, CHANNEL_STDOUT);
	assert_int_equal(gone.channel, CHANNEL_STDOUT);
	assert_string_equal(gone.name, "renamed");
	config_destroy(c);
}

static void clients_know_what_they_are_behind(void **state)
{
	(void)state;
	struct config *c = rig_load(
		"<config><parent name='core'/>\n"
		"<group name='rack' parent='sw1'><parent name='sw1' parent='core'/>\n"
		" <client ip='a'/><client ip='b' parent='a'/><client ip='d' parent=''/></group>\n"
		"</config>");
	const struct client *a = config_client(c, "a"), *b = config_client(c, "b");
	assert_int_equal(c->node_count, 2);
	assert_string_equal(a->parent.node->name, "sw1");
	assert_string_equal(a->parent.node->parent.node->name, "core");
	assert_ptr_equal(b->parent.client, a);
	assert_null(config_client(c, "d")->parent.node);
	config_destroy(c);
}

static void escalation_is_inherited(void **state)
{
	(void)state;
	struct config *c = rig_load(
		"<config><mail host='localhost' security='plain' from='f@example.com'/>\n"
		"<group name='g' mail='a@b' escalate='boss@b' escalate-after='30m'>\n"
		"<alert type='cpu' limit='90'/>\n"
		"<alert type='disk' limit='90' escalate='' />\n"
		"<alert type='memory' limit='90' escalate='other@b' escalate-after='1h'/>\n"
		"<client ip='a'/></group>\n"
		"<group name='h' escalate-after='45m'><client ip='b'/>\n"
		"<client ip='c' escalate='boss@b'/></group></config>");
	const struct client *a = config_client(c, "a");
	int64_t after;
	assert_int_equal(config_client(c, "c")->escalate_after_ms, 45 * 60000);
	rig_assert_list(config_escalation(a, rule_of(c, "a", "cpu/warning/*"), &after), "boss@b");
	assert_int_equal(after, 30 * 60000);
	assert_null(config_escalation(a, rule_of(c, "a", "disk/warning/*"), &after)[0]);
	rig_assert_list(
		config_escalation(a, rule_of(c, "a", "memory/warning/*"), &after), "other@b");
	assert_int_equal(after, 60 * 60000);
	config_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(each_kind_has_its_limits),
		CONFIG_TEST(the_nearest_of_the_same_alert_wins),
		CONFIG_TEST(defaults_tell_of_what_is_asked_for),
		CONFIG_TEST(defaults_bring_alerts_that_others_replace),
		CONFIG_TEST(a_group_counts_its_clients),
		CONFIG_TEST(names_stand_for_recipients),
		CONFIG_TEST(clients_know_what_they_are_behind),
		CONFIG_TEST(escalation_is_inherited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
