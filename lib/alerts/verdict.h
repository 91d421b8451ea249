#ifndef FLEET_ALERTS_VERDICT_H
#define FLEET_ALERTS_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * What becomes of an alert's row, and the moves that all kinds of alerts share: beginning to
 * fire, ending, being told again. Pure.
 *
 * Flapping: a row that opened more than alerter.flap_after times within alerter.flap_window is
 * locked. That is said once; from then on it fires, at the worst severity that it had since the
 * first of them, whatever the value does, until it was clear, or gone, for the whole window. A row
 * therefore stays, in state ok, for as long after its end as its openings count.
 */
/* Alerts that need no rule. */
#define RULE_UNREACHABLE "client-unreachable"
#define RULE_HOST_KEY	 "host-key-changed"
#define RULE_STALE	 "collector-stale"
#define RULE_ISOLATED	 "collector-isolated"
#define RULE_JUMP	 "jump-unreachable"   /* its instance is the jump host's name */
#define RULE_PARENT	 "parent-unreachable" /* its instance is the <parent>'s name */
#define RULE_LAST_GOOD	 "last-good"	      /* see storage_get_alerts() */
#define RULE_DELIVERY	 "delivery"	      /* a mail server, webhook or command takes nothing */
#define RULE_LATE	 "late:"	      /* before a rule's key: see late_step() */

enum verdict_row { ROW_KEEP, ROW_WRITE, ROW_REMOVE };

/* `alert` is the row after the move; when the row goes, as it was at its end. Its client, rule
 * and recipients are the caller's to fill in for a new one. */
struct verdict {
	enum verdict_row row;
	bool tell; /* there is an event */
	enum event_kind kind;
	const char *held; /* of the event: hold_apply(); NULL = nothing holds it */
	int64_t at;	  /* of the event; 0 = the alert's as_of */
	const char *text; /* of the event, safe to show; NULL = the row's */
	const char *to;	  /* whom the event goes to, who from now on hear of the alert, too; NULL =
			     all who do */
	struct alert alert;
};

struct verdict verdict_keep(void);
struct verdict verdict_write(struct alert a);
struct verdict verdict_remove(struct alert a);
struct verdict verdict_tell(struct verdict v, enum event_kind kind);

/* It begins to fire at this time: told as FIRING, or as FLAPPING when that was once too often. */
struct verdict verdict_open(const struct alerter_config *config, struct alert a, int64_t at);

/* It does not fire and is well: what pends is forgotten, and the row with it unless openings are
 * still counted. */
struct verdict verdict_calm(const struct alerter_config *config, struct alert a);

/* It fires and this look found it clear: RESOLVED once it was so for long enough. */
struct verdict verdict_clear(
	const struct alerter_config *config, struct alert a, int64_t clear_for_ms);

/* It fires and what it is about is gone: CLOSED, and of one that flaps only when it was gone, or
 * clear, for the window. */
struct verdict verdict_vanish(const struct alerter_config *config, struct alert a);

/* For how long that has to be: a rule's clear-for, and of one that flaps the window at least. */
int64_t verdict_clear_for(
	const struct alerter_config *config, const struct alert *a, int64_t clear_for_ms);

/* A row that fires on, locked or not, is told again when it is time to, and nobody has taken it
 * on. */
struct verdict verdict_remind(struct verdict v, int64_t repeat_ms, int64_t now);

bool alert_is_locked(const struct alerter_config *config, const struct alert *a);

/* Its severity may have risen: remembers the worst for a lock. */
void alert_worsened(struct alert *a);

/* Somebody has acknowledged it, as severe as it is now. */
bool alert_is_acked(const struct alert *a);

/* What happens to it as it stands; its texts are the row's. */
struct event alert_event(const struct alert *a, enum event_kind kind);

/* Why nobody is told of it now; "" = somebody is. */
const char *alert_held(const struct alert *a);

/* Milliseconds from *since to `at`; after a clock that went back it counts anew. */
int64_t alert_lasted(int64_t *since, int64_t at);

#endif
