#ifndef FLEET_ALERTS_LETTER_H
#define FLEET_ALERTS_LETTER_H

#include <stdbool.h>

#include "lib/alerts/compose.h"
#include "lib/alerts/page.h"
#include "lib/alerts/story.h"

/*
 * Stories as notifications of one recipient: parts of compose().
 */
enum { LETTER_DAYS_MAX = 32 };

struct letters {
	const struct compose_input *in;
	struct arena *pool;
	struct error *err;
	struct notification *items; /* with room for one a story */
	size_t count;
	struct letter_day {
		uint64_t event;
		const char *text;
	} days[LETTER_DAYS_MAX]; /* the last ones that were drawn: recipients share events */
	size_t day_count;
};

/* One story as a message. `note` stands before all else, NULL = none; `put_off`: it waited. */
int letter_single(struct letters *l, const struct recipient *to, const struct story *story,
	const char *note, bool put_off) MUST_CHECK;

/* Many as a digest, in one message or several. Sorts them. */
int letter_digest(struct letters *l, const struct recipient *to, struct story *stories,
	size_t count, const char *note) MUST_CHECK;

/* For these two: the row itself, of which the first story names the Message-ID. */
int letter_add(struct letters *l, const struct recipient *to, const struct story *stories,
	size_t count, const struct page *p, const char *references) MUST_CHECK;

#endif
