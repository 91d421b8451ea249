#ifndef FLEET_HEX_H
#define FLEET_HEX_H

#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/* Lower-case hex of `len` bytes, NUL-terminated, into out[2 * len + 1]. Returns `out`. Its time
 * does not depend on the bytes, which may be a secret's. */
char *hex_encode(char *out, const uint8_t *data, size_t len);

/* Exactly `len` bytes from exactly 2 * len hex digits; -1 when it is anything else. In its time,
 * too, the digits do not show. */
int hex_decode(uint8_t *ret_data, size_t len, const char *hex) MUST_CHECK;

#endif
