#ifndef FLEET_ALERTS_CONTACT_H
#define FLEET_ALERTS_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/alerts/verdict.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * How the alerts move that need no rule: whether a client, or a jump host on the way to it, can be
 * reached, whether it shows its host key, and whether the collector runs. Pure. Who is told of a
 * client under whom is in reach.h.
 *
 * The row of a client that cannot be reached begins with its first failure: `count` has the
 * failures in a row that are its own, `value` all of them.
 */

/* Failures that say nothing about the client: ours, or time ran out. */
bool outcome_blameless(enum outcome o);

/* One sample of a client, good or not, against its client-unreachable row: counts failures.
 * Those that say nothing about the client count less, but it must not go unwatched unsaid. */
struct verdict unreachable_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now) MUST_CHECK;

/* How sure it is that nobody can reach it, by a row as above or NULL: only failures of cycles
 * that are over count, so that one that is cut off half-way tells of all its victims at once.
 * `running_cycle` is the id of the collector's present cycle, 0 when none is running; ids of
 * attempts are ordered with it. */
enum contact { CONTACT_GOOD, CONTACT_DOUBTED, CONTACT_LOST };
enum contact contact_judge(
	const struct alerter_config *config, const struct alert *row, uint64_t running_cycle);

/* Such a row begins to fire, unless it does. */
struct verdict contact_lose(
	const struct alerter_config *config, const struct alert *row) MUST_CHECK;

/* One sample of a client against its host-key-changed row, which fires at once. */
struct verdict host_key_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now) MUST_CHECK;

/* What a sample says of the jump hosts on the way to its client. */
enum passage {
	PASSAGE_UNKNOWN, /* nothing */
	PASSAGE_OPEN,	 /* all of them let it through */
	PASSAGE_STOPPED, /* it got no further than to one of them, which its error names */
};
enum passage sample_passage(const struct stored_sample *sample);

/* Whether that one has this name. */
bool sample_blames(const struct stored_sample *sample, const char *jump_name);

/* A sample that was stopped at a jump host, or let through, against that one's row (client "",
 * RULE_JUMP, its name). A cycle's failures count once. */
struct verdict jump_step(const struct alerter_config *config, const struct alert *old,
	const char *name, const struct stored_sample *sample, bool stopped, int64_t now) MUST_CHECK;

/* The fleet's collector: `finished_at` of the newest finished cycle over the whole fleet, 0
 * when there never was one; then the time counts from the first look. */
struct verdict stale_step(const struct alerter_config *config, const struct alert *old,
	int64_t finished_at, int64_t now) MUST_CHECK;

#endif
