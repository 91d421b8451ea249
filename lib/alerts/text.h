#ifndef FLEET_ALERTS_TEXT_H
#define FLEET_ALERTS_TEXT_H

#include <stdint.h>

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * An event in words. Pure. Whatever came from a client (instances, reasons) is escaped, and no
 * value can begin a line of its own.
 */

/* Appends one line without its end: "CRITICAL web1: disk /var 93.1 % (limit 90.0 %)". */
int text_headline(
	const struct event *e, const struct config *config, struct buffer *out) MUST_CHECK;

/* Appends what a person needs to act: what, where, since when, the rule's place, and how to
 * look closer. `now` is the time of writing. */
int text_details(const struct event *e, const struct config *config, int64_t now,
	struct buffer *out) MUST_CHECK;

#endif
