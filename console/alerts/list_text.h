#ifndef FLEET_CONSOLE_ALERTS_LIST_TEXT_H
#define FLEET_CONSOLE_ALERTS_LIST_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/alerts/page.h"
#include "lib/arena.h"
#include "lib/buffer.h"
#include "lib/compiler.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/* What `fleet alerts list` prints. Pure. */
enum list_choice {
	LIST_FIRING, /* whatever is done about it; the default */
	LIST_ALL,    /* and what pends */
	LIST_LOUD,   /* firing, and nobody has taken it on */
	LIST_PENDING,
	LIST_SILENCED,	   /* firing, but held: nobody is told */
	LIST_ACKNOWLEDGED, /* firing, and somebody has taken it on */
};

/* Moves the chosen rows to the front, the worst and then the oldest first; returns how many. */
size_t list_choose(struct alert *alerts, size_t count, enum list_choice choice);

/* A table, and how many there are of each; `all` is what was stored. */
int list_table(struct buffer *out, const struct alert *alerts, size_t count,
	const struct config *config, int64_t now, bool colour) MUST_CHECK;
int list_summary(struct buffer *out, const struct alert *all, size_t count) MUST_CHECK;

/* One JSON array of an object each; see README.md. */
int list_json(struct buffer *out, const struct alert *alerts, size_t count) MUST_CHECK;

/* "firing", "pending", "held" (by a silence or by another alert) or "acknowledged". */
const char *alert_standing(const struct alert *a);

/* Its rule in this configuration; NULL when it needs none, or has none any more. */
const struct rule *alert_rule(const struct alert *a, const struct config *config);

/* What it says, in words: where, and "disk / 90.7 % (limit 90.0 %)". Lives in the arena. */
int alert_words(const struct alert *a, const struct config *config, struct arena *pool,
	struct page_row *ret_row) MUST_CHECK;

#endif
