#include "lib/send/channel.h"

#include <stdio.h>
#include <string.h>

static const struct channel_way *const ways[CHANNELS] = {
	[CHANNEL_STDOUT] = &channel_stdout,
	[CHANNEL_MAIL] = &channel_mail,
	[CHANNEL_WEBHOOK] = &channel_webhook,
	[CHANNEL_COMMAND] = &channel_command,
};

void channels_finish(struct channels *c)
{
	for (size_t i = 0; i < CHANNELS; i++) {
		if (c->states[i])
			ways[i]->close(c->states[i]);
		c->states[i] = NULL;
	}
}

const struct channel_way *channels_route(
	const struct channels *c, const struct notification *n, struct recipient *ret_to)
{
	*ret_to = config_recipient(c->config, n->recipient);
	bool same = strcmp(channel_name(ret_to->channel), n->channel) == 0;
	return same ? ways[ret_to->channel] : &channel_stdout;
}

enum send_result channels_send(struct channels *c, const struct channel_way *way,
	const struct recipient *to, const struct notification *n, struct send_report *report)
{
	void **state = &c->states[way->channel];
	*report = (struct send_report){ .rest_ms = 0 };
	if (way->open && !*state && way->open(c->config, state, &report->reason) < 0)
		return SEND_CHANNEL;
	return way->send(*state, c, to, n, report);
}

void channel_outlet(const struct channel_way *way, const struct recipient *to,
	char ret_outlet[static CHANNEL_OUTLET_SIZE])
{
	const char *name = channel_name(way->channel);
	(void)snprintf(ret_outlet, CHANNEL_OUTLET_SIZE, "%s%s%s", name, way->is_own ? " " : "",
		way->is_own ? to->name : "");
}

bool channel_outlet_exists(const struct config *config, const char *outlet)
{
	char now[CHANNEL_OUTLET_SIZE];
	const char *blank = strchr(outlet, ' ');
	if (!blank)
		return strcmp(outlet, channel_name(CHANNEL_MAIL)) == 0 ? config->mail.enabled
								       : true;
	struct recipient to = config_recipient(config, blank + 1);
	channel_outlet(ways[to.channel], &to, now);
	return strcmp(now, outlet) == 0;
}
