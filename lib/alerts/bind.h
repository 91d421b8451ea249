#ifndef FLEET_ALERTS_BIND_H
#define FLEET_ALERTS_BIND_H

#include <stddef.h>

#include "lib/alerts/book.h"

/*
 * Which rules watch which series: found once a series, by the names of metric and instance, and
 * from then on by the series' number, so that no reading costs a comparison of text.
 */

/* The metrics that the rules of a configuration look at: NULL-terminated, the names are its own,
 * the array is the caller's to free. NULL without memory. */
const char **bind_metrics(const struct config *config) MUST_CHECK;

/* Before the first sample of a client: which of its rules look at alerts of others, and what its
 * rows belong to. -1 without memory. */
int bind_client(struct book_client *c) MUST_CHECK;

/* After and before a row becomes another: `quieting` of its rule. */
void bind_count(struct book_client *c, const struct alert *a);
void bind_uncount(struct book_client *c, const struct alert *a);

/* Of a rule of the client: more than that of the rules which keep it quiet, but for those that it
 * keeps quiet itself. 0 of one that is not the client's. */
uint32_t bind_rank(const struct book_client *c, const struct rule *rule);

/* Finds the watches of a reading's series, of which there is at least one: *at is where the last
 * reading's were (0 at first), and becomes where these begin. -1 without memory. */
int bind_reading(
	struct book_client *c, const struct stored_reading *reading, size_t *at) MUST_CHECK;

/* After a move of the alert that a watch belongs to. */
void bind_moved(struct book_client *c, struct watch *w, const char *instance);

/* Before a row goes that may belong to one. */
void bind_forget(struct book_client *c, const struct book_row *row);

#endif
