/* What is asked of clients, and what is stored of them: it adds up on its way to the client. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/buffer.h"
#include "lib/metrics/choice.h"
#include "tests/unit/config_rig.h"

#define PROCESS(name) "<process name='" name "'/>"
#define FILE_AT(path) "<file path='" path "'/>"
#define TEXTFILE(dir) "<textfile dir='" dir "'/>"
#define MOUNTS(more)  "<filesystems " more "/>"

/* Of the client "c", whatever is around it. */
static const struct {
	const char *body, *asks;
} rows[] = {
	{ "<client ip='c'/>", "" },
	{ "<client ip='c'>" PROCESS("nginx") "</client>", " ask=process:nginx" },
	{ "<client ip='c'><process name='db' pid-file='/run/db.pid'/></client>",
		" ask=process:db%3d/run/db.pid" },
	{ "<client ip='c'>" FILE_AT("/a b") "<certificate path='/a%b'/></client>",
		" ask=file:/a%20b ask=certificate:/a%25b" },

	/* from outside in, wherever it stands */
	{ "<group name='g'><client ip='c'>" PROCESS("3") "</client>" PROCESS(
		  "2") "</group>" PROCESS("1"),
		" ask=process:1 ask=process:2 ask=process:3" },
	{ PROCESS("1") "<group name='g'>" PROCESS("2") "<client ip='c'/></group>",
		" ask=process:1 ask=process:2" },
	{ PROCESS("1") "<group name='g'>" PROCESS("2") "</group><client ip='c'/>",
		" ask=process:1" },
	{ "<client ip='c'/><client ip='d'>" PROCESS("1") "</client>", "" },

	/* the same thing: the nearer counts */
	{ PROCESS("1") FILE_AT("/f") "<client ip='c'>" PROCESS("1") FILE_AT("/f") "</client>",
		" ask=process:1 ask=file:/f" },
	{ PROCESS("1") "<client ip='c'><process name='1' pid-file='/p'/></client>",
		" ask=process:1%3d/p" },
	{ FILE_AT("/f") "<client ip='c'><certificate path='/f'/></client>",
		" ask=file:/f ask=certificate:/f" },

	/* folders of *.prom files: in the place of the probe's own, until one takes all out */
	{ TEXTFILE("/a") "<client ip='c'>" TEXTFILE("/b") "</client>",
		" ask=textfile:/a ask=textfile:/b" },
	{ TEXTFILE("/a") "<client ip='c'>" TEXTFILE("") "</client>", " ask=textfile:-" },
	{ TEXTFILE("/a") "<client ip='c'>" TEXTFILE("") TEXTFILE("/b") "</client>",
		" ask=textfile:/b" },
	{ TEXTFILE("") "<client ip='c'>" TEXTFILE("/b") "</client>", " ask=textfile:/b" },
	{ TEXTFILE("") "<client ip='c'>" TEXTFILE("") "</client>", " ask=textfile:-" },

	/* mounts */
	{ "<client ip='c'>" MOUNTS("include='/a /b*' exclude='/c' network='yes'") "</client>",
		" ask=network-mounts:yes ask=mount-include:/a ask=mount-include:/b*"
		" ask=mount-exclude:/c" },
	{ MOUNTS("network='yes'") "<client ip='c'>" MOUNTS("network='no'") "</client>", "" },
	{ MOUNTS("network='yes'") "<client ip='c'>" MOUNTS("include='/a'") "</client>",
		" ask=network-mounts:yes ask=mount-include:/a" },
	{ MOUNTS("exclude='/a /b'") "<client ip='c'>" MOUNTS("include='/a'") "</client>",
		" ask=mount-exclude:/b ask=mount-include:/a" },
};

static void asks_add_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char xml[1000];
		(void)snprintf(xml, sizeof xml, "<config>%s</config>", rows[i].body);
		struct config *c = rig_load(xml);
		assert_string_equal(config_client(c, "c")->asks, rows[i].asks);
		config_destroy(c);
	}
}

static void who_is_asked_the_same_shares_it(void **state)
{
	(void)state;
	struct config *c = rig_load("<config><group name='g'>" PROCESS(
		"1") "<client ip='a'/>"
		     "<client ip='b'/><jump ip='j'/></group>"
		     "<client ip='c'>" PROCESS("1") "</client>"
						    "<client ip='d'>" PROCESS(
							    "2") "</client><client ip='e'/>"
								 "<client ip='f'/></config>");
	const struct client *clients = c->clients;
	assert_ptr_equal(clients[0].asks, clients[1].asks);
	assert_ptr_equal(clients[0].asks, clients[2].asks);
	assert_string_equal(clients[3].asks, " ask=process:2");
	assert_string_equal(clients[4].asks, "");
	assert_ptr_equal(clients[4].asks, clients[5].asks);
	assert_ptr_equal(clients[0].metrics, clients[5].metrics);
	assert_string_equal(c->jumps[0].asks, "");
	config_destroy(c);
}

/* ---- metrics ------------------------------------------------------------------------------ */

static bool is_stored(const struct client *c, const char *name)
{
	const struct metric *m = metric_find(name);
	return m ? choice_has(c->metrics, metric_index(m))
		 : choice_of_custom(c->metrics, name) != CHOICE_LEFT;
}

static void the_last_word_decides(void **state)
{
	(void)state;
	struct config *c = rig_load(
		"<config><metrics include='sensor_*' exclude='memory, load1'/>"
		"<group name='g'><client ip='a'><metrics include='load1'/>"
		"<metrics exclude='sensor_humidity_ratio'/></client></group>"
		"<client ip='b'/><client ip='c'><metrics include='cpu' exclude='cpu'/></client>"
		"<client ip='d'><metrics exclude='cpu'/><metrics include='cpu'/></client>"
		"</config>");
	const struct client *clients = c->clients;
	assert_true(is_stored(&clients[0], "load1"));
	assert_true(is_stored(&clients[0], "sensor_temperature_celsius"));
	assert_false(is_stored(&clients[0], "sensor_humidity_ratio"));
	assert_false(is_stored(&clients[0], "memory_MemFree_bytes"));
	assert_true(is_stored(&clients[0], "cpu_used_ratio"));
	assert_false(is_stored(&clients[1], "load1"));
	assert_true(is_stored(&clients[1], "sensor_humidity_ratio"));
	assert_false(is_stored(&clients[1], "humidity_ratio"));
	assert_false(is_stored(&clients[2], "cpu_used_ratio")); /* exclude comes last */
	assert_true(is_stored(&clients[3], "cpu_used_ratio"));
	config_destroy(c);
}

static void what_an_alert_compares_is_stored(void **state)
{
	(void)state;
	struct config *c =
		rig_load("<config><metrics include='sensor_*'/><alert type='load' limit='9'/>"
			 "<group name='g'><metrics exclude='load1 sensor_*'/><client ip='a'>"
			 "<metrics include='queue_length'/><alert type='queue_length' limit='5'/>"
			 "<alert type='disk' limit='90' unless='queue_length'/></client></group>"
			 "<alert type='sensor_temperature_celsius' instance='room' limit='30'"
			 " severity='critical'/><client ip='b'/></config>");
	const struct client *a = &c->clients[0], *b = &c->clients[1];
	assert_true(is_stored(a, "load1"));
	assert_true(is_stored(a, "queue_length"));
	assert_true(is_stored(a, "sensor_temperature_celsius"));
	assert_false(is_stored(a, "sensor_humidity_ratio"));
	assert_false(is_stored(b, "queue_length"));
	assert_string_equal(b->rules[1]->type, "sensor_temperature_celsius");
	assert_string_equal(b->rules[1]->key, "sensor_temperature_celsius/critical/room");
	assert_int_equal(rule_unit(b->rules[1]), UNIT_CELSIUS);
	rig_assert_list(a->rules[3]->unless, "queue_length");
	config_destroy(c);
}

/* ---- alerts on what has to be asked for --------------------------------------------------- */

/* Without a text there is nothing to warn of. */
/* clang-format off */
static const struct {
	const char *body;
	int line;
	const char *text;
} watches[] = {
	{ PROCESS("nginx") "<client ip='c'><alert type='process' instance='ngin?' below='0'/></client>", 0, NULL },
	{ "<alert type='file-age' limit='1d'/><client ip='b'/><client ip='c'>" FILE_AT("/f") "</client>", 0, NULL },
	{ "<alert type='processes' limit='900'/><client ip='c'/>", 0, NULL },
	{ "<defaults/><client ip='c'/>", 0, NULL },
	{ "<group name='g'><alert type='file-age' limit='1d'/><client ip='c'><alert type='file-age' limit='2d'/>" FILE_AT("/f") "</client></group>", 0, NULL },
	{ PROCESS("nginx") "<client ip='c'>\n<alert type='process' instance='ngnix' below='0'/></client>", 2,
		"none of its clients is asked for that; add <process name=\"…\"/>, or write another" },
	{ "<alert type='process-memory' limit='1GB'/><client ip='c'>" FILE_AT("/f") "</client>", 1, "<process" },
	{ "<alert type='file-age' instance='/f' limit='1d'/><client ip='c'><certificate path='/f'/></client>", 1, "add <file" },
	{ "<alert type='certificate' below='7d'/><client ip='c'/><client ip='d'/>", 1, "add <certificate" },
	{ "<alert type='mount-stuck' limit='1'/><client ip='c'><filesystems network='no'/></client>", 0, NULL },
	{ "<group name='g'><alert type='file-age' limit='1d'/><client ip='b'/></group><client ip='c'>" FILE_AT("/f") "</client>", 1, "add <file" },
};
/* clang-format on */

static void who_is_not_asked_cannot_break_a_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(watches); i++) {
		char xml[1000];
		struct config *config = NULL;
		struct config_problems problems;
		(void)snprintf(xml, sizeof xml, "<config>%s</config>", watches[i].body);
		rig_put("config.xml", xml, 0600);
		assert_int_equal(config_load("config.xml", &config, &problems), 0);
		if (problems.count != (watches[i].text ? 1 : 0))
			fail_msg("%s: %zu", xml, problems.count);
		for (size_t k = 0; k < problems.count; k++) {
			assert_true(problems.items[k].warning);
			assert_int_equal(problems.items[k].line, watches[i].line);
			assert_non_null(strstr(problems.items[k].text, watches[i].text));
		}
		config_problems_finish(&problems);
		config_destroy(config);
	}
}

/* ---- words that meet nothing -------------------------------------------------------------- */

/* Without a text there is nothing to warn of. */
static const struct {
	const char *metrics;
	const char *text;
} words[] = {
	{ "include='sensor_temperature_celsius'", NULL },
	{ "include='sensor_*' exclude='sensor_humidity_ratio'", NULL },
	{ "include='custom' exclude='sensor_*'", NULL },
	{ "exclude='network_*_drop_per_second custom'", NULL },
	{ "include='filesystem_used_ration'", "did you mean filesystem_used_ratio?" },
	{ "exclude='network_recieve_drop_per_second'", "mean network_receive_drop_per_second?" },
	{ "exclude='netwrok_*'", "exclude=\"netwrok_*\" meets nothing that is stored" },
};

static void what_is_likely_misspelt_is_warned_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char xml[1000];
		struct config *config = NULL;
		struct config_problems problems;
		(void)snprintf(xml, sizeof xml,
			"<config><client ip='c'>\n<metrics %s/></client></config>",
			words[i].metrics);
		rig_put("config.xml", xml, 0600);
		assert_int_equal(config_load("config.xml", &config, &problems), 0);
		assert_int_equal(problems.count, words[i].text ? 1 : 0);
		if (words[i].text) {
			assert_true(problems.items[0].warning);
			assert_int_equal(problems.items[0].line, 2);
			assert_non_null(strstr(problems.items[0].text, words[i].text));
		}
		config_problems_finish(&problems);
		config_destroy(config);
	}
}

/* ---- as much as a request holds ----------------------------------------------------------- */

static void put_files(struct buffer *xml, int from, int to)
{
	static const char path[] = "/12345678901234567890123456789012345678901234567890";
	for (int i = from; i < to; i++)
		assert_int_equal(
			buffer_printf(xml, "<file path='%s%s/%04d'/>\n", path, path, i), 0);
}

static void a_request_has_an_end(void **state)
{
	(void)state;
	struct config_problems problems;
	CLEANUP(buffer_finish) struct buffer xml = { 0 };
	assert_int_equal(buffer_append_text(&xml, "<config><group name='g'>\n"), 0);
	put_files(&xml, 0, 60);
	size_t len = xml.len;
	assert_int_equal(buffer_append_text(&xml, "<client ip='c'/></group></config>"), 0);
	config_destroy(rig_load(xml.data));
	xml.len = len;
	put_files(&xml, 60, 1060);
	assert_int_equal(buffer_append_text(&xml, "<client ip='c'/><client ip='d'/></group>"
						  "</config>"),
		0);
	rig_refuse(xml.data, &problems);
	const struct config_problem *p = rig_only_mistake(&problems, xml.data);
	assert_int_equal(p->line, 1062);
	assert_non_null(strstr(p->text, "client \"c\" is asked for more than the "));
	assert_true(rig_says_what_to_do(p->text));
	config_problems_finish(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(asks_add_up),
		CONFIG_TEST(who_is_asked_the_same_shares_it),
		CONFIG_TEST(the_last_word_decides),
		CONFIG_TEST(what_an_alert_compares_is_stored),
		CONFIG_TEST(who_is_not_asked_cannot_break_a_limit),
		CONFIG_TEST(what_is_likely_misspelt_is_warned_of),
		CONFIG_TEST(a_request_has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
