#include "remote/bytes/span.h"

#include <string.h>

static bool is_blank(char c)
{
	return c <= ' ' && (c == ' ' || c == '\t'); /* mostly it is beyond */
}

struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

bool span_char(struct span *rest, char c)
{
	if (rest->len == 0 || *rest->at != c)
		return false;
	*rest = (struct span){ rest->at + 1, rest->len - 1 };
	return true;
}

bool span_line(struct span *rest, struct span *ret_line)
{
	if (rest->len == 0)
		return false;
	const char *end = memchr(rest->at, '\n', rest->len);
	size_t len = end ? (size_t)(end - rest->at) : rest->len;
	*ret_line = (struct span){ rest->at, len };
	len += end ? 1 : 0;
	*rest = (struct span){ rest->at + len, rest->len - len };
	return true;
}

bool span_word(struct span *rest, struct span *ret_word)
{
	const char *end = rest->at + rest->len, *from = rest->at;
	while (from < end && is_blank(*from))
		from++;
	const char *to = from;
	while (to < end && !is_blank(*to))
		to++;
	if (from == to)
		return false;
	*ret_word = (struct span){ from, (size_t)(to - from) };
	*rest = (struct span){ to, (size_t)(end - to) };
	return true;
}

/* Mostly the first bytes tell: no strlen(3), no memcmp(3). */
static size_t common(struct span s, const char *text)
{
	size_t i = 0;
	while (i < s.len && text[i] && s.at[i] == text[i])
		i++;
	return i;
}

bool span_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool span_is(struct span s, const char *text)
{
	size_t len = common(s, text);
	return len == s.len && text[len] == 0;
}

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

bool span_starts(struct span s, const char *text)
{
	return text[common(s, text)] == 0;
}

bool span_ends(struct span s, struct span end)
{
	const char *at = s.at + s.len;
	if (end.len > s.len)
		return false;
	while (end.len > 0 && *--at == end.at[end.len - 1])
		end.len--;
	return end.len == 0;
}

bool span_lists(struct span list, char separator, const char *word)
{
	while (list.len > 0) {
		const char *end = memchr(list.at, separator, list.len);
		size_t len = end ? (size_t)(end - list.at) : list.len;
		if (span_is((struct span){ list.at, len }, word))
			return true;
		len += end ? 1 : 0;
		list = (struct span){ list.at + len, list.len - len };
	}
	return false;
}

bool span_u64(struct span s, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.at[i] - (unsigned)'0';
		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (s.len == 0)
		return false;
	*ret_value = value;
	return true;
}

bool span_i64(struct span s, int64_t *ret_value)
{
	uint64_t value;
	bool negative = s.len > 0 && *s.at == '-';
	bool sign = negative || (s.len > 0 && *s.at == '+');
	if (!span_u64((struct span){ s.at + sign, s.len - sign }, &value) || value > INT64_MAX)
		return false;
	*ret_value = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool span_decimal(struct span s, unsigned decimals, int64_t *ret_value)
{
	char digits[40];
	const char *point = s.len ? memchr(s.at, '.', s.len) : NULL;
	size_t whole = point ? (size_t)(point - s.at) : s.len, len = whole;
	if (whole == 0 || whole + decimals > sizeof digits || (point && whole + 1 == s.len))
		return false;
	memcpy(digits, s.at, whole);
	for (size_t i = whole + 1; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		if (len < whole + decimals)
			digits[len++] = s.at[i];
	}
	while (len < whole + decimals)
		digits[len++] = '0';
	return span_i64((struct span){ digits, len }, ret_value);
}

bool span_fixed(struct span s, unsigned decimals, uint64_t *ret_value)
{
	char digits[24];
	const char *point = s.len ? memchr(s.at, '.', s.len) : NULL;
	size_t whole = point ? (size_t)(point - s.at) : 0;
	if (whole == 0 || s.len > sizeof digits || s.len - whole - 1 != decimals)
		return false;
	memcpy(digits, s.at, whole);
	memcpy(digits + whole, point + 1, decimals);
	return span_u64((struct span){ digits, whole + decimals }, ret_value);
}

static bool nth_word(struct span line, unsigned n, struct span *ret_word)
{
	do {
		if (!span_word(&line, ret_word))
			return false;
	} while (n-- > 0);
	return true;
}

bool span_column(struct span line, unsigned column, uint64_t *ret_value)
{
	struct span word;
	return nth_word(line, column, &word) && span_u64(word, ret_value);
}

static bool hex_digit(char c, unsigned *ret_digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = memchr(digits, c, sizeof digits - 1);
	*ret_digit = at ? (unsigned)(at - digits) : 0;
	return at != NULL;
}

bool span_hex_column(struct span line, unsigned column, uint64_t *ret_value)
{
	struct span word;
	uint64_t value = 0;
	unsigned digit;
	if (!nth_word(line, column, &word) || word.len > 2 * sizeof value)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (!hex_digit(word.at[i], &digit))
			return false;
		value = value << 4 | digit;
	}
	*ret_value = value;
	return true;
}

char *span_copy(struct span s, char *to)
{
	size_t i = 0;
	for (; s.len - i >= 8; i += 8)
		__builtin_memcpy(to + i, s.at + i, 8);
	if (i < s.len && s.len >= 8)
		__builtin_memcpy(to + s.len - 8, s.at + s.len - 8, 8);
	else
		for (; i < s.len; i++)
			to[i] = s.at[i];
	return to + s.len;
}
