#include "lib/send/smtp.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/send/address.h"
#include "lib/send/smtp_talk.h"
#include "lib/send/transfer.h"

struct smtp {
	const struct mail_config *config;
	struct transfer *transfer;
	char url[320];
	struct smtp_talk talk;
};

static void on_said(void *arg, const char *line, size_t len)
{
	struct smtp *s = arg;
	smtp_talk_said(&s->talk, line, len);
}

static bool on_heard(void *arg, const char *line, size_t len)
{
	struct smtp *s = arg;
	return smtp_talk_heard(&s->talk, line, len);
}

static bool on_give(void *arg)
{
	struct smtp *s = arg;
	return smtp_talk_mail(&s->talk);
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
		return error_no_memory(err);
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

enum send_result smtp_send(struct smtp *s, const char *from, const char *to,
	const struct buffer *mail, const volatile sig_atomic_t *stop, struct error *ret_reason)
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
		.stop = stop,
		.from = from,
		.to = to,
		.body = mail->data,
		.len = mail->len,
		.hooks = { on_said, on_heard, on_give, NULL, s },
	};
	smtp_talk_begin(&s->talk, from, to);
	if (transfer_run(s->transfer, &order, ret_reason) == 0)
		return SEND_SENT;
	enum send_result result = smtp_talk_judge(&s->talk, c->user[0], s->url, ret_reason);
	/* the next would hang there as long as this one did */
	return result == SEND_LOST && transfer_timed_out(s->transfer) ? SEND_DOUBTED : result;
}
