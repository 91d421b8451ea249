#ifndef FLEET_CONSOLE_SHOW_TEXT_H
#define FLEET_CONSOLE_SHOW_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/error.h"

/*
 * A report for people: when and by which probe it was made, and a line for each sample, in the
 * order of the report, with its value as the unit at the end of its name has it, and its labels.
 * The text comes from a client; all of it is escaped. Last comes what the client is asked for
 * (`asks`: lib/wire/ask.h) and the report has no word on.
 */
int show_text(const struct client *client, const char *text, size_t len, int64_t taken_at,
	int64_t now, struct buffer *out, struct error *err) MUST_CHECK;

#endif
