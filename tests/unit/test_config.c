#include "tests/unit/unit.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/file.h"
#include "tests/unit/config_rig.h"

static void assert_path(const char *path, const char *name)
{
	char expected[4200];
	(void)snprintf(expected, sizeof expected, "%s/%s", rig_dir(), name);
	assert_string_equal(path, expected);
}

static void assert_list(const char *const *list, const char *expected)
{
	char joined[500] = "";
	for (; *list; list++) {
		strcat(joined, joined[0] ? " " : "");
		strcat(joined, *list);
	}
	assert_string_equal(joined, expected);
}

static void everything_has_a_default(void **state)
{
	(void)state;
	struct config *c = rig_load("<config><client ip=\"192.0.2.1\"/></config>");
	assert_path(c->file, "config.xml");
	assert_string_equal(c->dir, rig_dir());
	assert_int_equal(c->storage.engine, STORAGE_SQLITE);
	assert_path(c->storage.path, "fleet.db");
	assert_string_equal(c->storage.password, "");
	assert_false(c->mail.enabled);
	assert_string_equal(c->mail.host, "");
	assert_path(c->collector.spool, "encrypted_stats");
	assert_path(c->collector.known_hosts, "known_hosts");
	assert_path(c->collector.key, "server.key");
	assert_path(c->collector.pub, "server.pub");
	assert_string_equal(c->collector.probe_dir, "");
	assert_int_equal(c->collector.pollers, 0);
	assert_int_equal(c->collector.sessions, 500);
	assert_int_equal(c->collector.connects, 200);
	assert_int_equal(c->collector.deadline_ms, 50000);
	assert_int_equal(c->alerter.unreachable_after, 2);
	assert_list(c->alerter.mail, "");
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
	assert_list(client->mail, "");
	assert_null(client->rules[0]);
	assert_path(client->file, "config.xml");
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
	assert_list(client->mail, "ops@example.com");
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

static void the_nearest_wins(void **state)
{
	(void)state;
	struct config *c = rig_load(
		"<config>\n"
		" <mail host='localhost' security='plain' from='fleet@example.com'/>\n"
		" <alerter mail='all@example.com'/>\n"
		" <collector identity='id_ed25519' passphrase-file='passphrase'/>\n"
		" <client ip='plain.example.com'/>\n"
		" <group name='outer' port='2200' username='outer' mail='outer@example.com'>\n"
		"  <alert type='memory' limit='80'/>\n"
		"  <alert type='disk' limit='90' severity='critical' mail='disk@example.com'/>\n"
		"  <group name='inner' username='inner' password='group' timeout='5s'>\n"
		"   <client ip='10.0.0.1' name='a'/>\n"
		"   <client ip='10.0.0.2' name='b' username='own' identity='agent:/run/agent' "
		"port='22'"
		"           mail='' host-key='accept-new'>\n"
		"    <alert type='memory_used_ratio' limit='95'/>\n"
		"    <alert type='memory' limit='99' severity='critical'/>\n"
		"   </client>\n"
		"   <alert type='swap' limit='50%'/>\n"
		"  </group>\n"
		"  <client ip='10.0.0.3' name='c' "
		"          host-key='SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'/>\n"
		" </group>\n"
		"</config>\n");
	const struct client *plain = &c->clients[0];
	const struct client *a = config_client(c, "a");
	const struct client *b = config_client(c, "b");
	const struct client *d = config_client(c, "c");
	assert_null(config_client(c, "d"));
	assert_int_equal(c->client_count, 4);

	assert_path(plain->identity, "id_ed25519");
	assert_path(plain->passphrase_file, "passphrase");
	assert_list(plain->mail, "all@example.com");
	assert_string_equal(plain->group, "");

	assert_string_equal(a->group, "outer/inner");
	assert_int_equal(a->port, 2200);
	assert_string_equal(a->username, "inner");
	assert_string_equal(a->password, "group");
	assert_string_equal(a->identity, ""); /* a password that is nearer than the identity */
	assert_string_equal(a->passphrase_file, "");
	assert_int_equal(a->timeout_ms, 5000);
	assert_list(a->mail, "outer@example.com");
	assert_true(a->rules[0]->limit == 0.8);
	assert_list(config_recipients(a, a->rules[1]), "disk@example.com");
	assert_list(config_recipients(a, a->rules[0]), "outer@example.com");
	assert_string_equal(
		a->rules[2]->label, "swap"); /* also when it stands behind the clients */
	assert_null(a->rules[3]);

	assert_string_equal(b->username, "own");
	assert_int_equal(b->port, 22);
	assert_string_equal(b->identity, "agent:/run/agent");
	assert_string_equal(b->password, "");
	assert_int_equal(b->host_key_policy, HOST_KEY_ACCEPT_NEW);
	assert_list(b->mail, "");
	assert_true(b->rules[0]->limit == 0.95); /* the same rule under its full name */
	assert_string_equal(b->rules[0]->key, a->rules[0]->key);
	assert_string_equal(b->rules[3]->key, "memory/critical/*");
	assert_null(b->rules[4]);

	assert_string_equal(d->group, "outer");
	assert_int_equal(d->host_key_policy, HOST_KEY_PINNED);
	assert_string_equal(d->host_key_pin, "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_path(d->identity, "id_ed25519");
	assert_int_equal(d->rules[1]->severity, SEVERITY_CRITICAL);
	assert_null(d->rules[2]);
	config_destroy(c);
}

/* ---- ssh_config --------------------------------------------------------------------------- */

static const char ssh_config[] = "Host web*\n"
				 " HostName %h.example.com\n"
				 " Port 2201\n"
				 " User them\n"
				 " ProxyJump first,someone@gate:2222\n"
				 "Host gate\n"
				 " HostName 192.0.2.1\n"
				 "Host *\n"
				 " User all\n"
				 " IdentityFile id_ed25519\n"
				 " ProxyJump gate\n";

static void expect_login(
	const struct client *c, const char *ip, uint16_t port, const char *user, const char *jump)
{
	assert_string_equal(c->ip, ip);
	assert_int_equal(c->port, port);
	assert_string_equal(c->username, user);
	assert_string_equal(c->jump ? c->jump->name : "", jump);
}

static void ssh_config_says_what_is_not_said(void **state)
{
	(void)state;
	rig_put("ssh_config", ssh_config, 0600);
	struct config *c = rig_load(
		"<config><group name='g' ssh-config='ssh_config'><jump ip='gate' username='u'/>"
		"<client ip='web1'/><client ip='web2' port='22' username='monitor' jump=''"
		" identity='agent'/>"
		"<client ip='web3' password='p'/><client name='n' ip='192.0.2.7'/>"
		"<group name='h' port='2300'><client ip='web4'/></group>"
		"<client ip='web5' ssh-config=''/></group><client ip='web6'/></config>");
	const struct client *clients = c->clients;
	expect_login(&c->jumps[0], "192.0.2.1", 22, "u", "");
	assert_string_equal(c->jumps[0].name, "gate");
	expect_login(&clients[0], "web1.example.com", 2201, "them", "gate");
	assert_string_equal(clients[0].name, "web1");
	assert_path(clients[0].identity, "id_ed25519");
	expect_login(&clients[1], "web2.example.com", 22, "monitor", "");
	assert_string_equal(clients[1].identity, "agent");
	expect_login(&clients[2], "web3.example.com", 2201, "them", "gate");
	assert_string_equal(clients[2].identity, "");
	expect_login(&clients[3], "192.0.2.7", 22, "all", "gate");
	expect_login(&clients[4], "web4.example.com", 2300, "them", "gate");
	expect_login(&clients[5], "web5", 22, "monitor", "");
	expect_login(&clients[6], "web6", 22, "monitor", "");
	assert_string_equal(clients[6].identity, "agent");
	config_destroy(c);
	c = rig_load("<config><collector ssh-config='ssh_config' identity='agent'/>"
		     "<client ip='gate' passphrase-file='passphrase'/></config>");
	expect_login(&c->clients[0], "192.0.2.1", 22, "all", "");
	assert_string_equal(c->clients[0].identity, "agent"); /* config.xml says it */
	config_destroy(c);
}

static void many_clients_share_an_ssh_config(void **state)
{
	(void)state;
	CLEANUP(buffer_finish) struct buffer xml = { 0 };
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	assert_int_equal(buffer_append_text(&xml, "<config><collector ssh-config='many'/>"), 0);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(buffer_printf(&xml, "<client ip='h%d'/>", i), 0);
		assert_int_equal(buffer_printf(&text,
					 "Host h%d\nHostName 192.0.2.%d\n"
					 "Port %d\n",
					 i, i % 256, 1000 + i),
			0);
	}
	assert_int_equal(buffer_append_text(&xml, "</config>"), 0);
	rig_put("many", text.data, 0600);
	struct config *c = rig_load(xml.data);
	for (size_t i = 0; i < c->client_count; i++)
		assert_int_equal(c->clients[i].port, 1000 + i);
	config_destroy(c);
}

static void jump_hosts_are_clients_or_not(void **state)
{
	(void)state;
	struct config *c = rig_load("<config><client ip='a' jump='gate2'/>"
				    "<group name='g' jump='gate1' username='u'>"
				    "<client name='gate1' ip='b' connects='3'/><client ip='c'/>"
				    "<client ip='d' jump=''/>"
				    "<jump name='gate2' ip='e' port='23'/></group></config>");
	const struct client *gate1 = config_client(c, "gate1"), *gate2 = &c->jumps[0];
	assert_int_equal(c->client_count, 4);
	assert_int_equal(c->jump_count, 1);
	assert_null(config_client(c, "gate2"));
	assert_ptr_equal(config_machine(c, "gate2"), gate2);
	assert_ptr_equal(config_machine(c, "gate1"), gate1);
	assert_null(config_machine(c, "gate3"));
	assert_ptr_equal(c->clients[0].jump, gate2);
	assert_ptr_equal(gate2->jump, gate1);
	assert_string_equal(gate2->username, "u");
	assert_int_equal(gate2->port, 23);
	assert_int_equal(gate2->connects, 8);
	assert_null(gate1->jump); /* inherited, it would be itself */
	assert_int_equal(gate1->connects, 3);
	assert_ptr_equal(config_client(c, "c")->jump, gate1);
	assert_string_equal(config_client(c, "c")->jump_name, "gate1");
	assert_null(config_client(c, "d")->jump);
	config_destroy(c);
}

static void groups_cap_their_clients(void **state)
{
	(void)state;
	struct config *c = rig_load("<config><client ip='a'/><group name='o' sessions='20'>"
				    "<client ip='b'/><group name='plain'><client ip='c'/></group>"
				    "<group name='i' sessions='3'><client ip='d'/></group>"
				    "</group><group name='p' sessions='7'><client ip='e'/></group>"
				    "</config>");
	const struct group_cap *outer = c->clients[1].cap, *inner = c->clients[3].cap;
	assert_int_equal(c->cap_count, 3);
	assert_null(c->clients[0].cap);
	assert_int_equal(outer->sessions, 20);
	assert_null(outer->outer);
	assert_ptr_equal(c->clients[2].cap, outer);
	assert_int_equal(inner->sessions, 3);
	assert_ptr_equal(inner->outer, outer);
	assert_int_equal(c->clients[4].cap->sessions, 7);
	assert_int_equal(c->clients[4].cap->index, 2);
	config_destroy(c);
	c = rig_load("<config><collector sessions='10'/><client ip='a'/></config>");
	assert_int_equal(c->collector.connects, 10);
	config_destroy(c);
}

static void rules_are_shared_not_copied(void **state)
{
	(void)state;
	struct config *c = rig_load("<config><group name='g'><alert type='cpu' limit='90'/>"
				    "<client ip='a'/><client ip='b'/></group></config>");
	assert_ptr_equal(c->clients[0].rules, c->clients[1].rules);
	assert_ptr_equal(c->clients[0].mail, c->clients[1].mail);
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
	assert_path(c->clients[1].file, "clients.d/10-a.xml");
	assert_path(c->clients[2].file, "clients.d/20-b.xml");
	assert_int_equal(c->clients[2].line, 2);
	assert_path(c->clients[2].identity, "id_ed25519"); /* relative to config.xml */
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
	assert_path(c->file, "config.xml");
	assert_path(c->storage.path, "data/fleet.db");
	assert_string_equal(c->collector.key, "/abs/key");
	assert_path(c->collector.spool, "../spool");
	assert_path(c->clients[0].identity, "id_ed25519.pub");
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
	assert_path(c->storage.tls_ca, "db-ca.pem");
	assert_int_equal(c->storage.port, 3306);
	assert_int_equal(c->storage.timeout_ms, 3000);
	assert_true(c->mail.enabled);
	assert_int_equal(c->mail.port, 465);
	assert_int_equal(c->mail.security, MAIL_SMTPS);
	assert_string_equal(c->mail.password, "p<w");
	assert_string_equal(c->mail.list_id, "b.example.com");
	assert_list(c->alerter.mail, "x@example.com y@example.com z@example.com");
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

/* ---- what is left of a password ----------------------------------------------------------- */

enum { SECRET_LEN = 24 };

/* The secret is made letter by letter, also to compare with it: a sanitizer may keep the frame of
 * whoever searches where it would be found. */
static char secret_at(size_t i)
{
	return (char)('a' + (i * 7 + 3) % 26);
}

static bool is_secret(const char *text)
{
	for (size_t i = 0; i < SECRET_LEN; i++)
		if (text[i] != secret_at(i))
			return false;
	return true;
}

static int count_in(const char *data, size_t len)
{
	int count = 0;
	const char *at = data;
	for (; len - (size_t)(at - data) >= SECRET_LEN; at++) {
		at = memchr(at, secret_at(0), len - (size_t)(at - data) - SECRET_LEN + 1);
		if (!at)
			break;
		count += is_secret(at);
	}
	return count;
}

/* How often the secret stands in this process's writable memory, stacks and what the
 * sanitizers reserve for themselves left aside. */
static int count_secret(void)
{
	enum { MAPPING_MAX = 256 << 20 };
	static char window[1 << 16];
	char line[512];
	int count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	assert_true(maps && memory >= 0);
	while (fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		char mode[5];
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[1] != 'w' ||
			strstr(line, "[stack]") || to - from > MAPPING_MAX)
			continue;
		for (unsigned long at = from; at < to; at += sizeof window - SECRET_LEN) {
			if (at <= (unsigned long)window && (unsigned long)window < to)
				explicit_bzero(window, sizeof window);
			ssize_t got = pread(memory, window,
				to - at < sizeof window ? to - at : sizeof window, (off_t)at);
			if (got > 0)
				count += count_in(window, (size_t)got);
		}
	}
	explicit_bzero(window, sizeof window);
	(void)close(memory);
	(void)fclose(maps);
	return count;
}

static void put_secret(const char *before, const char *after)
{
	char secret[SECRET_LEN];
	for (size_t i = 0; i < SECRET_LEN; i++)
		secret[i] = secret_at(i);
	int fd = open("config.xml", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(write(fd, before, strlen(before)) > 0 && write(fd, secret, SECRET_LEN) > 0 &&
		    write(fd, after, strlen(after)) > 0 && close(fd) == 0);
	explicit_bzero(secret, sizeof secret);
}

static void nothing_is_left_of_a_password(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after;
		int loads;
	} files[] = {
		{ "<config><client ip='a' password='", "'/></config>", 1 },
		{ "<config><client ip='a' password='&amp;", "&lt;'/></config>", 1 },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?><config><client ip='a' password='",
			"'/></config>", 1 },
		{ "<config><client ip='a' port='0' password='", "'/></config>", 0 },
		{ "<config><client ip='a' password='", "'></config>", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct config *c = NULL;
		struct config_problems problems;
		put_secret(files[i].before, files[i].after);
		assert_int_equal(count_secret(), 0);
		int result = config_load("config.xml", &c, &problems);
		assert_int_equal(result == 0, files[i].loads);
		assert_int_equal(count_secret(), files[i].loads); /* the one we asked for */
		config_problems_finish(&problems);
		config_destroy(c);
		assert_int_equal(count_secret(), 0);
	}
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

/* ---- config.xml.example ------------------------------------------------------------------- */

static char *read_source(const char *name)
{
	struct buffer b = { 0 };
	struct error err;
	char path[4200];
	(void)snprintf(path, sizeof path, SOURCE_ROOT "/%s", name);
	if (file_read(path, FILE_ANY, 1 << 20, &b, &err) < 0)
		fail_msg("%s", err.text);
	return b.data;
}

static void the_example_works_as_it_is(void **state)
{
	(void)state;
	char *example = read_source("config.xml.example");
	struct config *c = rig_load(example);
	assert_int_equal(c->client_count, 2);
	config_destroy(c);
	free(example);
}

static void blank(char *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (from[i] != '\n')
			from[i] = ' ';
}

/* The live element of that name, which stands on a line of its own, two blanks in. */
static void blank_element(char *text, const char *name, size_t len)
{
	char start[40];
	(void)snprintf(start, sizeof start, "\n  <%.*s ", (int)len, name);
	char *live = strstr(text, start);
	if (live)
		blank(live, (size_t)(strstr(live, "/>") + 2 - live));
}

static void every_commented_element_works(void **state)
{
	(void)state;
	char *example = read_source("config.xml.example");
	int count = 0;
	for (const char *c = example; (c = strstr(c, "<!--")); c += 4) {
		const char *element = c + 4 + strspn(c + 4, " \n");
		if (*element != '<')
			continue;
		char *copy = strdup(example);
		char *here = copy + (c - example);
		const char *name = element + 1;
		blank(here, 4);
		blank(strstr(here, "-->"), 3);
		if (strncmp(name, "group", 5) != 0 && strncmp(name, "client", 6) != 0)
			blank_element(copy, name, strcspn(name, " "));
		rig_put("config.xml", copy, 0600);
		struct config *config;
		struct config_problems problems;
		if (config_load("config.xml", &config, &problems) < 0)
			fail_msg("%d: %s", problems.items[0].line, problems.items[0].text);
		config_problems_finish(&problems);
		config_destroy(config);
		free(copy);
		count++;
	}
	assert_true(count > 10);
	free(example);
}

/* Whether a tag of that element carries the attribute anywhere in the text. */
static bool tag_carries(const char *text, const char *element, const char *attribute)
{
	char tag[100];
	char given[100];
	(void)snprintf(tag, sizeof tag, "<%s", element);
	(void)snprintf(given, sizeof given, "%s=\"", attribute);
	for (const char *t = text; (t = strstr(t, tag)); t++) {
		const char *end = strchr(t, '>');
		if (!isspace((unsigned char)t[strlen(tag)]))
			continue;
		for (const char *a = t; (a = strstr(a, given)) && a < end; a++)
			if (isspace((unsigned char)a[-1]))
				return true;
	}
	return false;
}

static void the_example_shows_every_attribute_of_the_schema(void **state)
{
	(void)state;
	char *example = read_source("config.xml.example");
	char *schema = read_source("lib/config/config.xsd");
	char element[80] = "";
	char attribute[80];
	int count = 0;
	for (char *line = strtok(schema, "\n"); line; line = strtok(NULL, "\n")) {
		(void)sscanf(line, " <xs:complexType name=\"%79[^\"]\"", element);
		if (sscanf(line, " <xs:attributeGroup name=\"%79[^\"]\"", element) == 1)
			strcpy(element, "group");
		if (sscanf(line, " <xs:attribute name=\"%79[^\"]\"", attribute) != 1)
			continue;
		if (!tag_carries(example, element, attribute))
			fail_msg("config.xml.example shows no <%s %s>", element, attribute);
		count++;
	}
	assert_true(count > 50);
	free(schema);
	free(example);
}

#define CONFIG_TEST(f) cmocka_unit_test_setup_teardown(f, rig_make, rig_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(everything_has_a_default),
		CONFIG_TEST(the_defaults_fit_a_minute),
		CONFIG_TEST(the_historical_form_goes_on_working),
		CONFIG_TEST(the_nearest_wins),
		CONFIG_TEST(ssh_config_says_what_is_not_said),
		CONFIG_TEST(many_clients_share_an_ssh_config),
		CONFIG_TEST(jump_hosts_are_clients_or_not),
		CONFIG_TEST(groups_cap_their_clients),
		CONFIG_TEST(rules_are_shared_not_copied),
		CONFIG_TEST(hosts_have_names_and_addresses),
		CONFIG_TEST(limits_are_in_the_metric_s_unit),
		CONFIG_TEST(durations_have_units),
		CONFIG_TEST(included_files_stand_in_their_place),
		CONFIG_TEST(paths_are_relative_to_the_file),
		CONFIG_TEST(sections_are_read),
		CONFIG_TEST(other_encodings_are_read),
		CONFIG_TEST(ten_thousand_clients_are_cheap),
		CONFIG_TEST(nothing_is_left_of_a_password),
		CONFIG_TEST(the_default_path_is_beside_or_in_etc),
		CONFIG_TEST(the_example_works_as_it_is),
		CONFIG_TEST(every_commented_element_works),
		CONFIG_TEST(the_example_shows_every_attribute_of_the_schema),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
