#ifndef FLEET_ALERTS_TEXT_H
#define FLEET_ALERTS_TEXT_H

#include <stdint.h>

#include "lib/alerts/page.h"
#include "lib/alerts/story.h"
#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * Alerts in words. Pure. Whatever came from a client (instances, reasons) is escaped, and no
 * value can begin a line of its own.
 */

/* "CRITICAL", "WARNING" */
const char *text_severity(enum severity severity);

/* Appends one line without its end: "CRITICAL web1: disk /var 93.1 % (limit 90.0 %)". */
int text_headline(
	const struct event *e, const struct config *config, struct buffer *out) MUST_CHECK;

/* The same of several events of one alert, in its parts. They live in the pool. */
int text_row(const struct story *s, const struct config *config, struct arena *pool,
	struct page_row *ret_row) MUST_CHECK;

enum { TEXT_LATE_MS = 15 * 60 * 1000 }; /* what is older is told with its age */

/* What else is known of an alert when it is told. */
struct text_more {
	int64_t now;		   /* the time of writing */
	const struct alert *alert; /* its row; NULL when it has none any more */
	const char *day;	   /* the last day in a line; "" when not known */
	bool put_off;		   /* it waited for the recipient's sake */
};

/* Fills in what a person needs to act: what, where, since when, the rule's place, and how to
 * look closer. */
int text_details(const struct story *s, const struct config *config, const struct text_more *more,
	struct arena *pool, struct page *p) MUST_CHECK;

#endif
