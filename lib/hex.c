#include "lib/hex.h"

#include <string.h>

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

/* The letters of both cases have bit 6, and 1 to 6 below. */
static unsigned value(char digit)
{
	return ((unsigned)digit & 15) + 9 * ((unsigned)digit >> 6 & 1);
}

int hex_decode(uint8_t *ret_data, size_t len, const char *hex)
{
	if (strlen(hex) != 2 * len || strspn(hex, "0123456789abcdefABCDEF") != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++)
		ret_data[i] = (uint8_t)(value(hex[2 * i]) << 4 | value(hex[2 * i + 1]));
	return 0;
}
