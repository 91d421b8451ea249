#include "lib/base64.h"

#include "lib/compiler.h"

/* 1 + the value; 0 is no digit. */
/* clang-format off */
static const uint8_t digits[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
	25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
	49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['+'] = 63,
	['/'] = 64,
};
/* clang-format on */

static int decode_four(uint8_t *ret_data, const char *text)
{
	uint8_t a = digits[(uint8_t)text[0]], b = digits[(uint8_t)text[1]];
	uint8_t c = digits[(uint8_t)text[2]], d = digits[(uint8_t)text[3]];
	if (!a || !b || !c || !d)
		return -1;
	uint32_t bits = (a - 1U) << 18 | (b - 1U) << 12 | (c - 1U) << 6 | (d - 1U);
	ret_data[0] = (uint8_t)(bits >> 16);
	ret_data[1] = (uint8_t)(bits >> 8);
	ret_data[2] = (uint8_t)bits;
	return 0;
}

int base64_decode(uint8_t *ret_data, size_t size, const char *text, size_t len, size_t *ret_len)
{
	size_t pad = 0, out = 0;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	if (len % 4 != 0 || len / 4 * 3 - pad > size)
		return -1;
	uint32_t bits = 0;
	unsigned count = 0;
	size_t whole = (len - pad) / 4 * 4;
	for (size_t i = 0; i < whole; i += 4, out += 3)
		if (decode_four(ret_data + out, text + i) < 0)
			return -1;
	for (size_t i = whole; i < len - pad; i++) {
		uint8_t digit = digits[(uint8_t)text[i]];
		if (!digit)
			return -1;
		bits = bits << 6 | (digit - 1U);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		ret_data[out++] = (uint8_t)(bits >> count);
	}
	if (bits & ((1U << count) - 1))
		return -1;
	*ret_len = out;
	return 0;
}

void base64_encode(char *out, const uint8_t *data, size_t len)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < len; i += 3) {
		size_t n = smaller(len - i, 3);
		uint32_t bits = (uint32_t)data[i] << 16 | (n > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
				(n > 2 ? data[i + 2] : 0);
		*out++ = letters[bits >> 18];
		*out++ = letters[bits >> 12 & 63];
		*out++ = n > 1 ? letters[bits >> 6 & 63] : '=';
		*out++ = n > 2 ? letters[bits & 63] : '=';
	}
}
