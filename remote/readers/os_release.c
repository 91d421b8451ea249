/*
 * os-release(5): which distribution it is. A line is KEY=value, and the value may be quoted as
 * in a shell, without any of a shell's substitutions.
 */
#include "remote/readers/readers.h"

#include <string.h>

#include "lib/compiler.h"
#include "remote/bytes/calendar.h"

enum { VALUE_MAX = 256 };

/* clang-format off */
static const struct {
	const char *key, *label; /* NULL: no label of node_os_info */
} rows[] = {
	{ "BUILD_ID",         "build_id" },
	{ "ID",               "id" },
	{ "ID_LIKE",          "id_like" },
	{ "IMAGE_ID",         "image_id" },
	{ "IMAGE_VERSION",    "image_version" },
	{ "NAME",             "name" },
	{ "PRETTY_NAME",      "pretty_name" },
	{ "VARIANT",          "variant" },
	{ "VARIANT_ID",       "variant_id" },
	{ "VERSION",          "version" },
	{ "VERSION_CODENAME", "version_codename" },
	{ "VERSION_ID",       "version_id" },
	{ "SUPPORT_END",      NULL },
};
/* clang-format on */

enum { ID = 1, ID_LIKE = 2, NAME = 5, VERSION_ID = 11, LABELS = 12, SUPPORT_END = 12 };

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* Between the quotes, where there are some. What does not fit is left out altogether. */
static struct span unquote(struct span value, char *out, size_t size)
{
	size_t len = 0;
	char quote = value.len > 0 && is_quote(*value.at) ? *value.at : 0;
	for (size_t i = quote != 0; i < value.len && value.at[i] != quote; i++) {
		if (value.at[i] == '\\' && quote != '\'' && i + 1 < value.len)
			i++;
		if (len == size)
			return (struct span){ out, 0 };
		out[len++] = value.at[i];
	}
	return (struct span){ out, len };
}

static bool is_digit(struct span s, size_t at)
{
	return at < s.len && span_is_digit(s.at[at]);
}

/* The number that a version begins with: 20.04 of "20.04.2 LTS", with `*ret_decimals`. */
static bool leading_number(struct span s, uint64_t *ret_value, unsigned *ret_decimals)
{
	char digits[18];
	size_t at = 0, len = 0, point = 0;
	for (; is_digit(s, at) || (at > 0 && point == 0 && at < s.len && s.at[at] == '.'); at++)
		if (s.at[at] == '.')
			point = at;
		else if (len == sizeof digits || (point > 0 && at - point > TEXT_DECIMALS_MAX))
			return false;
		else
			digits[len++] = s.at[at];
	*ret_decimals = point > 0 ? (unsigned)(at - point - 1) : 0;
	return span_u64((struct span){ digits, len }, ret_value);
}

static void write_version(const struct label *labels, struct text *out)
{
	struct label some[] = { labels[ID], labels[ID_LIKE], labels[NAME] };
	struct family version = { "node_os_version", "gauge", false };
	uint64_t value;
	unsigned decimals;
	if (!leading_number(labels[VERSION_ID].value, &value, &decimals) || value == 0)
		return;
	text_member_unsigned(out, &version, some, ARRAY_LEN(some), value, decimals);
}

/* YYYY-MM-DD */
static bool parse_date(struct span s, int64_t *ret_seconds)
{
	uint64_t year, month, day;
	if (s.len != 10 || s.at[4] != '-' || s.at[7] != '-' ||
		!span_u64((struct span){ s.at, 4 }, &year) ||
		!span_u64((struct span){ s.at + 5, 2 }, &month) ||
		!span_u64((struct span){ s.at + 8, 2 }, &day) || year == 0 || month == 0 ||
		month > 12 || day == 0 || day > calendar_month_days((int64_t)year, (unsigned)month))
		return false;
	*ret_seconds =
		calendar_days((int64_t)year, (unsigned)month, (unsigned)day) * CALENDAR_DAY_S;
	return true;
}

static void take_line(struct span line, struct label *labels, char (*bytes_of)[VALUE_MAX])
{
	const char *equals = line.len ? memchr(line.at, '=', line.len) : NULL;
	if (!equals)
		return;
	size_t len = (size_t)(equals - line.at);
	struct span key = { line.at, len }, value = { equals + 1, line.len - len - 1 };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (span_is(key, rows[i].key))
			labels[i].value = unquote(value, bytes_of[i], VALUE_MAX);
}

void read_os_release(struct span bytes, struct text *out)
{
	char bytes_of[ARRAY_LEN(rows)][VALUE_MAX];
	struct label labels[ARRAY_LEN(rows)];
	struct family info = { "node_os_info", "gauge", false };
	struct span line;
	int64_t end;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		labels[i] = text_label(rows[i].label, "");
	while (span_line(&bytes, &line))
		take_line(line, labels, bytes_of);
	text_member(out, &info, labels, LABELS, 1, 0);
	write_version(labels, out);
	if (parse_date(labels[SUPPORT_END].value, &end))
		text_single_signed(out, "node_os_support_end_timestamp_seconds", "gauge", end, 0);
}
