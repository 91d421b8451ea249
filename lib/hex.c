#include "lib/hex.h"

/* No table and no branch: both could tell of the digit. Beyond 9 the subtraction wraps. */
static char digit(unsigned value)
{
	return (char)('0' + value + ((9 - value) >> 8 & ('a' - '0' - 10)));
}

char *hex_encode(char *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digit(data[i] >> 4);
		out[2 * i + 1] = digit(data[i] & 15);
	}
	out[2 * len] = 0;
	return out;
}
