#include "lib/send/mime.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/compiler.h"

enum {
	HEADER_PLAIN_MAX = 200, /* bytes that go out as they are, unfolded */
	WORD_BYTES = 39,	/* with "Subject: " a line of at most 76: RFC 2047, section 2 */
	QP_LINE = 75,		/* and a "=" at its end: RFC 2045, section 6.7 */
	BASE64_LINE = 57,	/* bytes in 76 characters: section 6.8 */
};

/* ---- headers ------------------------------------------------------------------------------ */

static bool needs_words(const char *s)
{
	if (strlen(s) > HEADER_PLAIN_MAX || strstr(s, "=?") || s[0] == ' ')
		return true;
	for (; *s; s++)
		if ((unsigned char)*s > '~')
			return true;
	return false;
}

/* How many bytes of `s` one encoded word takes: whole characters only. */
static size_t word_length(const char *s)
{
	size_t len = strlen(s);
	if (len <= WORD_BYTES)
		return len;
	len = WORD_BYTES;
	while (((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static int put_words(const char *s, struct buffer *out)
{
	for (size_t n; *s; s += n) {
		char word[(WORD_BYTES + 2) / 3 * 4];
		n = word_length(s);
		base64_encode(word, (const uint8_t *)s, n);
		if (buffer_printf(out, "=?UTF-8?B?%.*s?=%s", (int)base64_length(n), word,
			    s[n] ? "\r\n " : "") < 0)
			return -1;
	}
	return 0;
}

int mime_put_header(const char *name, const char *text, struct buffer *out)
{
	if (!needs_words(text))
		return buffer_printf(out, "%s: %s\r\n", name, text);
	if (buffer_printf(out, "%s: ", name) < 0 || put_words(text, out) < 0)
		return -1;
	return buffer_append_text(out, "\r\n");
}

int mime_put_phrase(const char *text, struct buffer *out)
{
	if (needs_words(text))
		return put_words(text, out);
	if (buffer_append_text(out, "\"") < 0)
		return -1;
	for (; *text; text++)
		if (((*text == '"' || *text == '\\') && buffer_append_text(out, "\\") < 0) ||
			buffer_append(out, text, 1) < 0)
			return -1;
	return buffer_append_text(out, "\"");
}

/* ---- bodies ------------------------------------------------------------------------------- */

/* The line at *text, without its end, which *text is moved beyond. */
static size_t next_line(const char **text, const char **ret_line)
{
	const char *line = *text;
	size_t len = strcspn(line, "\r\n");
	const char *end = line + len;
	*text = end + (end[0] == '\r' && end[1] == '\n' ? 2 : *end ? 1 : 0);
	*ret_line = line;
	return len;
}

/* A dot that opens a line is encoded too, so that nothing depends on who stuffs dots. */
static bool is_literal(const char *line, size_t i, size_t len, size_t column)
{
	char c = line[i];
	if (c == ' ' || c == '\t')
		return i + 1 < len;
	return c > ' ' && c <= '~' && c != '=' && !(c == '.' && column == 0);
}

/* Most lines are plain and short. Counts, so that the compiler can look at many bytes at once. */
static bool is_plain_line(const char *line, size_t len)
{
	unsigned special = 0;
	if (len > QP_LINE)
		return false;
	for (size_t i = 0; i < len; i++)
		special += line[i] < ' ' || line[i] > '~' || line[i] == '=';
	return special == 0 && line[0] != '.' && (len == 0 || line[len - 1] != ' ');
}

static int put_quoted_line(const char *line, size_t len, struct buffer *out)
{
	if (is_plain_line(line, len))
		return buffer_append(out, line, len) < 0 ? -1 : buffer_append(out, "\r\n", 2);
	static const char digits[] = "0123456789ABCDEF";
	/* three for each byte, and two soft breaks for a line of at least 73 of them */
	char *to = buffer_reserve(out, 3 * len + (3 * len / (QP_LINE - 2) + 1) * 3 + 2);
	if (!to)
		return -1;
	size_t column = 0, used = 0;
	for (size_t i = 0; i < len; i++) {
		bool literal = is_literal(line, i, len, column);
		if (column + (literal ? 1 : 3) > QP_LINE) {
			memcpy(to + used, "=\r\n", 3);
			used += 3;
			column = 0;
			literal = is_literal(line, i, len, column);
		}
		unsigned char c = (unsigned char)line[i];
		column += literal ? 1 : 3;
		to[used++] = literal ? line[i] : '=';
		if (literal)
			continue;
		to[used++] = digits[c >> 4];
		to[used++] = digits[c & 15];
	}
	memcpy(to + used, "\r\n", 2);
	out->len += used + 2;
	out->data[out->len] = 0;
	return 0;
}

static int put_quoted(const char *text, struct buffer *out)
{
	while (*text) {
		const char *line;
		size_t len = next_line(&text, &line);
		if (put_quoted_line(line, len, out) < 0)
			return -1;
	}
	return 0;
}

/* Lines end in CRLF before they are encoded: RFC 2045, section 6.8. */
static int put_canonical(const char *text, struct buffer *out)
{
	while (*text) {
		const char *line;
		size_t len = next_line(&text, &line);
		if (buffer_append(out, line, len) < 0 || buffer_append_text(out, "\r\n") < 0)
			return -1;
	}
	return 0;
}

static int put_base64(const char *text, struct buffer *out)
{
	struct buffer raw CLEANUP(buffer_finish) = { .cap = out->cap };
	if (put_canonical(text, &raw) < 0)
		return -1;
	for (size_t i = 0; i < raw.len; i += BASE64_LINE) {
		size_t n = smaller(raw.len - i, BASE64_LINE);
		char *to = buffer_reserve(out, base64_length(n) + 2);
		if (!to)
			return -1;
		base64_encode(to, (const uint8_t *)raw.data + i, n);
		memcpy(to + base64_length(n), "\r\n", 2);
		out->len += base64_length(n) + 2;
		out->data[out->len] = 0;
	}
	return 0;
}

/* A quoted byte takes three, any takes one and a third there: from a sixth of them on. Short texts
 * stay readable. */
static bool is_mostly_foreign(const char *text)
{
	size_t len = strlen(text), foreign = 0;
	for (size_t i = 0; i < len; i++)
		foreign += (unsigned char)text[i] > '~' || text[i] == '=';
	return foreign > len / 6 + 20;
}

int mime_put_part(const char *type, const char *text, struct buffer *out)
{
	bool base64 = is_mostly_foreign(text);
	if (buffer_printf(out,
		    "Content-Type: %s; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: %s\r\n\r\n",
		    type, base64 ? "base64" : "quoted-printable") < 0)
		return -1;
	return base64 ? put_base64(text, out) : put_quoted(text, out);
}
