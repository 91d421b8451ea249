#ifndef FLEET_CONSOLE_JSON_H
#define FLEET_CONSOLE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/compiler.h"

/*
 * Members of a JSON object (RFC 8259), as `--json` prints them: "KEY":VALUE and what stands
 * behind. Texts may come from a client; keys are ours.
 */
int json_text(struct buffer *out, const char *key, const char *text, const char *end) MUST_CHECK;

/* A text by itself, as a member of an array. */
int json_item(struct buffer *out, const char *text) MUST_CHECK;

/* An array with a line for each object: what stands before its i-th, and behind the last of all. */
int json_next(struct buffer *out, size_t i) MUST_CHECK;
int json_end(struct buffer *out, size_t count) MUST_CHECK;

/* null when it is not finite. */
int json_number(struct buffer *out, const char *key, double value, const char *end) MUST_CHECK;

int json_bool(struct buffer *out, const char *key, bool value, const char *end) MUST_CHECK;

/* ISO 8601; null for 0. */
int json_time(struct buffer *out, const char *key, int64_t ms, const char *end) MUST_CHECK;

#endif
