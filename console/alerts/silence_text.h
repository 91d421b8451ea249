#ifndef FLEET_CONSOLE_ALERTS_SILENCE_TEXT_H
#define FLEET_CONSOLE_ALERTS_SILENCE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/alerts/book.h"
#include "lib/buffer.h"
#include "lib/compiler.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * Silences as a person asks for them and as they are shown. Pure but for the time zone.
 */
struct silence_request { /* as typed; NULL: not given */
	const char *client, *group, *metric, *instance;
	const char *for_text, *from, *until, *weekly, *why;
};

/* What is asked for, or why it makes no sense. The texts stay the caller's. */
int silence_read(const struct silence_request *r, int64_t now, struct silence *ret_silence,
	struct error *err) MUST_CHECK;

/* Whether there is any alert in the book's configuration that it could be about. What instances
 * there are is known by what was measured last: `readings`, as storage_get_status(). */
bool silence_finds(struct book *b, const struct silence *s, const struct status_set *readings);

/* How many of these fire and are covered by it. */
size_t silence_count(
	struct book *b, const struct silence *s, const struct alert_set *alerts, int64_t now);

/* "client web*, metric disk" and "until 2026-11-22 12:00:00 UTC, sun 02:00-04:00". */
int silence_what(struct buffer *out, const struct silence *s) MUST_CHECK;
int silence_when(struct buffer *out, const struct silence *s, int64_t now) MUST_CHECK;

int silence_table(
	struct buffer *out, const struct silence *items, size_t count, int64_t now) MUST_CHECK;
int silence_json(struct buffer *out, const struct silence *items, size_t count) MUST_CHECK;

#endif
