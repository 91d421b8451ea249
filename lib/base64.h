#ifndef FLEET_BASE64_H
#define FLEET_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/* Bytes from their base64 (RFC 4648, section 4), which must be whole: padded, nothing beside it,
 * no bits left over. For what is public: it takes a seventh of the time of sodium_base642bin(),
 * whose time does not depend on the bytes. `ret_data` may be `text`. Returns -1 also when they are
 * more than `size`. */
int base64_decode(
	uint8_t *ret_data, size_t size, const char *text, size_t len, size_t *ret_len) MUST_CHECK;

/* Padded, without a NUL, into out[base64_length(len)]. For what is public. */
void base64_encode(char *out, const uint8_t *data, size_t len);

static inline size_t base64_length(size_t len)
{
	return (len + 2) / 3 * 4;
}

#endif
