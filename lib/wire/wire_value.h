#ifndef FLEET_WIRE_VALUE_H
#define FLEET_WIRE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/*
 * The values that stand in the lines of lib/wire/wire.h, and in names made of them. A parser takes
 * the whole string or nothing; those with a `void *` fit a table of fields.
 */
int wire_hex_value(char c); /* 0 to 15, or -1; lower case only */

/* Whether `s` is exactly `len` hex digits. */
bool wire_is_hex(const char *s, size_t len);

/* Decimal digits, at most `max`. */
int wire_parse_digits(const char *s, uint64_t max, uint64_t *ret_value) MUST_CHECK;
int wire_parse_u32(const char *s, void *ret_u32) MUST_CHECK;
int wire_parse_key_id(const char *s, void *ret_key_id) MUST_CHECK;

#endif
