#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/send/json.h"
#include "lib/send/payload.h"

static struct event disk = {
	.kind = EVENT_FIRING,
	.at = 1795322014123,
	.since = 1795322000000,
	.client = "web1",
	.rule = "disk/critical/*",
	.instance = "/var",
	.severity = SEVERITY_CRITICAL,
	.value = 0.931,
	.limit = 0.9,
	.text = "",
};
static struct event memory = {
	.kind = EVENT_RESOLVED,
	.at = 1795322014123,
	.since = 1795322000000,
	.client = "web2",
	.rule = "memory/warning/*",
	.instance = "",
	.value = 0.5,
	.limit = 0.9,
	.text = "",
};

static const struct recipient chat = { .name = "chat",
	.channel = CHANNEL_WEBHOOK,
	.form = WEBHOOK_TEMPLATE,
	.url = "https://push.example.com/a/fleet?x=1" };

static char *render(const struct recipient *to, const struct event *events, size_t count)
{
	struct payload_event told[2] = { { &events[0], "CRITICAL web1: disk /var", "web" } };
	struct buffer out = { 0 };
	struct error err = { "" };
	if (count > 1)
		told[1] = (struct payload_event){ &events[1], "RESOLVED web2: memory", "web" };
	const struct payload_message m = { "event-1@example.com", "", "[fleet] \"x\"", "a\nb\n",
		told, count };
	if (payload_render(to, &m, &out, &err) < 0)
		fail_msg("%s", err.text);
	return out.data;
}

static void check(const char *template, const struct event *events, size_t count, const char *want)
{
	struct recipient to = chat;
	to.template = template;
	char *got = render(&to, events, count);
	assert_string_equal(got ? got : "", want);
	free(got);
}

static const struct {
	const char *template, *one, *two;
} rows[] = {
	{ "{{subject}}", "[fleet] \\\"x\\\"", "[fleet] \\\"x\\\"" },
	{ "{{text}}", "a\\nb\\n", "a\\nb\\n" },
	{ "{{client}} {{group}}", "web1 web", " web" },
	{ "{{status}} {{action}}", "firing trigger", "firing trigger" },
	{ "{{severity}} {{priority}} {{tag}}", "critical 5 rotating_light",
		"critical 5 rotating_light" },
	{ "{{#events}}{{event}} {{status}} {{severity}}{{/events}}", "firing firing critical",
		"firing firing critical,resolved resolved warning" },
	{ "{{alert}} {{rule}} {{instance}}", "disk disk/critical/* /var", "  " },
	{ "{{value}} {{limit}}", "0.931 0.9", "null 0.9" },
	{ "{{at}} {{since}}", "2026-11-22T04:33:34.123Z 2026-11-22T04:33:20.000Z",
		"2026-11-22T04:33:34.123Z 2026-11-22T04:33:20.000Z" },
	{ "{{#events}}{{ended}}{{/events}}", "0001-01-01T00:00:00Z",
		"0001-01-01T00:00:00Z,2026-11-22T04:33:34.123Z" },
	{ "{{count}} {{truncated}}", "1 0", "2 0" },
	{ "{{message_id}} {{thread}}", "event-1@example.com event-1@example.com",
		"event-1@example.com event-1@example.com" },
	{ "{{key}}", "e2c0a21f6f3d139bcf88fa1b00301d84", "event-1@example.com" },
	{ "{{headline}}", "CRITICAL web1: disk /var", "[fleet] \\\"x\\\"" },
	{ "{{recipient}} {{topic}} {{source}}", "chat fleet web1", "chat fleet " },
	{ "{{token}}", "{{token}}", "{{token}}" },
};

static void every_name(void **state)
{
	(void)state;
	const struct event events[] = { disk, memory };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		check(rows[i].template, events, 1, rows[i].one);
		check(rows[i].template, events, 2, rows[i].two);
	}
}

static void what_is_over_is_resolved(void **state)
{
	(void)state;
	check("{{status}} {{action}} {{priority}} {{tag}} {{severity}}", &memory, 1,
		"resolved resolve 3 white_check_mark warning");
}

/* Mount names are anything: none of it ends a string, calls a name or asks for the token. */
static void hostile_names_stay_inside(void **state)
{
	(void)state;
	struct event e = disk;
	e.instance = "/\",\"x\":\"\\\n\x1b[2J\xff{{token}}</script><!channel>`@all";
	e.text = "\"}]}";
	for (enum webhook_form form = WEBHOOK_JSON; form < WEBHOOK_TEMPLATE; form++) {
		struct recipient to = chat;
		to.form = form;
		char *got = render(&to, &e, 1);
		assert_non_null(got);
		assert_true(json_valid(got, strlen(got)));
		const char *token = strstr(got, PAYLOAD_TOKEN);
		assert_true(!token == (form != WEBHOOK_PAGERDUTY));
		assert_true(!token || !strstr(token + 1, PAYLOAD_TOKEN));
		free(got);
	}
	check("{{instance}}", &e, 1,
		"/\\\",\\\"x\\\":\\\"\\\\\\n\\\\x1b[2J\\\\xff{\\u007btoken}}</"
		"script><!channel>`@all");
}

static void a_command_gets_a_line_each(void **state)
{
	(void)state;
	struct event e = disk;
	struct recipient to = { .name = "horn", .channel = CHANNEL_COMMAND, .url = "" };
	e.instance = "/a\nclient=other\x1b";
	char *got = render(&to, &e, 1);
	assert_non_null(strstr(got, "\nclient=web1\n"));
	assert_non_null(strstr(got, "\ninstance=/a\\x0aclient=other\\x1b\n"));
	assert_non_null(strstr(got, "\nsubject=[fleet] \"x\"\n"));
	assert_null(strstr(got, "\nclient=other"));
	assert_null(strstr(got, "token"));
	free(got);
}

static void mails_have_none(void **state)
{
	(void)state;
	const struct recipient to = { .name = "a@example.com", .channel = CHANNEL_MAIL };
	assert_null(render(&to, &disk, 1));
}

/* As many as there is room for; the text tells of all. */
static void a_flood_is_cut(void **state)
{
	(void)state;
	enum { EVENTS = 10000 };
	struct payload_event *told = calloc(EVENTS, sizeof *told);
	struct recipient to = chat;
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	assert_non_null(told);
	to.form = WEBHOOK_JSON;
	for (size_t i = 0; i < EVENTS; i++)
		told[i] = (struct payload_event){ &disk, "CRITICAL web1: disk /var", "web" };
	const struct payload_message m = { "digest-1@example.com", "", "s", "t", told, EVENTS };
	assert_int_equal(payload_render(&to, &m, &out, NULL), 0);
	assert_true(out.len <= PAYLOAD_MAX);
	assert_true(json_valid(out.data, out.len));
	assert_non_null(strstr(out.data, "\"count\":10000,\"truncated\":7500"));
	free(told);
}

static const struct {
	const char *template, *error; /* NULL: fine */
} templates[] = {
	{ "{\"text\":\"{{subject}}\"}", NULL },
	{ "[{{#events}}\"{{client}}\"{{/events}}]\n", NULL },
	{ "{\"n\":{{value}}}", NULL },
	{ "{\"n\":{{client}}}", "is no JSON" },
	{ "{\"n\":{{#events}}{{value}}{{/events}}}", "with 2 events is no JSON" },
	{ "text: {{subject}}", "is no JSON" },
	{ "", "is no JSON" },
	{ "{{", "not closed" },
	{ "\"{{subjekt}}\"", "'subjekt'" },
};

static void every_template(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
		struct error err = { "" };
		int result = payload_check(templates[i].template, &err);
		if (result != (templates[i].error ? -1 : 0) ||
			(result < 0 && !strstr(err.text, templates[i].error)))
			fail_msg("%s: %d %s", templates[i].template, result, err.text);
	}
}

static void arguments_have_what_stands_once(void **state)
{
	(void)state;
	struct error err;
	assert_int_equal(payload_check_argument("--to={{client}}/{{instance|20}}", &err), 0);
	assert_int_equal(payload_check_argument("{{text}}", &err), -1);
	assert_int_equal(payload_check_argument("{{token}}", &err), -1);
	assert_int_equal(payload_check_argument("{{#events}}{{/events}}", &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name),
		cmocka_unit_test(what_is_over_is_resolved),
		cmocka_unit_test(hostile_names_stay_inside),
		cmocka_unit_test(a_command_gets_a_line_each),
		cmocka_unit_test(mails_have_none),
		cmocka_unit_test(a_flood_is_cut),
		cmocka_unit_test(every_template),
		cmocka_unit_test(arguments_have_what_stands_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
