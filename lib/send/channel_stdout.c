/*
 * Standard output, which cron mails: what has no other way.
 */
#include <stdio.h>

#include "lib/send/channel.h"

static enum send_result print(void *state, const struct channels *c, const struct recipient *to,
	const struct notification *n, struct send_report *report)
{
	(void)state, (void)c, (void)to;
	if (n->recipient[0])
		(void)printf("To: %s\n", n->recipient);
	if (printf("%s\n\n%s\n", n->subject, n->text) < 0 || fflush(stdout) != 0) {
		(void)error_errno(&report->reason, "standard output");
		clearerr(stdout);
		return SEND_CHANNEL;
	}
	return SEND_SENT;
}

const struct channel_way channel_stdout = { .channel = CHANNEL_STDOUT, .send = print };
