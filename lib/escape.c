#include "lib/escape.h"

#include <stdint.h>
#include <string.h>

/* Length of the UTF-8 character at `s` (1 to 4), 0 when it is not one. RFC 3629, section 4. */
static size_t utf8_length(const unsigned char *s, size_t len, uint32_t *ret_point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80	  ? 1
		   : s[0] >= 0xf5 ? 0
		   : s[0] >= 0xf0 ? 4
		   : s[0] >= 0xe0 ? 3
		   : s[0] >= 0xc2 ? 2
				  : 0;
	if (n == 0 || n > len)
		return 0;
	uint32_t point = n == 1 ? s[0] : s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (point < smallest[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return n;
}

static bool is_printable(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		return false;
	if (point >= 0x202a && point <= 0x202e) /* bidirectional embedding and override */
		return false;
	if (point == 0x200e || point == 0x200f || point == 0x61c) /* and its marks */
		return false;
	return !(point >= 0x2066 && point <= 0x2069) && point != 0x2028 && point != 0x2029;
}

bool utf8_valid(const char *s, size_t len)
{
	uint32_t point;
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_length((const unsigned char *)s + i, len - i, &point);
		if (n == 0)
			return false;
	}
	return true;
}

size_t utf8_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	for (len = max; len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

size_t escape_text(char *out, size_t size, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0;
	for (size_t i = 0; i < len;) {
		const unsigned char *at = (const unsigned char *)s + i;
		uint32_t point = 0;
		size_t n = utf8_length(at, len - i, &point);
		bool plain = n > 0 && is_printable(point);
		if (n == 0)
			n = 1;
		if (used + (plain ? n : 4 * n) >= size)
			break;
		for (size_t k = 0; k < n; k++) {
			if (plain) {
				out[used++] = (char)at[k];
				continue;
			}
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[at[k] >> 4];
			out[used++] = hex[at[k] & 15];
		}
		i += n;
	}
	out[used] = 0;
	return used;
}

size_t escape_line(char *out, size_t size, char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (memchr("\r\n\t", s[i], 3))
			s[i] = ' ';
	while (len > 0 && s[len - 1] == ' ')
		len--;
	return escape_text(out, size, s, len);
}
