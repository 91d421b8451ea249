/*
 * fleet check --mail: one marked test mail through the very path that alerts take.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "console/check.h"
#include "lib/clock.h"
#include "lib/send/message.h"
#include "lib/send/smtp.h"

static const char subject[] = "[fleet] TEST: this is only a test mail";

/* Who is told of the fleet as a whole, else of the first client with somebody to tell. */
static const char *first_recipient(const struct config *config)
{
	if (config->alerter.mail[0])
		return config->alerter.mail[0];
	for (size_t i = 0; i < config->client_count; i++)
		if (config->clients[i].mail[0])
			return config->clients[i].mail[0];
	return NULL;
}

static int build(
	const struct config *config, const char *to, struct buffer *mail, struct error *err)
{
	char id[320], text[1024], host[128] = "this machine", at[CLOCK_TEXT_SIZE];
	int64_t now = clock_wall_ms();
	(void)gethostname(host, sizeof host - 1);
	(void)snprintf(id, sizeof id, "test-%lld-%d@%s", (long long)now, (int)getpid(),
		config->mail.list_id);
	(void)snprintf(text, sizeof text,
		"Nothing is wrong: somebody ran `fleet check --mail` on %s at %s.\n\n"
		"Alerts of %s take the same path.\n",
		host, clock_format_utc(now, at), config->file);
	const struct mail_message message = {
		.from = config->mail.from,
		.to = to,
		.subject = subject,
		.text = text,
		.message_id = id,
		.references = "",
		.list_id = config->mail.list_id,
		.date_ms = now,
	};
	return mail_build(&message, mail, err);
}

static int send_test(const struct config *config, const char *to, struct error *err)
{
	struct buffer mail CLEANUP(buffer_finish) = { 0 };
	struct smtp *smtp = NULL;
	if (build(config, to, &mail, err) != 0 || smtp_open(&config->mail, &smtp, err) != 0)
		return -1;
	enum send_result result = smtp_send(smtp, to, &mail, err);
	smtp_close(smtp);
	return result == SEND_SENT ? 0 : -1;
}

int check_mail(const struct config *config)
{
	struct error err;
	if (!config->mail.enabled)
		return check_failed("mail", "there is no <mail>: alerts go to standard output");
	const char *to = first_recipient(config);
	if (!to)
		return check_failed("mail", "nobody to send to: no mail= on <alerter> or a client");
	if (send_test(config, to, &err) != 0)
		return check_failed("mail", "%s to %s: %s", config->mail.host, to, err.text);
	return check_passed("mail", "%s took a test mail to %s", config->mail.host, to);
}
