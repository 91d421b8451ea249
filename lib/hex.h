#ifndef FLEET_HEX_H
#define FLEET_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Lower-case hex of `len` bytes, NUL-terminated, into out[2 * len + 1]. Returns `out`. Its time
 * does not depend on the bytes, which may be a secret's. */
char *hex_encode(char *out, const uint8_t *data, size_t len);

#endif
