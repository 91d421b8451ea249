/* fleet alerts test: one marked test, by the way that a recipient's alerts take. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "console/alerts/alerts.h"
#include "console/test_message.h"
#include "lib/log.h"
#include "lib/send/address.h"

static bool is_known(const struct config *config, const char *name)
{
	return config_recipient(config, name).line > 0 || mail_address_valid(name);
}

static int send_test(const struct config *config, const char *name)
{
	struct error err;
	enum send_result result;
	struct send_report report;
	if (test_message_send(config, name, "fleet alerts test", &result, &report, &err) != 0)
		return alerts_failed(&err);
	const char *channel = channel_name(config_recipient(config, name).channel);
	if (result != SEND_SENT) {
		log_error("%s was not told by %s: %s", name, channel, report.reason.text);
		return EX_UNAVAILABLE;
	}
	printf("%s was told by %s\n", name, channel);
	return EX_OK;
}

int alerts_test(const char *config_path, int argc, char **argv)
{
	if (commands_options(NULL, 0, argc, argv) != 2)
		return alerts_usage("test");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, false);
	if (!config)
		return EX_CONFIG;
	if (!is_known(config, argv[1])) {
		log_error("%s: there is no <recipient>, <webhook> or <command> '%s', and it is no "
			  "mail address",
			config->file, argv[1]);
		return EX_DATAERR;
	}
	(void)signal(SIGPIPE, SIG_IGN); /* a command need not read what it is told */
	return send_test(config, argv[1]);
}
