/* Lists of clients and recipients. */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/alerts/crowd.h"
#include "lib/alerts/recipients.h"

static const char *const nobody[] = { NULL };
static const char *const ops[] = { "ops@example.com", "boss@example.com", NULL };
static const char *const more[] = { "s@example.com", "ops@example.com", NULL };

#define CLIENT(client_name, list)                 \
	{                                         \
		.name = client_name, .mail = list \
	}
static const struct client clients[] = { CLIENT("a", ops), CLIENT("b", ops), CLIENT("c", nobody),
	CLIENT("d\n", more), CLIENT("e", ops), CLIENT("f", ops), CLIENT("g", ops), CLIENT("h", ops),
	CLIENT("i", ops), CLIENT("j", ops) };
static const struct config config = { .clients = clients, .client_count = ARRAY_LEN(clients) };

static bool is_marked(const void *arg, size_t client)
{
	const char *marks = arg;
	return client < strlen(marks) && marks[client] == 'x';
}

static const struct {
	const char *marks, *names, *mail;
} rows[] = {
	{ "", "", "s@example.com ops@example.com " },
	{ "x", "a", "ops@example.com boss@example.com s@example.com " },
	{ "xx-x", "a, b, d\\x0a", "ops@example.com boss@example.com s@example.com " },
	{ "--xx", "c, d\\x0a", "s@example.com ops@example.com " },
	{ "xxxxxxxx", "a, b, c, d\\x0a, e, f, g, h",
		"ops@example.com boss@example.com s@example.com " },
	{ "xxxxxxxxxx", "a, b, c, d\\x0a, e, f, g, h and 2 more",
		"ops@example.com boss@example.com s@example.com " },
};

static void every_crowd(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena pool = { 0 };
		struct crowd crowd;
		char mail[200] = "";
		assert_int_equal(crowd_choose(&pool, &config, is_marked, rows[i].marks, &crowd), 0);
		assert_string_equal(crowd_names(&pool, &crowd), rows[i].names);
		for (const char *const *who = crowd_mail(&pool, &crowd, more); *who; who++)
			strcat(strcat(mail, *who), " ");
		assert_string_equal(mail, rows[i].mail);
		arena_finish(&pool);
	}
}

static const struct {
	const char *text;
	const char *const list[4];
	const char *joined;
} joins[] = {
	{ "", { NULL }, "" },
	{ "", { "a@x", "a@x", NULL }, "a@x" },
	{ "a@x", { NULL }, "a@x" },
	{ "a@x", { "b@x", NULL }, "a@x\nb@x" },
	{ "a@x\nb@x", { "b@x", "a@x", NULL }, "a@x\nb@x" },
	{ "aa@x", { "a@x", "aa@", "aa@x", NULL }, "aa@x\na@x\naa@" },
};

static void every_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(joins); i++) {
		struct arena pool = { 0 };
		assert_string_equal(
			recipients_join(&pool, joins[i].text, joins[i].list), joins[i].joined);
		arena_finish(&pool);
	}
	struct arena pool = { 0 };
	assert_string_equal(recipients_join(&pool, "a@x", NULL), "a@x");
	arena_finish(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_crowd),
		cmocka_unit_test(every_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
