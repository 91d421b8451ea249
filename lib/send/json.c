#include "lib/send/json.h"

#include <math.h>
#include <string.h>

#include "lib/escape.h"

enum { DEPTH_MAX = 32 };

/* ---- writing ------------------------------------------------------------------------------ */

/* One byte that escape_text() let through. */
static int put_byte(char c, struct buffer *out)
{
	if (c == '"' || c == '\\')
		return buffer_printf(out, "\\%c", c);
	if (c == '{' && out->len > 0 && out->data[out->len - 1] == '{')
		return buffer_append_text(out, "\\u007b");
	return buffer_append(out, &c, 1);
}

static int put_line(const char *s, size_t len, struct buffer *out)
{
	struct buffer shown CLEANUP(buffer_finish) = { 0 };
	char *to = buffer_reserve(&shown, 4 * len);
	if (!to)
		return -1;
	size_t count = escape_text(to, 4 * len + 1, s, len);
	for (size_t i = 0; i < count; i++)
		if (put_byte(to[i], out) < 0)
			return -1;
	return 0;
}

int json_put_text(const char *s, size_t len, struct buffer *out)
{
	for (size_t i = 0, n; i < len; i += n) {
		for (n = 0; i + n < len && s[i + n] != '\n' && s[i + n] != '\t'; n++)
			;
		if (put_line(s + i, n, out) < 0)
			return -1;
		if (i + n == len)
			break;
		if (buffer_append_text(out, s[i + n] == '\n' ? "\\n" : "\\t") < 0)
			return -1;
		n++;
	}
	return 0;
}

int json_put_number(double value, struct buffer *out)
{
	return isfinite(value) ? buffer_printf(out, "%.15g", value)
			       : buffer_append_text(out, "null");
}

/* ---- checking ----------------------------------------------------------------------------- */

struct reader {
	const char *at, *end;
	int depth;
};

static bool read_value(struct reader *r);

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && memchr(" \t\r\n", *r->at, 4))
		r->at++;
}

static bool take(struct reader *r, char c)
{
	bool there = r->at < r->end && *r->at == c;
	r->at += there;
	return there;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);
	bool there = (size_t)(r->end - r->at) >= len && memcmp(r->at, word, len) == 0;
	r->at += there ? len : 0;
	return there;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_digits(struct reader *r)
{
	const char *from = r->at;
	while (r->at < r->end && is_digit(*r->at))
		r->at++;
	return r->at > from;
}

static bool read_number(struct reader *r)
{
	(void)take(r, '-');
	if (!take(r, '0') && !take_digits(r))
		return false;
	if (take(r, '.') && !take_digits(r))
		return false;
	if (!take(r, 'e') && !take(r, 'E'))
		return true;
	if (!take(r, '+'))
		(void)take(r, '-');
	return take_digits(r);
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Behind the backslash. */
static bool read_escape(struct reader *r)
{
	if (r->at == r->end)
		return false;
	char c = *r->at++;
	if (c != 'u')
		return memchr("\"\\/bfnrt", c, 8);
	for (int i = 0; i < 4; i++, r->at++)
		if (r->at == r->end || !is_hex(*r->at))
			return false;
	return true;
}

static bool read_string(struct reader *r)
{
	if (!take(r, '"'))
		return false;
	while (r->at < r->end && *r->at != '"') {
		unsigned char c = (unsigned char)*r->at++;
		if (c < ' ' || (c == '\\' && !read_escape(r)))
			return false;
	}
	return take(r, '"');
}

static bool read_member(struct reader *r)
{
	skip_blanks(r);
	if (!read_string(r))
		return false;
	skip_blanks(r);
	return take(r, ':') && read_value(r);
}

/* Behind the opening bracket. */
static bool read_list(struct reader *r, char close, bool (*read_item)(struct reader *r))
{
	if (++r->depth > DEPTH_MAX)
		return false;
	skip_blanks(r);
	if (!take(r, close)) {
		do {
			if (!read_item(r))
				return false;
			skip_blanks(r);
		} while (take(r, ','));
		if (!take(r, close))
			return false;
	}
	r->depth--;
	return true;
}

static bool read_value(struct reader *r)
{
	skip_blanks(r);
	if (r->at == r->end)
		return false;
	switch (*r->at) {
	case '{':
		r->at++;
		return read_list(r, '}', read_member);
	case '[':
		r->at++;
		return read_list(r, ']', read_value);
	case '"':
		return read_string(r);
	case 't':
		return take_word(r, "true");
	case 'f':
		return take_word(r, "false");
	case 'n':
		return take_word(r, "null");
	default:
		return read_number(r);
	}
}

bool json_valid(const char *s, size_t len)
{
	struct reader r = { s, s + len, 0 };
	if (!utf8_valid(s, len) || !read_value(&r))
		return false;
	skip_blanks(&r);
	return r.at == r.end;
}
