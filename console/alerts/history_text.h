#ifndef FLEET_CONSOLE_ALERTS_HISTORY_TEXT_H
#define FLEET_CONSOLE_ALERTS_HISTORY_TEXT_H

#include <stddef.h>

#include "lib/buffer.h"
#include "lib/compiler.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/* What `fleet alerts history` prints of one event: a line, and one for everybody it was for, of
 * `deliveries`, which may hold those of other events too. Pure. */
int history_event(struct buffer *out, const struct event *e, const struct delivery *deliveries,
	size_t count, const struct config *config) MUST_CHECK;

#endif
