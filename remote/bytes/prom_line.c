#include "remote/bytes/prom_line.h"

#include <string.h>
#include <strings.h>

#include "lib/compiler.h"
#include "lib/escape.h"

enum { EXPONENT_MAX = 308 }; /* what is below 1e308 fits into a double */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip(struct span *rest, size_t len)
{
	*rest = (struct span){ rest->at + len, rest->len - len };
}

static void skip_blanks(struct span *rest)
{
	while (rest->len > 0 && is_blank(*rest->at))
		skip(rest, 1);
}

static bool take_name(struct span *rest, bool with_colons, struct span *ret_name)
{
	size_t len = 0;
	while (len < rest->len &&
		(is_letter(rest->at[len]) || (len > 0 && span_is_digit(rest->at[len])) ||
			(with_colons && rest->at[len] == ':')))
		len++;
	*ret_name = (struct span){ rest->at, len };
	skip(rest, len);
	return len > 0;
}

/* ---- labels ----------------------------------------------------------------------------- */

static bool take_quoted(struct span *rest, struct span *ret_value)
{
	if (!span_char(rest, '"'))
		return false;
	size_t len = 0;
	while (len < rest->len && rest->at[len] != '"') {
		if (rest->at[len] == '\\' &&
			(++len == rest->len || !strchr("n\\\"", rest->at[len])))
			return false;
		len++;
	}
	if (len == rest->len || !utf8_valid(rest->at, len))
		return false;
	*ret_value = (struct span){ rest->at, len };
	skip(rest, len + 1);
	return true;
}

static bool take_pair(struct span *rest, struct prom_line *line)
{
	struct prom_pair pair;
	if (line->pair_count == PROM_LABELS_MAX || !take_name(rest, false, &pair.name))
		return false;
	skip_blanks(rest);
	if (!span_char(rest, '='))
		return false;
	skip_blanks(rest);
	if (!take_quoted(rest, &pair.value))
		return false;
	for (size_t i = 0; i < line->pair_count; i++)
		if (span_equal(line->pairs[i].name, pair.name))
			return false;
	line->pairs[line->pair_count++] = pair;
	return true;
}

/* Behind the opening brace. */
static bool take_labels(struct span *rest, struct prom_line *line)
{
	for (;;) {
		skip_blanks(rest);
		if (span_char(rest, '}'))
			return true;
		if (!take_pair(rest, line))
			return false;
		skip_blanks(rest);
		if (!span_char(rest, ',') && (rest->len == 0 || *rest->at != '}'))
			return false;
	}
}

/* ---- numbers ---------------------------------------------------------------------------- */

/* What Go's parser takes for numbers that are none. */
static bool is_not_finite(struct span s)
{
	static const char *const words[] = { "nan", "inf", "infinity" };
	if (s.len > 0 && (*s.at == '+' || *s.at == '-'))
		skip(&s, 1);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == s.len && strncasecmp(words[i], s.at, s.len) == 0)
			return true;
	return false;
}

/* Digits with a point somewhere, or none. Tells by how many places the first that is not zero
 * stands before the point; behind it, the number is small enough. */
static bool take_digits(struct span *rest, long *ret_places)
{
	size_t digits = 0;
	long places = 0;
	bool is_behind = false, is_leading = true;
	for (; rest->len > 0; skip(rest, 1)) {
		if (*rest->at == '.' && !is_behind) {
			is_behind = true;
			continue;
		}
		if (!span_is_digit(*rest->at))
			break;
		digits++;
		is_leading = is_leading && *rest->at == '0';
		if (is_leading ? is_behind : !is_behind)
			places += is_leading ? -1 : 1;
	}
	*ret_places = is_leading ? -PROM_LINE_MAX * 2 : places;
	return digits > 0;
}

static bool take_exponent(struct span *rest, long *ret_exponent)
{
	long value = 0;
	bool is_negative = span_char(rest, '-');
	if (!is_negative)
		(void)span_char(rest, '+');
	size_t digits = rest->len;
	for (; rest->len > 0 && span_is_digit(*rest->at); skip(rest, 1))
		value = value > PROM_LINE_MAX ? value : value * 10 + (*rest->at - '0');
	*ret_exponent = is_negative ? -value : value;
	return digits > rest->len;
}

static bool is_number(struct span s, bool *ret_finite)
{
	long places, exponent = 0;
	if (s.len > 0 && (*s.at == '+' || *s.at == '-'))
		skip(&s, 1);
	if (!take_digits(&s, &places))
		return false;
	if (s.len > 0 && (*s.at == 'e' || *s.at == 'E')) {
		skip(&s, 1);
		if (!take_exponent(&s, &exponent))
			return false;
	}
	*ret_finite = places + exponent <= EXPONENT_MAX;
	return s.len == 0;
}

/* ---- lines ------------------------------------------------------------------------------ */

static bool parse_sample(struct span rest, struct prom_line *line)
{
	if (!take_name(&rest, true, &line->name))
		return false;
	bool has_blank = rest.len > 0 && is_blank(*rest.at);
	skip_blanks(&rest);
	const char *brace = rest.at;
	if (span_char(&rest, '{')) {
		if (!take_labels(&rest, line))
			return false;
		line->labels = (struct span){ brace, (size_t)(rest.at - brace) };
	} else if (!has_blank) {
		return false;
	}
	struct span more;
	if (!span_word(&rest, &line->value) || span_word(&rest, &more))
		return false;
	line->is_finite = false;
	return is_not_finite(line->value) || is_number(line->value, &line->is_finite);
}

/* Behind "#" and "TYPE". */
static enum prom_kind parse_type(struct span rest, struct prom_line *line)
{
	static const char *const types[] = { "counter", "gauge", "histogram", "summary",
		"untyped" };
	struct span name, type, more;
	if (!span_word(&rest, &name) || !span_word(&rest, &type) || span_word(&rest, &more) ||
		!take_name(&name, true, &line->name) || name.len > 0)
		return PROM_BAD;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strlen(types[i]) == type.len && strncasecmp(types[i], type.at, type.len) == 0) {
			line->type = types[i];
			return PROM_TYPE;
		}
	return PROM_BAD;
}

enum prom_kind prom_parse(struct span line, struct prom_line *ret_line)
{
	struct span word;
	*ret_line = (struct prom_line){ .labels = { "", 0 } };
	if (line.len > PROM_LINE_MAX || (line.len > 0 && memchr(line.at, 0, line.len)))
		return PROM_BAD;
	skip_blanks(&line);
	if (line.len == 0)
		return PROM_NOTHING;
	if (!span_char(&line, '#'))
		return parse_sample(line, ret_line) ? PROM_SAMPLE : PROM_BAD;
	if (!span_word(&line, &word) || !span_is(word, "TYPE"))
		return PROM_NOTHING;
	return parse_type(line, ret_line);
}
