#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/send/json.h"
#include "lib/send/template.h"

static int put(void *arg, const char *name, size_t event, struct buffer *out, bool *ret_bare,
	bool *ret_known)
{
	(void)arg;
	if (strcmp(name, "count") == 0) {
		*ret_bare = true;
		return buffer_append_text(out, "2");
	}
	if (strcmp(name, "name") == 0)
		return event == TEMPLATE_ALL ? buffer_append_text(out, "all")
					     : buffer_printf(out, "\"%zu\"", event);
	if (strcmp(name, "markup") == 0)
		return buffer_append_text(out, "<!channel> @all & `x`");
	if (strcmp(name, "long") == 0)
		return buffer_append_text(out, "0123456789\u20ac\u20ac");
	*ret_known = strcmp(name, "empty") == 0;
	return 0;
}

static const struct {
	const char *template, *out; /* NULL: refused, for the reason that follows */
	const char *error;
} rows[] = {
	{ "", "", NULL },
	{ "plain {x} }} {", "plain {x} }} {", NULL },
	{ "{{name}}", "all", NULL },
	{ "[{{ name }}]{{name}}", "[all]all", NULL },
	{ "{{count}}/{{empty}}", "2/", NULL },
	{ "[{{#events}}{\"n\":\"{{name}}\"}{{/events}}]",
		"[{\"n\":\"\\\"0\\\"\"},{\"n\":\"\\\"1\\\"\"}]", NULL },
	{ "{{#events}}{{/events}}x{{#events}}a{{/events}}", ",xa,a", NULL },
	{ "{{markup|chat}}", "&lt;!channel&gt; @\u200ball &amp; 'x'", NULL },
	{ "{{long|16}}", "0123456789\u20ac\u20ac", NULL },
	{ "{{long|15}}", "0123456789\u2026", NULL },
	{ "{{long|14}}", "0123456789\u2026", NULL },
	{ "{{long|12}}", "012345678\u2026", NULL },
	{ "{{long|4}}", "0\u2026", NULL },
	{ "{{ long | chat | 6 }}", "012\u2026", NULL },
	{ "{{", NULL, "not closed" },
	{ "{{name}", NULL, "not closed" },
	{ "{{nobody}}", NULL, "'nobody'" },
	{ "{{}}", NULL, "no name" },
	{ "{{name|}}", NULL, "no name" },
	{ "{{|chat}}", NULL, "no name" },
	{ "{{name|loud}}", NULL, "'loud'" },
	{ "{{name|0}}", NULL, "'0'" },
	{ "{{name|3}}", NULL, "'3'" },
	{ "{{name|99999999999999999999}}", NULL, "filter" },
	{ "{{name|5x}}", NULL, "'5x'" },
	{ "{{#events}}", NULL, "not closed by {{/events}}" },
	{ "{{/events}}", NULL, "'/events'" },
	{ "{{#events}}{{#events}}{{/events}}{{/events}}", NULL, "'#events'" },
	{ "{{a name that is much too long to be one}}", NULL, "no name" },
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct template_source source = { .put = put, .events = 2 };
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		struct error err = { "" };
		int result = template_render(rows[i].template, &source, json_put_text, &out, &err);
		if (result != (rows[i].out ? 0 : -1))
			fail_msg("%s: %d, %s", rows[i].template, result, err.text);
		if (rows[i].out)
			assert_string_equal(out.data ? out.data : "", rows[i].out);
		else if (!strstr(err.text, rows[i].error))
			fail_msg("%s: %s", rows[i].template, err.text);
	}
}

static void there_is_a_cap(void **state)
{
	(void)state;
	const struct template_source source = { .put = put, .events = 1000 };
	struct buffer out CLEANUP(buffer_finish) = { .cap = 500 };
	struct error err = { "" };
	assert_int_equal(template_render("{{#events}}{{name}}{{/events}}", &source, json_put_text,
				 &out, &err),
		-1);
	assert_true(err.text[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(there_is_a_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
