#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/send/address.h"
#include "lib/send/message.h"

static const struct mail_message plain = {
	.from = "fleet@example.com",
	.to = "ops@example.com",
	.subject = "[fleet] CRITICAL web1: disk /var 93.1 % (limit 90.0 %)",
	.text = "one\ntwo\n",
	.message_id = "event-1@example.com",
	.references = "",
	.list_id = "example.com",
	.date_ms = 1795322014123,
};

static void headers_and_body(void **state)
{
	(void)state;
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	struct mail_message m = plain;
	m.references = "event-0@example.com";
	assert_int_equal(mail_build(&m, &out, NULL), 0);
	assert_string_equal(out.data,
		"Date: Sun, 22 Nov 2026 04:33:34 +0000\r\n"
		"From: Fleet Health <fleet@example.com>\r\n"
		"To: <ops@example.com>\r\n"
		"Subject: [fleet] CRITICAL web1: disk /var 93.1 % (limit 90.0 %)\r\n"
		"Message-ID: <event-1@example.com>\r\n"
		"In-Reply-To: <event-0@example.com>\r\n"
		"References: <event-0@example.com>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"List-Id: Fleet Health alerts <fleet-health.example.com>\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\n"
		"one\r\ntwo\r\n");
}

static void a_first_mail_replies_to_none(void **state)
{
	(void)state;
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	assert_int_equal(mail_build(&plain, &out, NULL), 0);
	assert_null(strstr(out.data, "References"));
	assert_null(strstr(out.data, "In-Reply-To"));
}

#define TEN "0123456789"

static const struct {
	const char *text, *body;
} bodies[] = {
	{ "", "" },
	{ "no end", "no end\r\n" },
	{ "a\r\nb\rc\nd\n\n", "a\r\nb\r\nc\r\nd\r\n\r\n" },
	{ ".\n..x\nx.\n", "=2E\r\n=2E.x\r\nx.\r\n" },
	{ "a = b\n", "a =3D b\r\n" },
	{ "blank \ntab\t\n", "blank=20\r\ntab=09\r\n" },
	{ "caf\xc3\xa9\n", "caf=C3=A9\r\n" },
	{ "\x01\x7f\xff\n", "=01=7F=FF\r\n" },
	{ TEN TEN TEN TEN TEN TEN TEN "12345\n", TEN TEN TEN TEN TEN TEN TEN "12345\r\n" },
	{ TEN TEN TEN TEN TEN TEN TEN "123456\n", TEN TEN TEN TEN TEN TEN TEN "12345=\r\n6\r\n" },
	{ TEN TEN TEN TEN TEN TEN TEN "123\xc3\xa9\n",
		TEN TEN TEN TEN TEN TEN TEN "123=\r\n=C3=A9\r\n" },
	{ TEN TEN TEN TEN TEN TEN TEN "12345.\n", TEN TEN TEN TEN TEN TEN TEN "12345=\r\n=2E\r\n" },
};

static void every_body(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		struct mail_message m = plain;
		m.text = bodies[i].text;
		assert_int_equal(mail_build(&m, &out, NULL), 0);
		assert_string_equal(strstr(out.data, "\r\n\r\n") + 4, bodies[i].body);
	}
}

/* Bodies that are mostly not ASCII are shorter in base64: RFC 2045, section 6.8. */
static void foreign_bodies(void **state)
{
	(void)state;
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	struct mail_message m = plain;
	m.text = "\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\n"
		 "\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416\u0416";
	assert_int_equal(mail_build(&m, &out, NULL), 0);
	assert_non_null(strstr(out.data, "Content-Transfer-Encoding: base64\r\n"));
	assert_string_equal(strstr(out.data, "\r\n\r\n") + 4,
		"0JbQltCW0JbQltCW0JbQltCW0JbQltCWDQrQltCW0JbQltCW0JbQltCW0JbQltCW0JYNCg==\r\n");
}

static void html_is_an_alternative(void **state)
{
	(void)state;
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	struct mail_message m = plain;
	m.html = "<p>a = b</p>\n--=_fleet-health--\n.\n";
	assert_int_equal(mail_build(&m, &out, NULL), 0);
	assert_string_equal(strstr(out.data, "MIME-Version"),
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/alternative; boundary=\"=_fleet-health\"\r\n"
		"\r\n"
		"--=_fleet-health\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\n"
		"one\r\ntwo\r\n"
		"\r\n"
		"--=_fleet-health\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\n"
		"<p>a =3D b</p>\r\n--=3D_fleet-health--\r\n=2E\r\n"
		"\r\n"
		"--=_fleet-health--\r\n");
}

static const struct {
	const char *name, *header; /* NULL = refused */
} names[] = {
	{ "", "To: <ops@example.com>\r\n" },
	{ "ops", "To: \"ops\"\r\n <ops@example.com>\r\n" },
	{ "a \"b\" \\c", "To: \"a \\\"b\\\" \\\\c\"\r\n <ops@example.com>\r\n" },
	{ "J\u00fcrgen", "To: =?UTF-8?B?SsO8cmdlbg==?=\r\n <ops@example.com>\r\n" },
	{ "a\nb", NULL },
	{ "cut \xe2\x82", NULL },
};

static void every_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		struct mail_message m = plain;
		m.to_name = names[i].name;
		assert_int_equal(mail_build(&m, &out, NULL), names[i].header ? 0 : -1);
		if (names[i].header)
			assert_non_null(strstr(out.data, names[i].header));
	}
}

static const struct {
	const char *subject, *header; /* NULL = refused */
} subjects[] = {
	{ "plain", "Subject: plain\r\n" },
	{ "", "Subject: \r\n" },
	{ "caf\xc3\xa9", "Subject: =?UTF-8?B?Y2Fmw6k=?=\r\n" },
	{ "=?UTF-8?Q?x?=", "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n" },
	{ " blank", "Subject: =?UTF-8?B?IGJsYW5r?=\r\n" },
	{ "\xe2\x82\xac" TEN TEN TEN "12345\xe2\x82\xac"
	  "x",
		"Subject: =?UTF-8?B?4oKsMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MTIzNDU=?=\r\n"
		" =?UTF-8?B?4oKseA==?=\r\n" },
	{ "a\r\nBcc: x@example.com", NULL },
	{ "a\nb", NULL },
	{ "a\tb", NULL },
	{ "a\x7f", NULL },
	{ "cut \xe2\x82", NULL },
};

static void every_subject(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		struct error err = { "" };
		struct mail_message m = plain;
		m.subject = subjects[i].subject;
		int result = mail_build(&m, &out, &err);
		assert_int_equal(result, subjects[i].header ? 0 : -1);
		if (subjects[i].header)
			assert_non_null(strstr(out.data, subjects[i].header));
		else
			assert_int_equal(out.len, 0);
	}
}

static void subjects_have_a_cap(void **state)
{
	(void)state;
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	struct error err;
	struct mail_message m = plain;
	char text[3000];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	m.subject = text;
	assert_int_equal(mail_build(&m, &out, &err), -1);
	text[1000] = 0;
	assert_int_equal(mail_build(&m, &out, &err), 0);
	for (char *line = out.data, *end; (end = strstr(line, "\r\n")); line = end + 2)
		assert_true(end - line <= 76);
}

static const struct {
	const char *address;
	bool valid;
} addresses[] = {
	{ "ops@example.com", true },
	{ "first.last+tag@mail.example.com", true },
	{ "root@localhost", true },
	{ "o'hara@example.com", true },
	{ "", false },
	{ "@", false },
	{ "ops", false },
	{ "@example.com", false },
	{ "ops@", false },
	{ "ops@example.com\r\nRCPT TO:<x@example.com>", false },
	{ "ops@example.com\n", false },
	{ "ops@example.com>", false },
	{ "<ops@example.com>", false },
	{ "ops @example.com", false },
	{ "a@b@example.com", false },
	{ "a..b@example.com", false },
	{ ".a@example.com", false },
	{ "a.@example.com", false },
	{ "a@.example.com", false },
	{ "a@example..com", false },
	{ "a,b@example.com", false },
	{ "\"a b\"@example.com", false },
	{ "-oQ/tmp@example.com", false },
	{ "caf\xc3\xa9@example.com", true }, /* RFC 6531 */
	{ "ops@b\xc3\xbc"
	  "cher.example",
		true },
	{ "\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b\xe5\xad\x90.example", true },
	{ "caf\xc3@example.com", false },
	{ "a\xe2\x80\xae"
	  "b@example.com",
		false },
	{ "a\xc2\xa0"
	  "b@example.com",
		false },
	{ "a@b\xe3\x80\x82"
	  "example",
		false },
	{ "a\xef\xbc\xa0"
	  "b@example.com",
		false },
	{ "a\x01@example.com", false },
	{ "a@mon_server.example", false },
	{ "a@example.com.", false },
	{ "a@-example.com", false },
	{ "a@192.0.2.1", false },
};

static void every_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		if (mail_address_valid(addresses[i].address) != addresses[i].valid)
			fail_msg("'%s'", addresses[i].address);
	char text[400];
	memset(text, 'a', sizeof text);
	strcpy(text + 65, "@example.com");
	assert_false(mail_address_valid(text));
	assert_true(mail_address_valid(text + 1));
}

static const struct {
	const char *name;
	bool valid;
} list_ids[] = {
	{ "example.com", true },
	{ "fleet", true },
	{ "mon_server.example", true },
	{ "", false },
	{ "::1", false },
	{ ".example.com", false },
	{ "example.com.", false },
	{ "a..b", false },
	{ "a b", false },
	{ "a>", false },
};

static void every_list_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list_ids); i++)
		if (mail_list_id_valid(list_ids[i].name) != list_ids[i].valid)
			fail_msg("'%s'", list_ids[i].name);
	char text[300];
	memset(text, 'a', sizeof text);
	text[254] = 0;
	assert_false(mail_list_id_valid(text));
	assert_true(mail_list_id_valid(text + 1));
}

static void bad_fields_are_refused_whole(void **state)
{
	(void)state;
	struct mail_message bad[] = { plain, plain, plain, plain, plain, plain, plain };
	bad[0].from = "fleet\n@example.com";
	bad[1].to = "ops@example.com,x@example.com";
	bad[2].message_id = "a>\r\nX: y";
	bad[3].references = "a b";
	bad[4].list_id = "example.com>\n";
	bad[5].message_id = "";
	bad[6].list_id = "";
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		struct error err = { "" };
		assert_int_equal(mail_check(&bad[i], &err), -1);
		assert_int_equal(mail_build(&bad[i], &out, &err), -1);
		assert_int_equal(out.len, 0);
		assert_true(err.text[0]);
	}
}

/* Else a mail would be given up for want of memory. */
static void no_room_is_no_fault_of_the_mail(void **state)
{
	(void)state;
	struct buffer out CLEANUP(buffer_finish) = { .cap = 10 };
	struct error err = { "" };
	assert_int_equal(mail_check(&plain, &err), 0);
	assert_int_equal(mail_build(&plain, &out, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_and_body),
		cmocka_unit_test(a_first_mail_replies_to_none),
		cmocka_unit_test(every_body),
		cmocka_unit_test(foreign_bodies),
		cmocka_unit_test(html_is_an_alternative),
		cmocka_unit_test(every_name),
		cmocka_unit_test(every_subject),
		cmocka_unit_test(subjects_have_a_cap),
		cmocka_unit_test(every_address),
		cmocka_unit_test(every_list_id),
		cmocka_unit_test(bad_fields_are_refused_whole),
		cmocka_unit_test(no_room_is_no_fault_of_the_mail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
