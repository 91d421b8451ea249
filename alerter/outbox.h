#ifndef FLEET_ALERTER_OUTBOX_H
#define FLEET_ALERTER_OUTBOX_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "alerter/lease.h"
#include "lib/alerts/book.h"
#include "lib/alerts/compose.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * From stored events to frozen notifications, and from those to the people. Delivery is at
 * least once: a try is recorded after it was made, and a run that dies in between makes it
 * again under the same Message-ID.
 */
struct outbox {
	const struct config *config;
	struct storage *storage;
	struct book *book; /* keeps the rows of what takes nothing: outlets.h */
	struct lease *lease;
	const volatile sig_atomic_t *stop;
	int64_t budget_ms; /* after that no delivery begins; the rest is the next run's */
};

/* Composes whatever was told to nobody yet, and what was deferred and is due. */
int outbox_compose(struct outbox *o, struct error *err) MUST_CHECK;

/* Tries everything that is due, each by its channel, and says on stderr what cannot be told.
 * *ret_good: nobody is left untold, be it because of what is between (a server, a program), for
 * want of time or for good. -1 is a fault of storage or memory. */
int outbox_deliver(const struct outbox *o, bool *ret_good, struct error *err) MUST_CHECK;

/* What compose() asks, answered by storage and book. */
struct compose_ask outbox_ask(struct outbox *o);

#endif
