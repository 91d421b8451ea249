#ifndef FLEET_ALERTS_HOLDER_H
#define FLEET_ALERTS_HOLDER_H

#include "lib/alerts/book.h"

/* What of the book holds an alert (hold.h): a silence that covers it at `at` or now, another alert
 * of its client that its rule yields to, or the group that counts it. Returns the words for people,
 * "" when nothing does; NULL without memory. `rule` is NULL for what needs none. */
const char *holder_find(struct book *b, const struct book_client *c, const struct rule *rule,
	const char *key, const char *instance, int64_t at, int64_t now) MUST_CHECK;

/* The same of silences alone. */
const char *holder_silence(struct book *b, const struct book_client *c, const struct rule *rule,
	const char *key, const char *instance, int64_t at, int64_t now) MUST_CHECK;

/* Whether an alert fires that keeps others quiet which name it. Of what is silenced, or only
 * counted, nobody hears: it explains no other alert. */
bool holder_explains(const struct alert *a);

/* Whether these words are those of a silence. */
bool holder_is_silence(const char *held);

#endif
