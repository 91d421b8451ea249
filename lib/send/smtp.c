/*
 * What libcurl's result alone does not tell, namely which command the server refused, is read
 * from the conversation: of what we send only the verb is kept, so that no credential is.
 */
#include "lib/send/smtp.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/escape.h"
#include "lib/send/address.h"
#include "lib/send/transfer.h"

/* How far the conversation got; the order is that of RFC 5321, section 4.1.4. */
enum smtp_stage { STAGE_CONNECT, STAGE_GREETED, STAGE_LOGIN, STAGE_FROM, STAGE_TO, STAGE_MAIL };

struct smtp {
	const struct mail_config *config;
	struct transfer *transfer;
	char url[320];
	enum smtp_stage stage;
	bool over;	 /* QUIT was said: what follows is not about the mail */
	bool logged_in;	 /* on this connection: the server said 235 */
	bool takes_utf8; /* on this connection: it offers SMTPUTF8 */
	bool needs_utf8; /* this mail does */
	bool held_back;	 /* it needs what is not offered, so it was broken off */
	char verb[16];	 /* the last command we sent */
	char reply[256]; /* the last line of the last answer, escaped */
	int code;	 /* of the last answer; 0 while a command waits for its own */
};

static void note_command(void *arg, const char *data, size_t len)
{
	struct smtp *s = arg;
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
	bool continues = s->code == 334; /* the next line of a login is no command */
	s->over = s->over || (!continues && len >= 4 && strncasecmp(data, "QUIT", 4) == 0);
	if (s->over)
		return;
	s->code = 0;
	if (len >= 4 && strncasecmp(data, "EHLO", 4) == 0)
		s->takes_utf8 = false;
	for (size_t i = 0; i < ARRAY_LEN(stages) && !continues; i++) {
		size_t n = strlen(stages[i].verb);
		if (len < n || strncasecmp(data, stages[i].verb, n) != 0)
			continue;
		(void)snprintf(s->verb, sizeof s->verb, "%s", stages[i].verb);
		s->stage = stages[i].stage;
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

static bool note_reply(void *arg, const char *line, size_t len)
{
	struct smtp *s = arg;
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	/* one of the lines that EHLO is answered with: RFC 6531, section 3.1 */
	if (len == 12 && strncasecmp(line + 4, "SMTPUTF8", 8) == 0)
		s->takes_utf8 = true;
	int code = parse_code(line, len);
	if (s->over || code == 0)
		return true;
	s->code = code;
	if (s->code == 220 || s->code == 235) /* a greeting, or the answer to STARTTLS; a login */
		s->logged_in = s->code == 235;
	(void)escape_text(s->reply, sizeof s->reply, line, len);
	return true;
}

/* The answer to the mail itself is to come. It would be 8-bit addresses for a server that does not
 * know them, whatever it said to the envelope, so it gets none. */
static bool note_mail(void *arg)
{
	struct smtp *s = arg;
	s->code = 0;
	s->held_back = s->needs_utf8 && !s->takes_utf8;
	return !s->held_back;
}

static int set_url(struct smtp *s, struct error *err)
{
	const struct mail_config *c = s->config;
	bool v6 = strchr(c->host, ':') != NULL;
	if (!c->host[0] || c->host[strspn(c->host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
						   "UVWXYZ0123456789.:_-")])
		return error_set(err, "'%s' is no host name", c->host);
	int len = snprintf(s->url, sizeof s->url, "%s://%s%s%s:%u",
		c->security == MAIL_SMTPS ? "smtps" : "smtp", v6 ? "[" : "", c->host, v6 ? "]" : "",
		c->port);
	return len < (int)sizeof s->url ? 0 : error_set(err, "the host name is too long");
}

int smtp_open(const struct mail_config *config, struct smtp **ret_smtp, struct error *err)
{
	struct smtp *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, "out of memory");
	s->config = config;
	if (set_url(s, err) < 0 || transfer_open(&s->transfer, err) < 0) {
		smtp_close(s);
		return error_context(err, "mail");
	}
	*ret_smtp = s;
	return 0;
}

void smtp_close(struct smtp *s)
{
	if (!s)
		return;
	transfer_close(s->transfer);
	free(s);
}

int smtp_address(const char *address, struct buffer *out)
{
	const char *at = strrchr(address, '@');
	size_t start = out->len;
	if (!at || mail_is_ascii(at))
		return buffer_append_text(out, address);
	if (buffer_append(out, address, (size_t)(at + 1 - address)) < 0)
		return -1;
	if (transfer_ascii_domain(at + 1, out) == 0)
		return 0;
	out->len = start;
	return buffer_append_text(out, address);
}

/* Whether the answer speaks of us rather than of this recipient, wherever it comes: not logged
 * in, or logged in badly (RFC 4954, section 6). */
static bool is_login_trouble(const struct smtp *s)
{
	if (s->code == 530 || s->code == 534 || s->code == 535 || s->code == 538)
		return true;
	return s->code >= 500 && s->config->user[0] && !s->logged_in;
}

/* RFC 1870: too large a mail may be refused at MAIL FROM already, which is the mail's fault. */
static bool is_too_large(const struct smtp *s)
{
	return s->stage == STAGE_FROM && s->code == 552;
}

static enum send_result classify(const struct smtp *s)
{
	if (s->held_back)
		return mail_is_ascii(s->config->from) ? SEND_REFUSED : SEND_CHANNEL;
	if (is_too_large(s))
		return SEND_REFUSED;
	if (s->stage < STAGE_FROM || is_login_trouble(s))
		return SEND_CHANNEL;
	if (s->stage == STAGE_FROM)
		return s->code >= 400 ? SEND_CHANNEL : SEND_LOST;
	return s->code >= 500 ? SEND_REFUSED : s->code >= 400 ? SEND_LATER : SEND_LOST;
}

/* libcurl's own words serve where no answer says more. */
static void explain(const struct smtp *s, struct error *reason)
{
	if (s->held_back)
		(void)error_set(reason,
			"%s: an address is not ASCII, which this server does not take (it does "
			"not offer SMTPUTF8, RFC 6531)",
			s->url);
	else if (s->code >= 400)
		(void)error_set(reason, "%s: answer to %s: %s", s->url,
			s->verb[0] ? s->verb : "the connection", s->reply);
	else if (s->verb[0])
		(void)error_context(reason, "%s: %s", s->url, s->verb);
	else
		(void)error_context(reason, "%s", s->url);
}

enum send_result smtp_send(
	struct smtp *s, const char *recipient, const struct buffer *mail, struct error *ret_reason)
{
	const struct mail_config *c = s->config;
	const struct transfer_order order = {
		.url = s->url,
		.protocols = "smtp,smtps",
		.starttls = c->security != MAIL_PLAIN,
		.ca = c->ca,
		.user = c->user,
		.password = c->password,
		.timeout_ms = c->timeout_ms,
		.from = c->from,
		.to = recipient,
		.body = mail->data,
		.len = mail->len,
		.hooks = { .on_said = note_command,
			.on_heard = note_reply,
			.on_give = note_mail,
			.arg = s },
	};
	s->stage = STAGE_CONNECT;
	s->code = 0;
	s->over = s->held_back = false;
	s->needs_utf8 = !mail_is_ascii(recipient) || !mail_is_ascii(c->from);
	s->verb[0] = s->reply[0] = 0;
	if (transfer_run(s->transfer, &order, ret_reason) == 0)
		return SEND_SENT;
	explain(s, ret_reason);
	return classify(s);
}
