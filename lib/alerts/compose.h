#ifndef FLEET_ALERTS_COMPOSE_H
#define FLEET_ALERTS_COMPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/alerts/pool.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * Who is told what: from events to frozen notifications. Pure but for one question to the
 * outbox.
 *
 * Up to COMPOSE_SINGLE_MAX events go to a recipient as a mail each, which replies to the mail
 * that first told its alert; above that they go as one digest, worst first, in as many mails
 * as its lines need. When at least half of the clients, and 3, became unreachable, the collector
 * itself is in doubt: then each recipient gets one mail that says so first. With several
 * recipients each gets mails of their own, so that one bad address costs nobody else anything.
 * Without <mail>, and for an event with no recipient at all, the text goes to standard output
 * under the recipient "".
 *
 * A Message-ID is made of nothing but the row's content, so composing the same events again
 * gives the same one.
 */
enum {
	COMPOSE_SINGLE_MAX = 5,
	COMPOSE_LINES_MAX = 1000 * 1000, /* bytes of one mail's list; storage cuts at 1 MiB */
};

/* Appends the Message-ID under which `recipient` was first told the alert that this event
 * opened, or nothing; as storage_first_message(). */
typedef int compose_first_message(void *arg, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err);

struct mailbag {
	struct notification *items; /* in the pool, as everything they point at */
	size_t count;
};

int compose(const struct event *events, size_t count, const struct config *config, int64_t now,
	compose_first_message *first, void *arg, struct arena *pool, struct mailbag *ret_bag,
	struct error *err) MUST_CHECK;

#endif
