#include "tests/unit/unit.h"

#include <string.h>

#include "lib/send/smtp_talk.h"

enum { LINES = 16 };

/* "> " what we say, "< " what we hear, "." the mail goes out. */
static const struct {
	const char *lines[LINES];
	bool with_login;
	const char *to; /* NULL: ops@example.com */
	enum send_result result;
	const char *reason;
} rows[] = {
	{ { NULL }, false, NULL, SEND_CHANNEL, "smtp://mx: libcurl's words" },
	{ { "< 554 closed" }, false, NULL, SEND_CHANNEL,
		"smtp://mx: answer to the connection: 554 closed" },
	{ { "< 220 mx", "> EHLO me", "< 250-mx", "< 250 PIPELINING", "> MAIL FROM:<a>" }, false,
		NULL, SEND_LOST, "smtp://mx: MAIL: libcurl's words" },
	{ { "< 220 mx", "> EHLO me", "< 250 mx", "> MAIL FROM:<a>", "< 451 later" }, false, NULL,
		SEND_CHANNEL, "smtp://mx: answer to MAIL: 451 later" },
	{ { "< 220 mx", "> EHLO me", "< 250 mx", "> MAIL FROM:<a>", "< 552 too large" }, false,
		NULL, SEND_REFUSED, "552 too large" },
	{ { "< 220 mx", "> EHLO me", "< 250 mx", "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>",
		  "< 450 later" },
		false, NULL, SEND_LATER, "answer to RCPT: 450 later" },
	{ { "< 220 mx", "> EHLO me", "< 250 mx", "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>",
		  "< 550-no", "< 550 such user\x1b[2J" },
		false, NULL, SEND_REFUSED, "answer to RCPT: 550 such user\\x1b[2J" },
	{ { "< 220 mx", "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>", "< 530 log in" }, false,
		NULL, SEND_CHANNEL, "530 log in" },
	{ { "< 220 mx", "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>", "< 250 ok", "> DATA",
		  "< 354 go", "." },
		false, NULL, SEND_LOST, "smtp://mx: DATA: libcurl's words" },
	{ { "< 220 mx", "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>", "< 250 ok", "> DATA",
		  "< 354 go", ".", "< 554 spam" },
		false, NULL, SEND_REFUSED, "answer to DATA: 554 spam" },
	{ { "< 220 mx", "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>", "< 250 ok", "> DATA",
		  "< 354 go", ".", "> QUIT", "< 554 bye" },
		false, NULL, SEND_LOST, "libcurl's words" },
	{ { "< 220 mx", "> EHLO me", "< 250 AUTH LOGIN", "> AUTH LOGIN", "< 334 x", "> MAIL",
		  "< 334 y", "> QUIT", "< 535 wrong" },
		true, NULL, SEND_CHANNEL, "answer to AUTH: 535 wrong" },
	{ { "< 220 mx", "> EHLO me", "< 250 AUTH PLAIN", "> AUTH PLAIN x", "< 235 in",
		  "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>", "< 550 no such user" },
		true, NULL, SEND_REFUSED, "550 no such user" },
	{ { "< 220 mx", "> EHLO me", "< 250 mx", "> MAIL FROM:<a>", "< 250 ok", "> RCPT TO:<b>",
		  "< 550 no such user" },
		true, NULL, SEND_CHANNEL, "550 no such user" }, /* it never let us log in */
	{ { "< 220 mx", "> EHLO me", "< 250-mx", "< 250 SMTPUTF8", "> MAIL", "< 250 ok", ".",
		  "< 451 later" },
		false, "j\xc3\xbcrgen@example.com", SEND_CHANNEL, "451 later" },
	{ { "< 220 mx", "> EHLO me", "< 250-SMTPUTF8", "< 250 mx", "> STARTTLS", "< 220 go",
		  "> EHLO me", "< 250 mx", "> MAIL", "< 250 ok", "." },
		false, "j\xc3\xbcrgen@example.com", SEND_REFUSED, "SMTPUTF8" },
	{ { "< 2", "< 22", "< abc", "< 25x ok", "<  ", "< 250-" }, false, NULL, SEND_CHANNEL,
		"libcurl's words" },
};

static void play(struct smtp_talk *t, const char *const *lines)
{
	for (; *lines; lines++) {
		const char *line = *lines + 1 + (**lines != '.');
		if (**lines == '>')
			smtp_talk_said(t, line, strlen(line));
		else if (**lines == '<')
			assert_true(smtp_talk_heard(t, line, strlen(line)));
		else
			(void)smtp_talk_mail(t);
	}
}

static void every_conversation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct smtp_talk t = { .code = 0 };
		struct error reason = { "libcurl's words" };
		smtp_talk_begin(&t, "a@example.com", rows[i].to ? rows[i].to : "ops@example.com");
		play(&t, rows[i].lines);
		enum send_result got =
			smtp_talk_judge(&t, rows[i].with_login, "smtp://mx", &reason);
		if (got != rows[i].result || !strstr(reason.text, rows[i].reason))
			fail_msg("%zu: %d %s", i, got, reason.text);
	}
}

/* The second mail over a connection is not greeted, and does not log in. */
static void a_connection_is_remembered(void **state)
{
	(void)state;
	static const char *const first[] = { "< 220 mx", "> EHLO me", "< 250-SMTPUTF8",
		"< 250 AUTH", "> AUTH PLAIN x", "< 235 in", NULL };
	static const char *const second[] = { "> MAIL", "< 250 ok", "> RCPT", "< 550 no", NULL };
	struct smtp_talk t = { .code = 0 };
	struct error reason = { "" };
	smtp_talk_begin(&t, "a@example.com", "b@example.com");
	play(&t, first);
	smtp_talk_begin(&t, "a@example.com", "\xc3\xbc@example.com");
	play(&t, second);
	assert_true(smtp_talk_mail(&t));
	play(&t, second);
	assert_int_equal(smtp_talk_judge(&t, true, "smtp://mx", &reason), SEND_REFUSED);
}

static void nobody_talks_for_ever(void **state)
{
	(void)state;
	static const char line[] = "250-and another thing\r\n";
	struct smtp_talk t = { .code = 0 };
	size_t count = 0;
	smtp_talk_begin(&t, "a@example.com", "b@example.com");
	while (smtp_talk_heard(&t, line, sizeof line - 1))
		count++;
	assert_int_equal(count, SMTP_HEARD_MAX / (sizeof line - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_conversation),
		cmocka_unit_test(a_connection_is_remembered),
		cmocka_unit_test(nobody_talks_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
