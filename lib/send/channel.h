#ifndef FLEET_SEND_CHANNEL_H
#define FLEET_SEND_CHANNEL_H

#include <signal.h>
#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/send/send.h"
#include "lib/storage/storage.h"

/*
 * The ways by which people are told, a row each in the table of channel.c.
 */
struct channels;
struct channel_way {
	enum channel channel;
	/* Whether each recipient is at the far end of a way of its own, which can be at fault
	 * alone. The mails of all go through one server. */
	bool is_own;
	/* Whether it is to be left alone for a while after a fault. */
	bool rests;
	/* What is kept from one message to the next; opened when the first is sent. It connects to
	 * nobody yet. NULL: nothing is. */
	int (*open)(const struct config *config, void **ret_state, struct error *err);
	/* `to` is what the recipient's name stands for now. */
	enum send_result (*send)(void *state, const struct channels *c, const struct recipient *to,
		const struct notification *n, struct send_report *report);
	void (*close)(void *state);
};

extern const struct channel_way channel_mail, channel_stdout, channel_webhook, channel_command;

/* All of them, with what is open. `config` and `stop` must outlive it; zero-initialised but for
 * those. */
enum { CHANNELS = 4 };
struct channels {
	const struct config *config;
	const volatile sig_atomic_t *stop; /* set: what is under way is broken off; NULL */
	void *states[CHANNELS];
};

/* Closes what is open. */
void channels_finish(struct channels *c);

/* Which way a notification goes. It is frozen for the channel that it was composed for; when its
 * recipient's name stands for another one by now, it is printed. */
const struct channel_way *channels_route(
	const struct channels *c, const struct notification *n, struct recipient *ret_to);

/* Sends it that way; the reason in *report tells neither URL nor secret. Delivers at least once:
 * what it did has to be written down. */
enum send_result channels_send(struct channels *c, const struct channel_way *way,
	const struct recipient *to, const struct notification *n,
	struct send_report *report) MUST_CHECK;

/* What can be at fault alone: "mail", "webhook chat". */
enum { CHANNEL_OUTLET_SIZE = 300 };
void channel_outlet(const struct channel_way *way, const struct recipient *to,
	char ret_outlet[static CHANNEL_OUTLET_SIZE]);

/* Whether that is still somewhere in this configuration. */
bool channel_outlet_exists(const struct config *config, const char *outlet);

#endif
