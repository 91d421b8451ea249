#ifndef FLEET_ALERTS_VISIT_H
#define FLEET_ALERTS_VISIT_H

#include "lib/alerts/book.h"
#include "lib/alerts/step.h"

/* One sample of one client under way through the book: what the files of the evaluation hand to
 * each other. */
struct visit {
	struct book *book;
	struct book_client *client;
	const struct stored_sample *sample;
	int64_t now;
	struct error *err;
	struct pace pace; /* of a good sample that is newer than all before */
};

/* Carries out what a rule's look at one instance found. */
int visit_move(const struct visit *v, const struct rule *rule, const char *instance,
	struct verdict *verdict, const char *text) MUST_CHECK;

/* The look of this sample at an instance. */
struct look visit_look(const struct visit *v, const char *instance, bool present, double value);

/* forecast.c: a rule that needs the past of a series (RULE_FULL_WITHIN, RULE_CHANGE): asks for it
 * every few minutes at most, which the row remembers, in state ok if need be. */
int visit_history(
	const struct visit *v, struct watch *w, const char *instance, double value) MUST_CHECK;

#endif
