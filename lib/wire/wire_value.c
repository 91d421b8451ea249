#include "lib/wire/wire_value.h"

#include <string.h>

#include "lib/wire/wire.h"

int wire_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool wire_is_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (wire_hex_value(s[i]) < 0)
			return false;
	return s[len] == 0;
}

int wire_parse_digits(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	if (!*s)
		return -1;
	for (; *s; s++) {
		unsigned digit = (unsigned char)*s - (unsigned)'0';
		if (digit > 9 || value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

int wire_parse_u32(const char *s, void *ret)
{
	uint64_t value;
	if (wire_parse_digits(s, UINT32_MAX, &value) < 0)
		return -1;
	*(uint32_t *)ret = (uint32_t)value;
	return 0;
}

int wire_parse_key_id(const char *s, void *ret)
{
	if (!wire_is_hex(s, 16))
		return -1;
	memcpy(ret, s, 17);
	return 0;
}
