#ifndef FLEET_ALERTS_LATE_H
#define FLEET_ALERTS_LATE_H

#include "lib/alerts/visit.h"

/*
 * Good samples that are older than what was evaluated: they move nothing, and what they say of a
 * breach is told once (late_step()). Of limits only, for of the other kinds there is nothing to be
 * told afterwards: what was forecast then has happened since or has not; a change that lasts is
 * seen by the newest sample, whose past these are part of by now; a metric, or a client, that was
 * missed was there all the time; and how many of a group broke their limits together nobody knows
 * while some samples are still to come.
 */

/* A reading of such a sample. */
int late_reading(
	const struct visit *v, struct watch *w, const struct stored_reading *reading) MUST_CHECK;

/* A row that gathers such breaches, after all samples: told, or forgotten, unless this run had some
 * of them, so that more may follow. One of a rule that is gone tells nothing. */
int late_finish(struct book *b, struct book_client *c, const struct book_row *row, int64_t now,
	struct error *err) MUST_CHECK;

/* Whether a row is such a one. */
bool late_is(const char *key);

#endif
