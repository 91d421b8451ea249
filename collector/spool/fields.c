#include "collector/spool/fields.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/* The bytes of the next field; an empty one when there is none. */
static size_t take(struct fields *f, const char **ret_field)
{
	*ret_field = "";
	if (!f->at) {
		f->bad = true;
		return 0;
	}
	const char *start = f->at;
	const char *space = memchr(start, ' ', (size_t)(f->end - start));
	f->at = space ? space + 1 : NULL;
	*ret_field = start;
	return (size_t)((space ? space : f->end) - start);
}

static int hex_value(char c)
{
	const char *digit = c ? strchr(hex_digits, c) : NULL;
	return digit ? (int)(digit - hex_digits) : -1;
}

void fields_word(struct fields *f, const char *word)
{
	const char *field;
	size_t len = take(f, &field);
	if (len != strlen(word) || memcmp(field, word, len) != 0)
		f->bad = true;
}

uint64_t fields_hex(struct fields *f)
{
	const char *field;
	size_t len = take(f, &field);
	uint64_t value = 0;
	for (size_t i = 0; i < len; i++) {
		int digit = hex_value(field[i]);
		if (digit < 0)
			f->bad = true;
		value = value << 4 | (unsigned)(digit & 15);
	}
	if (len != 16 || value > INT64_MAX)
		f->bad = true;
	return value;
}

uint64_t fields_id(struct fields *f)
{
	uint64_t value = fields_hex(f);
	if (value == 0)
		f->bad = true;
	return value;
}

void fields_bytes(struct fields *f, uint8_t *out, size_t size)
{
	const char *field;
	size_t len = take(f, &field);
	memset(out, 0, size);
	if (len != 2 * size)
		f->bad = true;
	for (size_t i = 0; i < len && !f->bad; i++) {
		int digit = hex_value(field[i]);
		if (digit < 0)
			f->bad = true;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit & 15));
	}
}

int64_t fields_number(struct fields *f, int64_t max)
{
	const char *field;
	size_t len = take(f, &field);
	int64_t value = 0;
	for (size_t i = 0; i < len && !f->bad; i++) {
		int digit = field[i] - '0';
		if (digit < 0 || digit > 9 || digit > max || value > (max - digit) / 10)
			f->bad = true;
		else
			value = value * 10 + digit;
	}
	if (len == 0)
		f->bad = true;
	return value;
}

void fields_raw(struct fields *f, char *out, size_t size)
{
	const char *field;
	size_t len = take(f, &field);
	if (len >= size || memchr(field, 0, len)) {
		f->bad = true;
		len = 0;
	}
	memcpy(out, field, len);
	out[len] = 0;
}

/* One byte of a percent-encoded text; 0 when it is malformed. */
static char decode_byte(const char **at, const char *end)
{
	const char *s = *at;
	if (*s != '%') {
		*at = s + 1;
		return *s > 0x20 && *s < 0x7f ? *s : 0;
	}
	int high = end - s > 2 ? hex_value(s[1]) : -1;
	int low = end - s > 2 ? hex_value(s[2]) : -1;
	*at = s + 3;
	return high < 0 || low < 0 ? 0 : (char)(high << 4 | low);
}

void fields_text(struct fields *f, char *out, size_t size)
{
	const char *at;
	size_t len = take(f, &at), used = 0;
	const char *end = at + len;
	while (at < end && !f->bad) {
		char c = decode_byte(&at, end);
		if (c == 0 || used + 1 >= size)
			f->bad = true;
		else
			out[used++] = c;
	}
	out[used] = 0;
}

bool fields_done(const struct fields *f)
{
	return !f->bad && !f->at;
}

char *fields_encode(char *out, const char *text)
{
	char *to = out;
	for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
		if (*s > 0x20 && *s < 0x7f && *s != '%') {
			*to++ = (char)*s;
			continue;
		}
		*to++ = '%';
		*to++ = hex_digits[*s >> 4];
		*to++ = hex_digits[*s & 15];
	}
	*to = 0;
	return out;
}
