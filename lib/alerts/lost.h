#ifndef FLEET_ALERTS_LOST_H
#define FLEET_ALERTS_LOST_H

#include <stdint.h>

#include "lib/alerts/book.h"
#include "lib/alerts/reach.h"
#include "lib/error.h"

/*
 * Who cannot be reached, after all samples: the rows of clients, jump hosts, <parent>s and of the
 * collector's own isolation begin and end here, and what is told under what (reach.h).
 *
 * Isolation is a guess, and a fleet of which half is dead looks the same. When others have answered
 * for a quarter of an hour while its alert fires, nothing is held by it any more, and it closes as
 * soon as those that are down are told one by one. `level_since` of its row says since when they
 * answer.
 */
struct lost {
	struct book *book;
	struct reach reach;
	struct book_client *fleet; /* whose rows concern no client */
	uint64_t running_cycle;	   /* as in contact_judge() */
	int64_t now;
	bool is_isolated; /* that alert fires, and nothing contradicts it */
};

int lost_init(struct lost *l, struct book *b, uint64_t running_cycle, int64_t now,
	struct error *err) MUST_CHECK;
void lost_finish(struct lost *l);

/* Moves these rows. */
int lost_move(struct lost *l, struct error *err) MUST_CHECK;

/* What of this holds an alert that fires: the words, "" when nothing does; NULL without memory.
 * `row` is of client `c`. */
const char *lost_hold(
	struct lost *l, const struct book_client *c, const struct book_row *row) MUST_CHECK;

/* Who hears of such a row: whoever looks after what is behind it, too, and of one that concerns no
 * client those who look after the fleet. NULL without memory. */
const char *const *lost_recipients(
	struct lost *l, const struct book_client *c, const struct book_row *row) MUST_CHECK;

/* And when nobody acknowledges it, after how long (crowd_escalation()). */
const char *const *lost_escalation(struct lost *l, const struct book_client *c,
	const struct book_row *row, int64_t *ret_after_ms) MUST_CHECK;

#endif
