/*
 * Mail, by the one server that <mail> names.
 */
#include <string.h>

#include "lib/send/channel.h"
#include "lib/send/message.h"
#include "lib/send/smtp.h"

static int open_server(const struct config *config, void **ret_state, struct error *err)
{
	struct smtp *smtp = NULL;
	if (mail_check_sender(config->mail.from, config->mail.list_id, err) < 0 ||
		smtp_open(&config->mail, &smtp, err) < 0)
		return -1;
	*ret_state = smtp;
	return 0;
}

static void close_server(void *state)
{
	smtp_close(state);
}

/* As headers and envelope have them. */
struct addresses {
	struct buffer from, to;
};

static void addresses_finish(struct addresses *a)
{
	buffer_finish(&a->from);
	buffer_finish(&a->to);
}

/* What is wrong with the message itself is final; want of memory is not. */
static enum send_result build(const struct config *config, const struct recipient *to,
	const struct notification *n, const struct addresses *a, struct buffer *out,
	struct error *err)
{
	const struct mail_message m = {
		.from = a->from.data,
		.to = a->to.data,
		.to_name = strcmp(to->name, to->address) == 0 ? "" : to->name,
		.subject = n->subject,
		.text = n->text,
		.html = n->payload,
		.message_id = n->message_id,
		.references = n->references,
		.list_id = config->mail.list_id,
		.date_ms = n->created_at,
	};
	if (mail_check(&m, err) < 0)
		return SEND_REFUSED;
	return mail_build(&m, out, err) < 0 ? SEND_LATER : SEND_SENT;
}

static enum send_result send_mail(void *state, const struct channels *c, const struct recipient *to,
	const struct notification *n, struct send_report *report)
{
	struct addresses a CLEANUP(addresses_finish) = { .from.cap = 0 };
	struct buffer mail CLEANUP(buffer_finish) = { 0 };
	const struct config *config = c->config;
	if (smtp_address(config->mail.from, &a.from) < 0 || smtp_address(to->address, &a.to) < 0) {
		(void)error_no_memory(&report->reason);
		return SEND_LATER;
	}
	enum send_result built = build(config, to, n, &a, &mail, &report->reason);
	if (built != SEND_SENT)
		return built;
	return smtp_send(state, a.from.data, a.to.data, &mail, c->stop, &report->reason);
}

const struct channel_way channel_mail = {
	.channel = CHANNEL_MAIL,
	.rests = true,
	.open = open_server,
	.send = send_mail,
	.close = close_server,
};
