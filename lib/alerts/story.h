#ifndef FLEET_ALERTS_STORY_H
#define FLEET_ALERTS_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * What one recipient is to be told of one alert. Events of an alert that go out together are
 * collapsed: an alerter that was away for a day, or a recipient who was not to be disturbed,
 * makes one story of each alert, which says what changed since the recipient last heard of it.
 * Pure.
 */
struct story {
	struct event event; /* the last one; its kind is what matters most of how it is now */
	const struct event *const *events; /* all of them, by id */
	size_t count;
	uint32_t times; /* how often it fired, what was known before included */
	bool known;	/* the recipient knew of it before the first of these */
	bool over;	/* it does not fire any more */
	bool critical;	/* one of them is */
	int64_t since;	/* the earliest that one of them says it began */
};

/* That of one event alone, which must outlive it, as the pointer to it. */
struct story story_of(const struct event *const *event);

/* Makes stories of the events of one recipient, in the order of the first event of each. Sorts
 * `events`, which the stories then point into. 0 or -1 without memory. */
int story_gather(const struct event **events, size_t count, struct arena *pool,
	struct story **ret_stories, size_t *ret_count) MUST_CHECK;

#endif
