/* The text of a mail and its HTML part: what they say, and that nothing in a name of a client's
 * can be more than a name. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/pen.h"
#include "lib/escape.h"
#include "tests/unit/compose_rig.h"

static const char ten_kilobytes[] = "the ten kilobytes are made below";

static const char *const hostile[] = {
	"/mnt\r\nBcc: everybody@example.com\r\n\r\nhello",
	"<script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"'--><!--",
	"]]></style></title></head></pre></table>",
	"&lt;b&gt;&#60;b&#62;",
	"\x1b[2J\x1b]0;title\x07",
	"\xe2\x80\xae"
	"gpj.exe",
	"\xe2\x80\x8f\xe2\x80\x8e\xd8\x9c",
	"\xff\xfe\xc0\xaf",
	"{{subject}} %s%n ${x} `id`",
	ten_kilobytes,
};

/* The tags that an HTML part may have. */
static const char *const tags[] = { "<!DOCTYPE html>", "<html lang=\"en\">", "</html>", "<head>",
	"</head>", "<meta charset=\"utf-8\">", "<title>", "</title>", "<body style=\"", "</body>",
	"<p>", "<p style=\"", "</p>", "<b>", "</b>", "<table style=\"", "</table>", "<tr>", "</tr>",
	"<th style=\"", "</th>", "<td style=\"", "</td>", "<pre style=\"", "</pre>" };

static void check_tag(const char *at)
{
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (strncmp(at, tags[i], strlen(tags[i])) == 0)
			return;
	fail_msg("a tag that is not ours: %.40s", at);
}

static void check_html(const char *html)
{
	assert_true(utf8_valid(html, strlen(html)));
	for (const char *c = html; *c; c++) {
		assert_true((unsigned char)*c >= ' ' || *c == '\n');
		if (*c == '<')
			check_tag(c);
	}
	static const char *const never[] = { "http:", "https:", "url(", "\xe2\x80\xae",
		"\xe2\x80\x8f", "\xd8\x9c" };
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		assert_null(strstr(html, never[i]));
}

/* Every line is one of ours: no name began one. */
static void check_text(const char *text)
{
	static const char *const begins[] = { "What:  ", "    ",
		"Where: ", "Since: ", "Last good: ", "Rule: ", "To look closer:", "  fleet ",
		"  ssh ", "  SELECT ", "CRITICAL ", "Status: ", "Last day: ", "Worst: ", "\n" };
	assert_true(utf8_valid(text, strlen(text)));
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		size_t i = 0;
		while (i < ARRAY_LEN(begins) && strncmp(line, begins[i], strlen(begins[i])) != 0)
			i++;
		if (i == ARRAY_LEN(begins))
			fail_msg("a line that is not ours: %.60s", line);
		for (const char *c = line; *c != '\n'; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
	}
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xe2\x80\x8f"));
}

static void check_message(const struct notification *n)
{
	assert_true(strlen(n->subject) < 1000);
	assert_true(utf8_valid(n->subject, strlen(n->subject)));
	assert_null(strpbrk(n->subject, "\r\n\x1b\x7f"));
	check_text(n->text);
	if (n->payload[0])
		check_html(n->payload);
}

/* An alert of which a client says everything that it can say. */
static struct event hostile_event(const char *name, uint64_t id)
{
	struct event e = rig_firing;
	e.id = e.opened_event = id;
	e.instance = name;
	e.client = id % 2 ? name : "web1";
	e.text = name;
	return e;
}

static const char *make_long(void)
{
	char *text = malloc(10 * 1024 + 1);
	assert_non_null(text);
	for (size_t i = 0; i < 10 * 1024; i++)
		text[i] = "<\n\xe2\x80\xae&"[i % 6];
	text[10 * 1024] = 0;
	return text;
}

static void names_are_names(void **state)
{
	(void)state;
	const char *large = make_long();
	struct alert row = { .client = "", .acked_at = 1, .held = "" };
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		const char *name = hostile[i] == ten_kilobytes ? large : hostile[i];
		struct composing c = rig_composing();
		struct event events[8];
		for (size_t k = 0; k < ARRAY_LEN(events); k++)
			events[k] = hostile_event(name, k + 1);
		row.acked_by = row.acked_why = row.held = name;
		c.alert = &row;
		rig_compose(&c, events, 2);
		assert_int_equal(c.composed.count, 2);
		check_message(&c.composed.items[0]);
		check_message(&c.composed.items[1]);
		for (size_t k = 0; k < ARRAY_LEN(events); k++)
			events[k].rule = k % 2 ? "disk/critical/*" : name;
		events[7].instance = events[5].instance = "/";
		rig_compose(&c, events, ARRAY_LEN(events));
		for (size_t k = 0; k < c.composed.count; k++)
			check_message(&c.composed.items[k]);
		rig_finish(&c);
	}
	free((void *)(uintptr_t)large);
}

static void html_of_one(void **state)
{
	(void)state;
	struct composing c = rig_composing();
	struct event e = rig_firing;
	e.instance = "/<b>&";
	rig_compose(&c, &e, 1);
	const char *html = c.composed.items[0].payload;
	check_html(html);
	assert_non_null(
		strstr(html, ">CRITICAL web1: disk /&lt;b&gt;&amp; 93.1 % (limit 90.0 %)<"));
	assert_non_null(strstr(html, ">Where</th>"));
	assert_non_null(strstr(html, ">web1 (192.0.2.10 port 22), group dc1/web</td>"));
	assert_non_null(strstr(html, "ssh -p 22 monitor@192.0.2.10\n"));
	assert_non_null(strstr(html, "WHERE client = &#39;web1&#39;"));
	rig_finish(&c);
}

static size_t count_words(const char *text, const char *word)
{
	size_t n = 0;
	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void html_of_many_is_a_table(void **state)
{
	(void)state;
	struct composing c = rig_composing();
	static struct event events[501];
	static char names[501][16];
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		(void)snprintf(names[i], sizeof names[i], "/srv/%zu", i);
		events[i] = rig_firing;
		events[i].id = i + 1;
		events[i].instance = names[i];
	}
	rig_compose(&c, events, 500);
	assert_int_equal(c.composed.count, 1);
	const char *html = c.composed.items[0].payload;
	check_html(html);
	assert_int_equal(count_words(html, "<tr>"), 501);
	assert_non_null(strstr(html, ">disk /srv/499 93.1 % (limit 90.0 %)<"));
	rig_compose(&c, events, 501);
	assert_string_equal(c.composed.items[0].payload, "");
	assert_int_equal(count_words(c.composed.items[0].text, "CRITICAL web1"), 501);
	rig_finish(&c);
}

static void only_mails_have_html(void **state)
{
	(void)state;
	struct composing c = rig_composing();
	c.config = rig_config(false);
	rig_compose(&c, &rig_firing, 1);
	assert_string_equal(c.composed.items[0].payload, "");
	rig_finish(&c);
}

static void the_last_day_is_drawn_once(void **state)
{
	(void)state;
	struct composing c = rig_composing();
	struct event e = rig_firing;
	const struct history_point points[] = { { c.now - 3600 * 1000, 0.71 },
		{ c.now - 1, 0.931 } };
	c.points = points;
	c.point_count = ARRAY_LEN(points);
	e.recipients = "a@example.com\nb@example.com";
	rig_compose(&c, &e, 1);
	assert_int_equal(c.composed.count, 2);
	assert_int_equal(c.asked_history, 1);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(strstr(c.composed.items[i].text, "\nLast day:  "));
		assert_non_null(strstr(
			c.composed.items[i].text, "\xe2\x96\x81\xe2\x96\x88  71.0 % to 93.1 %\n"));
		assert_non_null(strstr(c.composed.items[i].payload,
			"\xe2\x96\x81\xe2\x96\x88  71.0 % to 93.1 %<"));
	}
	rig_finish(&c);
}

static void who_takes_care_is_named(void **state)
{
	(void)state;
	struct composing c = rig_composing();
	const struct alert row = { .acked_at = 1795322014123,
		.acked_by = "alice",
		.acked_why = "new disk ordered",
		.held = "" };
	struct event e = rig_firing;
	e.kind = EVENT_REPEAT;
	c.alert = &row;
	rig_compose(&c, &e, 1);
	assert_non_null(strstr(c.composed.items[0].text,
		"\nStatus:    acknowledged by alice, 2026-11-22 04:33:34 UTC: new disk ordered\n"));
	rig_finish(&c);
}

/* Text, and what it is inside HTML. */
static void html_is_escaped(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "<&>\"'", "&lt;&amp;&gt;&quot;&#39;" },
		{ "a\nb", "a\\x0ab" },
		{ "\xc3\xa9\xff", "\xc3\xa9\\xff" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		struct pen pen = { &out, false };
		pen_html(&pen, rows[i][0]);
		assert_false(pen.failed);
		assert_string_equal(out.data ? out.data : "", rows[i][1]);
	}
	/* A character at each place where a piece may end. */
	for (size_t shift = 0; shift < 4; shift++) {
		struct buffer text CLEANUP(buffer_finish) = { 0 };
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		assert_int_equal(buffer_append(&text, "xyz", shift), 0);
		for (int i = 0; i < 500; i++)
			assert_int_equal(buffer_append_text(&text, "\xf0\x9f\x90\xa7"), 0);
		struct pen pen = { &out, false };
		pen_html(&pen, text.data);
		assert_string_equal(out.data, text.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_names),
		cmocka_unit_test(html_of_one),
		cmocka_unit_test(html_of_many_is_a_table),
		cmocka_unit_test(only_mails_have_html),
		cmocka_unit_test(the_last_day_is_drawn_once),
		cmocka_unit_test(who_takes_care_is_named),
		cmocka_unit_test(html_is_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
