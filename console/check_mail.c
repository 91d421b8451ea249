/*
 * fleet check --mail: one marked test mail through the very path that alerts take.
 */
#include "console/check.h"
#include "console/test_message.h"

static const char *first_address(const struct config *config, const char *const *names)
{
	for (; *names; names++)
		if (config_recipient(config, *names).channel == CHANNEL_MAIL)
			return *names;
	return NULL;
}

/* Who is told of the fleet as a whole, else of the first client with somebody to tell. */
static const char *first_recipient(const struct config *config)
{
	const char *name = first_address(config, config->alerter.mail);
	for (size_t i = 0; !name && i < config->client_count; i++)
		name = first_address(config, config->clients[i].mail);
	return name;
}

int check_mail(const struct config *config)
{
	struct error err;
	enum send_result result;
	struct send_report report;
	if (!config->mail.enabled)
		return check_failed("mail", "there is no <mail>: alerts go to standard output");
	const char *to = first_recipient(config);
	if (!to)
		return check_failed("mail", "nobody to send to: no mail= on <alerter> or a client");
	if (test_message_send(config, to, "fleet check --mail", &result, &report, &err) != 0)
		return check_failed("mail", "%s", err.text);
	if (result != SEND_SENT)
		return check_failed(
			"mail", "%s to %s: %s", config->mail.host, to, report.reason.text);
	return check_passed("mail", "%s took a test mail to %s", config->mail.host, to);
}
