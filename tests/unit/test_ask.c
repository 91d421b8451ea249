/* What a request asks for, written and read. */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/wire/ask.h"

/* clang-format off */
static const struct {
	enum ask_kind kind;
	const char *text, *field; /* NULL: refused */
} encoded[] = {
	{ ASK_PROCESS,        "nginx",                " ask=process:nginx" },
	{ ASK_PROCESS,        "db=/run/db.pid",       " ask=process:db%3d/run/db.pid" },
	{ ASK_FILE,           "/a b%\xc3\xa9:c",      " ask=file:/a%20b%25%c3%a9%3ac" },
	{ ASK_CERTIFICATE,    "/etc/ssl/x_1-2.pem",   " ask=certificate:/etc/ssl/x_1-2.pem" },
	{ ASK_TEXTFILE,       "-",                    " ask=textfile:-" },
	{ ASK_MOUNT_INCLUDE,  "/srv/*",               " ask=mount-include:/srv/*" },
	{ ASK_MOUNT_EXCLUDE,  "/srv/[ab]?",           " ask=mount-exclude:/srv/%5bab%5d?" },
	{ ASK_NETWORK_MOUNTS, "yes",                  " ask=network-mounts:yes" },
	{ ASK_FILE,           "",                     NULL },
	{ ASK_FILE,           "a\nb",                 NULL },
	{ ASK_FILE,           "a\x7f",                NULL },
};

static const struct {
	const char *asks, *text; /* "kind=text|…" */
} decoded[] = {
	{ "", "" },
	{ " ask=process:nginx ask=process:a%20b ask=file:/x", "process=nginx|process=a b|file=/x|" },
	{ " ask=later:x ask=process:nginx", "process=nginx|" },
	{ " ask=process ask=process: ask=file:%2 ask=file:%zz ask=file:%2G ask=file:%", "" },
	{ " ask=file:a%0ab ask=file:a%00 ask=file:a%7f ask=file:b", "file=b|" },
	{ " ask= ask=: ask=file:b", "file=b|" },
	{ " ask=file:a=b:c", "file=a=b:c|" },
	{ "ask=file:b", "" },
	{ " keep=1 ask=file:b", "" },
};
/* clang-format on */

static void written(void **state)
{
	(void)state;
	char out[256];
	for (size_t i = 0; i < ARRAY_LEN(encoded); i++) {
		int len = ask_encode(encoded[i].kind, encoded[i].text, out, sizeof out);
		assert_int_equal(len < 0, encoded[i].field == NULL);
		if (len < 0)
			continue;
		assert_string_equal(out, encoded[i].field);
		assert_int_equal(len, strlen(out));
		for (size_t size = 0; size <= (size_t)len; size++)
			assert_int_equal(
				ask_encode(encoded[i].kind, encoded[i].text, out, size), -1);
	}
}

static void read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(encoded); i++) {
		struct ask ask;
		const char *rest = encoded[i].field;
		if (!rest)
			continue;
		assert_true(ask_next(&rest, &ask));
		assert_int_equal(ask.kind, encoded[i].kind);
		assert_string_equal(ask.text, encoded[i].text);
		assert_false(ask_next(&rest, &ask));
	}
}

static void read_one_after_the_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(decoded); i++) {
		char text[256] = "";
		struct ask ask;
		for (const char *rest = decoded[i].asks; ask_next(&rest, &ask);) {
			(void)strcat(strcat(text, ask_kind_name(ask.kind)), "=");
			(void)strcat(strcat(text, ask.text), "|");
		}
		assert_string_equal(text, decoded[i].text);
	}
}

static void texts_have_a_limit(void **state)
{
	(void)state;
	char text[ASK_TEXT_MAX + 2], out[2 * ASK_TEXT_MAX];
	struct ask ask;
	memset(text, 'x', sizeof text);
	text[ASK_TEXT_MAX + 1] = 0;
	assert_int_equal(ask_encode(ASK_FILE, text, out, sizeof out), -1);
	text[ASK_TEXT_MAX] = 0;
	assert_true(ask_encode(ASK_FILE, text, out, sizeof out) > 0);
	const char *rest = out;
	assert_true(ask_next(&rest, &ask));
	assert_string_equal(ask.text, text);
	(void)strcat(out, "y");
	rest = out;
	assert_false(ask_next(&rest, &ask));
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (enum ask_kind kind = 0; kind < ASK_KINDS; kind++) {
		const char *name = ask_kind_name(kind);
		assert_int_equal(ask_kind_find(name, strlen(name)), kind);
		assert_int_equal(ask_kind_find(name, strlen(name) - 1), ASK_KINDS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written),
		cmocka_unit_test(read_back),
		cmocka_unit_test(read_one_after_the_other),
		cmocka_unit_test(texts_have_a_limit),
		cmocka_unit_test(kinds_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
