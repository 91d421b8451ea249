#ifndef FLEET_ALERTER_OUTLETS_H
#define FLEET_ALERTER_OUTLETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerter/outbox.h"
#include "lib/arena.h"
#include "lib/error.h"
#include "lib/send/channel.h"

/*
 * What can be at fault alone: the mail server, each webhook, each command. While one is, what goes
 * there waits, and nothing else. From run to run that stands in a row of the table of alerts, which
 * fires without an event: it could not be told. Rule "delivery", the outlet as its instance, the
 * reason as its text, `count` faults in a row, the last at `as_of`; for `limit` ms after that the
 * outlet is left alone.
 */
struct outlet {
	const char *name;
	const struct channel_way *way;
	bool is_blocked;  /* takes nothing, or not yet again */
	bool was_faulty;  /* when the run began */
	uint32_t lost;	  /* connections in a row */
	uint32_t turn;	  /* the last in which it took something, */
	int64_t spent_ms; /* and how long that took */
	struct outlet *next;
};

struct outlets {
	const struct outbox *outbox;
	struct arena memory;
	struct outlet *first;
};

/* Forgets the faults of outlets that the configuration does not have any more. */
int outlets_init(struct outlets *p, const struct outbox *o, struct error *err) MUST_CHECK;
void outlets_finish(struct outlets *p);

/* NULL without memory. */
struct outlet *outlets_find(struct outlets *p, const struct channel_way *way,
	const struct recipient *to, int64_t now) MUST_CHECK;

/* Whether it has its turn still, from 0: OUTLET_TURN_MS in each, and none in the first for what was
 * at fault lately, so that neither slow ones nor broken ones are all that a run comes to. */
enum { OUTLET_TURN_MS = 5 * 1000 };
bool outlet_has_turn(struct outlet *outlet, uint32_t turn);

/* Whether something was not sent because of its outlet. */
bool outlets_are_blocked(const struct outlets *p);

/* What came of a try there. */
int outlets_note(struct outlets *p, struct outlet *outlet, enum send_result result,
	const struct send_report *report, int64_t now, struct error *err) MUST_CHECK;

#endif
