/* Many mistakes at once, mistakes beside config.xml, and what is only warned of. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "tests/unit/config_rig.h"

static void all_mistakes_come_at_once(void **state)
{
	(void)state;
	rig_put("clients.d/a.xml", "<config>\n<client ip='x y'/>\n<include dir='.'/></config>",
		0644);
	rig_put("clients.d/b.xml", "<config>", 0644);
	rig_put("clients.d/c.xml", "<config><client ip='c' password='x'/></config>", 0644);
	rig_put("clients.d/d.xml", "<config/>", 0666);
	struct config_problems problems;
	rig_refuse("<config>\n"
		   "<mail host='h'/>\n"
		   "<client ip='a' port='0' timeout='x'>\n"
		   "<alert type='memry' limit='1'/>\n"
		   "<nonsense/></client>\n"
		   "<include dir='clients.d'/>\n"
		   "text <client ip='a'/></config>",
		&problems);
	static const char *const expected[] = { "a.xml:2", "a.xml:3", "b.xml:1", "c.xml:1",
		"d.xml:0", "config.xml:2", "config.xml:3", "config.xml:3", "config.xml:4",
		"config.xml:5", "config.xml:7" };
	char told[2000] = "";
	for (size_t i = 0; i < problems.count; i++) {
		char place[100];
		(void)snprintf(place, sizeof place, "%s:%d ",
			strrchr(problems.items[i].file, '/') + 1, problems.items[i].line);
		strcat(told, place);
		assert_true(rig_says_what_to_do(problems.items[i].text));
	}
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		if (!strstr(told, expected[i]))
			fail_msg("%s is not in %s", expected[i], told);
	config_problems_finish(&problems);
}

/* At each client that is on it, and at no other. */
static void a_circle_is_told_at_each_of_its_lines(void **state)
{
	(void)state;
	struct config_problems problems;
	rig_refuse("<config>\n<client ip='a' jump='b'/>\n<jump name='b' ip='b' jump='c'/>\n"
		   "<jump name='c' ip='c' jump='d'/>\n<client name='d' ip='d' jump='b'/>\n"
		   "</config>",
		&problems);
	static const struct {
		int line;
		const char *text;
	} expected[] = {
		{ 3, "config.xml:4, and comes back here by its own jump=\"d\"" },
		{ 4, "config.xml:5, and comes back" },
		{ 5, "config.xml:3, and comes back" },
	};
	assert_int_equal(problems.count, ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_int_equal(problems.items[i].line, expected[i].line);
		assert_non_null(strstr(problems.items[i].text, expected[i].text));
		assert_true(rig_says_what_to_do(problems.items[i].text));
	}
	config_problems_finish(&problems);
}

/* What is wrong with a value of ssh_config, once for all clients, at its own place. */
static void mistakes_in_ssh_config_are_told_there(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
		const char *said;
	} mistakes[] = {
		{ "Host *\nPort ssh\n", 2, "Port for a: is not a number" },
		{ "HostName %x.example.com\n", 1, "HostName for a: is too long, or holds a %" },
		{ "\nHostName -oProxyCommand=x\n", 2, "is neither a host name nor an address" },
		{ "User 'a b'\n", 1, "User for a: is not a user name" },
		{ "IdentityFile ~/no-such-%h\n", 1, "no-such-a: cannot be opened" },
		{ "ProxyCommand nc %h %p\n", 1, "write jump=\"…\" in config.xml" },
	};
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		struct config_problems problems;
		rig_put("ssh_config", mistakes[i].text, 0600);
		rig_refuse("<config><collector ssh-config='ssh_config'/><client ip='a'/>"
			   "<client ip='b'/></config>",
			&problems);
		const struct config_problem *p = rig_only_mistake(&problems, mistakes[i].text);
		assert_int_equal(p->line, mistakes[i].line);
		assert_string_equal(strrchr(p->file, '/'), "/ssh_config");
		if (!strstr(p->text, mistakes[i].said) || !rig_says_what_to_do(p->text))
			fail_msg("%s", p->text);
		config_problems_finish(&problems);
	}
}

static void match_is_warned_of(void **state)
{
	(void)state;
	struct config *config = NULL;
	struct config_problems problems;
	rig_put("ssh_config", "Host a\nPort 23\nMatch host a\nUser x\n", 0600);
	rig_put("config.xml",
		"<config><client ip='a' ssh-config='ssh_config'/>"
		"<client ip='b' ssh-config='ssh_config'/></config>",
		0600);
	assert_int_equal(config_load("config.xml", &config, &problems), 0);
	assert_int_equal(problems.count, 1);
	assert_true(problems.items[0].warning);
	assert_int_equal(problems.items[0].line, 3);
	assert_non_null(strstr(problems.items[0].text, "Match is not evaluated"));
	assert_int_equal(config->clients[0].port, 23);
	assert_string_equal(config->clients[0].username, "monitor");
	config_problems_finish(&problems);
	config_destroy(config);
}

static void lines_are_right_beyond_65535(void **state)
{
	(void)state;
	static const struct {
		const char *last;
		int line;
		const char *text;
	} ends[] = {
		{ "<client ip='a' port='0'/>\n</config>\n", 70002, "port=\"0\"" },
		{ "<nonsense/>\n</config>\n", 70002, "<nonsense> does not belong" },
		{ "<client ip='a'>text</client></config>", 70002, "config.xml.example" },
		{ "\n<client ip='a'></config>", 70003, "well-formed" },
	};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct buffer xml = { 0 };
		assert_int_equal(buffer_append_text(&xml, "<config>\n"), 0);
		for (int k = 0; k < 70000; k++)
			assert_int_equal(buffer_printf(&xml, "<client ip='h%d'/>\n", k), 0);
		assert_int_equal(buffer_append_text(&xml, ends[i].last), 0);
		struct config_problems problems;
		rig_refuse(xml.data, &problems);
		const struct config_problem *p = rig_only_mistake(&problems, ends[i].last);
		assert_int_equal(p->line, ends[i].line);
		assert_non_null(strstr(p->text, ends[i].text));
		config_problems_finish(&problems);
		buffer_finish(&xml);
	}
}

static void the_file_itself_is_judged(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "missing.xml", "cannot be opened" },
		{ "link.xml", "is a symbolic link" },
		{ "writable.xml", "run: chmod go-w" },
		{ "nowhere/config.xml", "cannot be found: No such file" },
		{ "nowhere/missing.xml", "cannot be found: No such file" },
		{ "probes/missing.xml", "cannot be opened: No such file" },
		{ "probes", "is not a regular file" },
	};
	rig_put("config.xml", "<config/>", 0600); /* must not be taken for another */
	rig_put("writable.xml", "<config/>", 0666);
	assert_int_equal(symlink("writable.xml", "link.xml"), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct config *config = NULL;
		struct config_problems problems;
		assert_int_equal(config_load(files[i].name, &config, &problems), -1);
		assert_int_equal(problems.count, 1);
		assert_non_null(strstr(problems.items[0].text, files[i].text));
		assert_true(rig_says_what_to_do(problems.items[0].text));
		config_problems_finish(&problems);
	}
}

static void no_password_in_a_file_that_others_read(void **state)
{
	(void)state;
	static const char *const bodies[] = {
		"<client ip='a' password='secret'/>",
		"<group name='g' password='secret'><client ip='a'/></group>",
		"<storage engine='mariadb' password='secret'/>",
		"<mail host='h' from='a@example.com' user='u' password='secret'/>",
		"<webhook name='w' url='https://b/secret'/>",
		"<collector heartbeat='https://b/secret'/>",
		"<alerter heartbeat='https://b/secret'/>",
	};
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		char xml[200];
		(void)snprintf(xml, sizeof xml, "<config>\n%s</config>", bodies[i]);
		rig_put("config.xml", xml, 0640);
		struct config *config = NULL;
		struct config_problems problems;
		assert_int_equal(config_load("config.xml", &config, &problems), -1);
		const struct config_problem *p = rig_only_mistake(&problems, xml);
		char command[4200];
		(void)snprintf(command, sizeof command, "run: chmod 600 %s/config.xml", rig_dir());
		assert_non_null(strstr(p->text, command));
		assert_null(strstr(p->text, "secret"));
		assert_int_equal(p->line, 2);
		config_problems_finish(&problems);
	}
}

static void warnings_do_not_refuse(void **state)
{
	(void)state;
	static const struct {
		const char *xml, *text;
	} warnings[] = {
		{ "<config/>", "no client to watch" },
		{ "<config><client ip='a' mail='a@example.com'/></config>",
			"alerts go to standard output" },
		{ "<config><client ip='a'><alert type='cpu' limit='90' mail='a@example.com'/>"
		  "</client></config>",
			"alerts go to standard output" },
		{ "<config><mail host='h' from='a@example.com'/><client ip='a'/></config>",
			"but no recipient" },
		{ "<config><client ip='a' timeout='51s'/><client ip='b' timeout='1h'/></config>",
			"timeout is longer than the whole run's deadline" },
		{ "<config><client ip='a'/><collector heartbeat='http://b/'/></config>",
			"write heartbeat=\"https:" },
		{ "<config><client ip='a'/><alerter heartbeat='http://b/'/></config>",
			"write heartbeat=\"https:" },
		{ "<config><client ip='a'/><webhook name='w' url='https://b/'/></config>",
			"no list names \"w\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(warnings); i++) {
		struct config *config = NULL;
		struct config_problems problems;
		rig_put("config.xml", warnings[i].xml, 0600);
		assert_int_equal(config_load("config.xml", &config, &problems), 0);
		assert_int_equal(problems.count, 1);
		assert_true(problems.items[0].warning);
		assert_non_null(strstr(problems.items[0].text, warnings[i].text));
		assert_true(rig_says_what_to_do(problems.items[0].text));
		config_problems_finish(&problems);
		config_destroy(config);
	}
}

static void a_flood_of_mistakes_is_cut(void **state)
{
	(void)state;
	struct buffer xml = { 0 };
	assert_int_equal(buffer_append_text(&xml, "<config>"), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buffer_append_text(&xml, "<client/>\n"), 0);
	assert_int_equal(buffer_append_text(&xml, "</config>"), 0);
	struct config_problems problems;
	rig_refuse(xml.data, &problems);
	assert_int_equal(problems.count, 201);
	assert_non_null(strstr(problems.items[200].text, "there is more"));
	config_problems_finish(&problems);
	buffer_finish(&xml);
}

static void nesting_is_capped(void **state)
{
	(void)state;
	struct buffer xml = { 0 };
	assert_int_equal(buffer_append_text(&xml, "<config>"), 0);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buffer_append_text(&xml, "<group name='g'>"), 0);
	struct config_problems problems;
	rig_refuse(xml.data, &problems);
	assert_int_equal(problems.count, 1);
	config_problems_finish(&problems);
	buffer_finish(&xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(all_mistakes_come_at_once),
		CONFIG_TEST(a_circle_is_told_at_each_of_its_lines),
		CONFIG_TEST(mistakes_in_ssh_config_are_told_there),
		CONFIG_TEST(match_is_warned_of),
		CONFIG_TEST(lines_are_right_beyond_65535),
		CONFIG_TEST(the_file_itself_is_judged),
		CONFIG_TEST(no_password_in_a_file_that_others_read),
		CONFIG_TEST(warnings_do_not_refuse),
		CONFIG_TEST(a_flood_of_mistakes_is_cut),
		CONFIG_TEST(nesting_is_capped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
