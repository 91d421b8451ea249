#include "lib/send/smtp_talk.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/escape.h"
#include "lib/send/address.h"

void smtp_talk_begin(struct smtp_talk *t, const char *from, const char *to)
{
	bool logged_in = t->logged_in, takes_utf8 = t->takes_utf8;
	*t = (struct smtp_talk){ .logged_in = logged_in, .takes_utf8 = takes_utf8 };
	t->sender_utf8 = !mail_is_ascii(from);
	t->needs_utf8 = t->sender_utf8 || !mail_is_ascii(to);
}

void smtp_talk_said(struct smtp_talk *t, const char *line, size_t len)
{
	static const struct {
		const char *verb;
		enum smtp_stage stage;
	} stages[] = {
		{ "EHLO", STAGE_GREETED },
		{ "HELO", STAGE_GREETED },
		{ "STARTTLS", STAGE_GREETED },
		{ "AUTH", STAGE_LOGIN },
		{ "MAIL", STAGE_FROM },
		{ "RCPT", STAGE_TO },
		{ "DATA", STAGE_MAIL },
	};
	bool continues = t->code == 334; /* the next line of a login is no command */
	t->over = t->over || (!continues && len >= 4 && strncasecmp(line, "QUIT", 4) == 0);
	if (t->over)
		return;
	t->code = 0;
	if (len >= 4 && strncasecmp(line, "EHLO", 4) == 0)
		t->takes_utf8 = false;
	for (size_t i = 0; i < ARRAY_LEN(stages) && !continues; i++) {
		size_t n = strlen(stages[i].verb);
		if (len < n || strncasecmp(line, stages[i].verb, n) != 0)
			continue;
		(void)snprintf(t->verb, sizeof t->verb, "%s", stages[i].verb);
		t->stage = stages[i].stage;
	}
}

/* Its code, or 0: the line has none, or is not an answer's last. */
static int parse_code(const char *line, size_t len)
{
	int code = 0;
	if (len < 3 || (len > 3 && line[3] == '-'))
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		code = code * 10 + (line[i] - '0');
	}
	return code;
}

bool smtp_talk_heard(struct smtp_talk *t, const char *line, size_t len)
{
	t->heard += len;
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	/* one of the lines that EHLO is answered with: RFC 6531, section 3.1 */
	if (len == 12 && strncasecmp(line + 4, "SMTPUTF8", 8) == 0)
		t->takes_utf8 = true;
	int code = parse_code(line, len);
	if (t->over || code == 0)
		return t->heard <= SMTP_HEARD_MAX;
	t->code = code;
	if (t->code == 220 || t->code == 235) /* a greeting, or the answer to STARTTLS; a login */
		t->logged_in = t->code == 235;
	(void)escape_text(t->reply, sizeof t->reply, line, len);
	return t->heard <= SMTP_HEARD_MAX;
}

/* The answer to the mail itself is to come. It would be 8-bit addresses for a server that does not
 * know them, whatever it said to the envelope, so it gets none. */
bool smtp_talk_mail(struct smtp_talk *t)
{
	t->code = 0;
	t->held_back = t->needs_utf8 && !t->takes_utf8;
	return !t->held_back;
}

/* Whether the answer speaks of us rather than of this recipient, wherever it comes: not logged
 * in, or logged in badly (RFC 4954, section 6). */
static bool is_login_trouble(const struct smtp_talk *t, bool with_login)
{
	if (t->code == 530 || t->code == 534 || t->code == 535 || t->code == 538)
		return true;
	return t->code >= 500 && with_login && !t->logged_in;
}

/* RFC 1870: too large a mail may be refused at MAIL FROM already, which is the mail's fault. */
static bool is_too_large(const struct smtp_talk *t)
{
	return t->stage == STAGE_FROM && t->code == 552;
}

static enum send_result classify(const struct smtp_talk *t, bool with_login)
{
	if (t->held_back)
		return t->sender_utf8 ? SEND_CHANNEL : SEND_REFUSED;
	if (is_too_large(t))
		return SEND_REFUSED;
	if (t->stage < STAGE_FROM || is_login_trouble(t, with_login))
		return SEND_CHANNEL;
	if (t->stage == STAGE_FROM)
		return t->code >= 400 ? SEND_CHANNEL : SEND_LOST;
	return t->code >= 500 ? SEND_REFUSED : t->code >= 400 ? SEND_LATER : SEND_LOST;
}

/* libcurl's own words serve where no answer says more. */
static void explain(const struct smtp_talk *t, const char *url, struct error *reason)
{
	if (t->held_back)
		(void)error_set(reason,
			"%s: an address is not ASCII, which this server does not take (it does "
			"not offer SMTPUTF8, RFC 6531)",
			url);
	else if (t->code >= 400)
		(void)error_set(reason, "%s: answer to %s: %s", url,
			t->verb[0] ? t->verb : "the connection", t->reply);
	else if (t->verb[0])
		(void)error_context(reason, "%s: %s", url, t->verb);
	else
		(void)error_context(reason, "%s", url);
}

enum send_result smtp_talk_judge(
	const struct smtp_talk *t, bool with_login, const char *url, struct error *reason)
{
	explain(t, url, reason);
	return classify(t, with_login);
}
