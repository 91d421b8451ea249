/* What config.xml says is read, and what it does not say has a default. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "tests/unit/config_rig.h"

static void everything_has_a_default(void **state)
{
	(void)state;
	struct config *c = rig_load("<config><client ip=\"192.0.2.1\"/></config>");
	rig_assert_path(c->file, "config.xml");
	assert_string_equal(c->dir, rig_dir());
	assert_int_equal(c->storage.engine, STORAGE_SQLITE);
	rig_assert_path(c->storage.path, "fleet.db");
	assert_string_equal(c->storage.password, "");
	assert_false(c->mail.enabled);
	assert_string_equal(c->mail.host, "");
	rig_assert_path(c->collector.spool, "encrypted_stats");
	rig_assert_path(c->collector.known_hosts, "known_hosts");
	rig_assert_path(c->collector.key, "server.key");
	rig_assert_path(c->collector.pub, "server.pub");
	assert_string_equal(c->collector.probe_dir, "");
	assert_int_equal(c->collector.pollers, 0);
	assert_int_equal(c->collector.sessions, 500);
	assert_int_equal(c->collector.connects, 200);
	assert_int_equal(c->collector.deadline_ms, 50000);
	assert_int_equal(c->alerter.unreachable_after, 2);
	rig_assert_list(c->alerter.mail, "");
	assert_true(c->retention.raw_ms == 14 * 86400000LL);
	assert_int_equal(c->client_count, 1);
	const struct client *client = &c->clients[0];
	assert_string_equal(client->name, "192.0.2.1");
	assert_string_equal(client->ip, "192.0.2.1");
	assert_int_equal(client->port, 22);
	assert_string_equal(client->username, "monitor");
	assert_string_equal(client->identity, "agent");
	assert_string_equal(client->passphrase_file, "");
	assert_string_equal(client->password, "");
	assert_int_equal(client->host_key_policy, HOST_KEY_STRICT);
	assert_string_equal(client->host_key_pin, "");
	assert_string_equal(client->group, "");
	assert_int_equal(client->timeout_ms, 30000);
	rig_assert_list(client->mail, "");
	assert_null(client->rules[0]);
	rig_assert_path(client->file, "config.xml");
	assert_int_equal(client->line, 1);
	config_destroy(c);
}

/* One host that says nothing must not make cron's next run, a minute later, find this one. */
static void the_defaults_fit_a_minute(void **state)
{
	(void)state;
	struct config *c = rig_load("<config><client ip='a'/></config>");
	const struct client *client = &c->clients[0];
	assert_true(c->collector.connect_timeout_ms < client->timeout_ms);
	assert_true(client->timeout_ms < c->collector.deadline_ms);
	assert_true(c->collector.deadline_ms < 60000);
	config_destroy(c);
}

static void the_historical_form_goes_on_working(void **state)
{
	(void)state;
	static const char xml[] = "<config>\n"
				  "  <client ip=\"192.0.2.10\" port=\"22\" username=\"monitor\" "
				  "password=\"pa&amp;ss&#38;#38;\"\n"
				  "          mail=\"ops@example.com\">\n"
				  "    <alert type=\"memory\" limit=\"85%\"/>\n"
				  "    <alert type=\"cpu\" limit=\"90\"/>\n"
				  "  </client>\n"
				  "</config>\n";
	struct config *c = NULL;
	struct config_problems problems;
	rig_put("config.xml", xml, 0644);
	assert_int_equal(config_load("config.xml", &c, &problems), -1);
	assert_int_equal(problems.count, 2);
	assert_false(problems.items[0].warning);
	assert_non_null(strstr(problems.items[0].text, "chmod 600 "));
	assert_null(strstr(problems.items[0].text, "pa&"));
	assert_true(problems.items[1].warning); /* mail but no <mail> */
	config_problems_finish(&problems);

	assert_int_equal(chmod("config.xml", 0600), 0);
	assert_int_equal(config_load("./config.xml", &c, &problems), 0);
	assert_int_equal(problems.count, 1);
	assert_true(problems.items[0].warning);
	assert_int_equal(problems.items[0].line, 2);
	config_problems_finish(&problems);
	const struct client *client = config_client(c, "192.0.2.10");
	assert_non_null(client);
	assert_string_equal(client->password, "pa&ss&#38;");
	assert_string_equal(client->identity, "");
	rig_assert_list(client->mail, "ops@example.com");
	const struct rule *memory = client->rules[0];
	const struct rule *cpu = client->rules[1];
	assert_string_equal(memory->type, "memory_used_ratio");
	assert_string_equal(memory->label, "memory");
	assert_string_equal(memory->key, "memory/warning/*");
	assert_true(memory->limit == 0.85 && memory->clear == 0.85 && !memory->below);
	assert_int_equal(memory->line, 4);
	assert_string_equal(cpu->type, "cpu_used_ratio");
	assert_true(cpu->limit == 0.9);
	assert_string_equal(cpu->instance, "*");
	assert_null(client->rules[2]);
	assert_ptr_equal(config_recipients(client, cpu), client->mail);
	config_destroy(c);
}

static const struct {
	const char *attributes;
	double limit, clear;
	bool below;
} limits[] = {
	{ "type='memory' limit='85%'", 0.85, 0.85, false },
	{ "type='memory' limit='85' clear='80.5%'", 0.85, 0.805, false },
	{ "type='memory' limit='0.9%'", 0.9 / 100, 0.9 / 100, false },
	{ "type='memory' limit='1%'", 0.01, 0.01, false },
	{ "type='memory' limit='0'", 0, 0, false },
	{ "type='memory' limit='1.5'", 0.015, 0.015, false },
	{ "type='load' limit='8' clear='4.5'", 8, 4.5, false },
	{ "type='load' limit='0.5'", 0.5, 0.5, false },
	{ "type='clock_skew_seconds' below='-2' clear='-1'", -2, -1, true },
	{ "type='disk-avail' below='10GiB' clear='20GiB'", 10737418240.0, 21474836480.0, true },
	{ "type='disk-avail' below='10GB'", 1e10, 1e10, true },
	{ "type='disk-avail' below='1048576'", 1048576, 1048576, true },
	{ "type='network-in' limit='100MB'", 1e8, 1e8, false },
	{ "type='uptime' below='10m'", 600, 600, true },
	{ "type='uptime' below='600'", 600, 600, true },
};

static void hosts_have_names_and_addresses(void **state)
{
	(void)state;
	static const char *const hosts[] = { "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "a",
		"web1.example.com.", "1.example", "web.0xyz", "web.x1", "web-1", "10.1a", "web_1" };
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		char xml[100];
		(void)snprintf(xml, sizeof xml, "<config><client ip='%s'/></config>", hosts[i]);
		struct config *c = rig_load(xml);
		assert_string_equal(c->clients[0].ip, hosts[i]);
		config_destroy(c);
	}
}

static void limits_are_in_the_metric_s_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		char xml[300];
		(void)snprintf(xml, sizeof xml,
			"<config><client ip='a'><alert %s/></client></config>",
			limits[i].attributes);
		struct config *c = rig_load(xml);
		const struct rule *r = c->clients[0].rules[0];
		if (r->limit != limits[i].limit || r->clear != limits[i].clear ||
			r->below != limits[i].below)
			fail_msg("%s: %.17g %.17g", limits[i].attributes, r->limit, r->clear);
		config_destroy(c);
	}
}

static void durations_have_units(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "0", 0 },
		{ "1500ms", 1500 },
		{ "90s", 90000 },
		{ "5m", 300000 },
		{ "2h", 7200000 },
		{ "14d", 1209600000 },
		{ "2w", 1209600000 },
		{ "0s", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char xml[300];
		(void)snprintf(xml, sizeof xml,
			"<config><client ip='a'><alert type='cpu' limit='90' for='%s' "
			"clear-for='%s' "
			"repeat='%s'/></client></config>",
			rows[i].text, rows[i].text, rows[i].text);
		struct config *c = rig_load(xml);
		const struct rule *r = c->clients[0].rules[0];
		assert_true(r->for_ms == rows[i].ms);
		assert_true(r->clear_for_ms == rows[i].ms);
		assert_true(r->repeat_ms == rows[i].ms);
		config_destroy(c);
	}
}

static void included_files_stand_in_their_place(void **state)
{
	(void)state;
	rig_put("clients.d/20-b.xml", "<config>\n<client ip='b' identity='id_ed25519'/></config>",
		0644);
	rig_put("clients.d/10-a.xml",
		"<config><group name='g'><client ip='a'/></group>\n"
		"<retention raw='1d'/></config>",
		0644);
	rig_put("clients.d/.hidden.xml", "not xml", 0644);
	rig_put("clients.d/30-c.xml~", "not xml", 0644);
	struct config *c = rig_load("<config><client ip='first'/><include dir='clients.d'/>"
				    "<client ip='last'/></config>");
	static const char *const order[] = { "first", "a", "b", "last" };
	assert_int_equal(c->client_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(c->clients[i].ip, order[i]);
	rig_assert_path(c->clients[1].file, "clients.d/10-a.xml");
	rig_assert_path(c->clients[2].file, "clients.d/20-b.xml");
	assert_int_equal(c->clients[2].line, 2);
	rig_assert_path(c->clients[2].identity, "id_ed25519"); /* relative to config.xml */
	assert_true(c->retention.raw_ms == 86400000);
	config_destroy(c);
}

static void paths_are_relative_to_the_file(void **state)
{
	(void)state;
	rig_put("config.xml",
		"<config><storage path='data/fleet.db'/><collector key='/abs/key' "
		"spool='../spool'/>"
		"<client ip='a' identity='id_ed25519.pub'/></config>",
		0600);
	assert_int_equal(chdir("/"), 0);
	char path[4200];
	(void)snprintf(path, sizeof path, "%s/./clients.d/../config.xml", rig_dir());
	struct config *c;
	struct config_problems problems;
	assert_int_equal(config_load(path, &c, &problems), 0);
	assert_int_equal(chdir(rig_dir()), 0);
	config_problems_finish(&problems);
	rig_assert_path(c->file, "config.xml");
	rig_assert_path(c->storage.path, "data/fleet.db");
	assert_string_equal(c->collector.key, "/abs/key");
	rig_assert_path(c->collector.spool, "../spool");
	rig_assert_path(c->clients[0].identity, "id_ed25519.pub");
	config_destroy(c);
}

static void sections_are_read(void **state)
{
	(void)state;
	struct config *c = rig_load(
		"<config><storage engine='mariadb' host='db.example.com' "
		"password-file='db.password' "
		"ca='db-ca.pem' user='u' database='d' timeout='3s'/>"
		"<mail host='mail.example.com' security='smtps' user='u' password='p&lt;w' "
		"from='a@b.example.com'/><alerter mail='x@example.com "
		"y@example.com,z@example.com'/>"
		"<client ip='::1'/></config>");
	assert_int_equal(c->storage.engine, STORAGE_MARIADB);
	assert_string_equal(c->storage.host, "db.example.com");
	assert_string_equal(c->storage.socket, "");
	assert_string_equal(c->storage.password, "one line");
	assert_true(c->storage.tls);
	rig_assert_path(c->storage.tls_ca, "db-ca.pem");
	assert_int_equal(c->storage.port, 3306);
	assert_int_equal(c->storage.timeout_ms, 3000);
	assert_true(c->mail.enabled);
	assert_int_equal(c->mail.port, 465);
	assert_int_equal(c->mail.security, MAIL_SMTPS);
	assert_string_equal(c->mail.password, "p<w");
	assert_string_equal(c->mail.list_id, "b.example.com");
	rig_assert_list(c->alerter.mail, "x@example.com y@example.com z@example.com");
	config_destroy(c);
	c = rig_load("<config><storage engine='mariadb'/><client ip='a'/></config>");
	assert_string_equal(c->storage.socket, "/run/mysqld/mysqld.sock");
	assert_false(c->storage.tls);
	assert_string_equal(c->storage.user, "fleet");
	config_destroy(c);
	c = rig_load(
		"<config><storage engine='mariadb' host='127.0.0.1'/><client ip='a'/></config>");
	assert_false(c->storage.tls);
	config_destroy(c);
}

static void other_encodings_are_read(void **state)
{
	(void)state;
	struct config *c = rig_load("<?xml version='1.0' encoding='ISO-8859-1'?>\n"
				    "<config><client ip='a' name='caf\xe9'/></config>");
	assert_non_null(config_client(c, "caf\xc3\xa9"));
	config_destroy(c);
	c = rig_load("<config xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
		     "xsi:noNamespaceSchemaLocation='/etc/passwd'><client ip='a'/></config>");
	config_destroy(c);
}

static void ten_thousand_clients_are_cheap(void **state)
{
	(void)state;
	struct buffer xml = { 0 };
	assert_int_equal(buffer_append_text(&xml,
				 "<config><group name='g'>"
				 "<alert type='cpu' limit='90'/><alert type='memory' limit='90'/>"),
		0);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(
			buffer_printf(&xml, "<client ip='10.0.%d.%d' name='h%d' password='p%d'/>",
				i / 250, i % 250, i, i),
			0);
	assert_int_equal(buffer_append_text(&xml, "</group></config>"), 0);
	struct config *c = rig_load(xml.data);
	buffer_finish(&xml);
	assert_int_equal(c->client_count, 10000);
	assert_string_equal(config_client(c, "h9999")->password, "p9999");
	assert_string_equal(config_client(c, "h0")->ip, "10.0.0.0");
	config_destroy(c);
}

static void the_default_path_is_beside_or_in_etc(void **state)
{
	(void)state;
	rig_put("config.xml", "", 0600);
	assert_string_equal(config_default_path(), "./config.xml");
	assert_int_equal(unlink("config.xml"), 0);
	const char *path = config_default_path();
	assert_true(!path || strcmp(path, "/etc/fleet-health/config.xml") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(everything_has_a_default),
		CONFIG_TEST(the_defaults_fit_a_minute),
		CONFIG_TEST(the_historical_form_goes_on_working),
		CONFIG_TEST(hosts_have_names_and_addresses),
		CONFIG_TEST(limits_are_in_the_metric_s_unit),
		CONFIG_TEST(durations_have_units),
		CONFIG_TEST(included_files_stand_in_their_place),
		CONFIG_TEST(paths_are_relative_to_the_file),
		CONFIG_TEST(sections_are_read),
		CONFIG_TEST(other_encodings_are_read),
		CONFIG_TEST(ten_thousand_clients_are_cheap),
		CONFIG_TEST(the_default_path_is_beside_or_in_etc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
