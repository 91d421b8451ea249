#ifndef FLEET_SEND_JSON_H
#define FLEET_SEND_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buffer.h"

/*
 * The little of JSON (RFC 8259) that webhooks need. Pure.
 */

/* Appends what stands between the quotes of a string. Line ends and tabs are kept; other control
 * characters, and bytes that are not UTF-8, become \xHH as escape_text() has it. No "{{" comes out
 * of it whatever went in. */
int json_put_text(const char *s, size_t len, struct buffer *out) MUST_CHECK;

/* Appends a number, or null when it is not finite. */
int json_put_number(double value, struct buffer *out) MUST_CHECK;

/* Whether it is one JSON text, with not too many brackets in each other. */
bool json_valid(const char *s, size_t len);

#endif
