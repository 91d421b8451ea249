#ifndef FLEET_ALERTS_EXPLAIN_H
#define FLEET_ALERTS_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/compiler.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * Why an alert of a rule fires, or does not: from the state that the alerter keeps to sentences,
 * by the same predicates that move it (step.h, verdict.h, hold.h). Pure.
 */
struct explain {
	const struct alerter_config *config;
	const struct rule *rule;
	const struct alert *row;	 /* as stored; NULL while it is plainly ok */
	const struct alert *unreachable; /* the row of its client, or NULL */
	bool has_value;			 /* the newest good sample has the instance */
	double value;			 /* what it says, of a rule that compares just that */
	int64_t value_at;		 /* when it was taken; 0: there is none */
	int64_t judged_at; /* the newest good sample that the alerter has looked at; 0:
			      none */
	const char *hold;  /* what covers it now, for people; "" */
};

/* Appends the sentences, a line each. */
int explain_alert(const struct explain *e, struct buffer *out) MUST_CHECK;

/* The same of an alert of a client that needs no rule: RULE_UNREACHABLE or RULE_HOST_KEY. Only
 * `config`, `row` and `hold` are looked at. */
int explain_builtin(const struct explain *e, const char *key, struct buffer *out) MUST_CHECK;

#endif
