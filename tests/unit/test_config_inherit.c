/* What a client gets from the groups around it, and from ssh_config; jump hosts. */
#include "tests/unit/unit.h"

#include "lib/buffer.h"
#include "tests/unit/config_rig.h"

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

	rig_assert_path(plain->identity, "id_ed25519");
	rig_assert_path(plain->passphrase_file, "passphrase");
	rig_assert_list(plain->mail, "all@example.com");
	assert_string_equal(plain->group, "");

	assert_string_equal(a->group, "outer/inner");
	assert_int_equal(a->port, 2200);
	assert_string_equal(a->username, "inner");
	assert_string_equal(a->password, "group");
	assert_string_equal(a->identity, ""); /* a password that is nearer than the identity */
	assert_string_equal(a->passphrase_file, "");
	assert_int_equal(a->timeout_ms, 5000);
	rig_assert_list(a->mail, "outer@example.com");
	assert_true(a->rules[0]->limit == 0.8);
	rig_assert_list(config_recipients(a, a->rules[1]), "disk@example.com");
	rig_assert_list(config_recipients(a, a->rules[0]), "outer@example.com");
	assert_string_equal(
		a->rules[2]->label, "swap"); /* also when it stands behind the clients */
	assert_null(a->rules[3]);

	assert_string_equal(b->username, "own");
	assert_int_equal(b->port, 22);
	assert_string_equal(b->identity, "agent:/run/agent");
	assert_string_equal(b->password, "");
	assert_int_equal(b->host_key_policy, HOST_KEY_ACCEPT_NEW);
	rig_assert_list(b->mail, "");
	assert_true(b->rules[0]->limit == 0.95); /* the same rule under its full name */
	assert_string_equal(b->rules[0]->key, a->rules[0]->key);
	assert_string_equal(b->rules[3]->key, "memory/critical/*");
	assert_null(b->rules[4]);

	assert_string_equal(d->group, "outer");
	assert_int_equal(d->host_key_policy, HOST_KEY_PINNED);
	assert_string_equal(d->host_key_pin, "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	rig_assert_path(d->identity, "id_ed25519");
	assert_int_equal(d->rules[1]->severity, SEVERITY_CRITICAL);
	assert_null(d->rules[2]);
	config_destroy(c);
}

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
	rig_assert_path(clients[0].identity, "id_ed25519");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(the_nearest_wins),
		CONFIG_TEST(ssh_config_says_what_is_not_said),
		CONFIG_TEST(many_clients_share_an_ssh_config),
		CONFIG_TEST(jump_hosts_are_clients_or_not),
		CONFIG_TEST(groups_cap_their_clients),
		CONFIG_TEST(rules_are_shared_not_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
