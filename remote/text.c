#include "remote/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"

/* Of one length whatever was left out. */
#define END(truncated) \
	"# TYPE fleet_report_truncated gauge\nfleet_report_truncated " truncated "\n# EOF\n"
enum { END_SIZE = sizeof END("0") - 1 };

/* Appends, keeping room for the end. What was begun is taken back by the caller. */
static bool append(struct text *t, const char *data, size_t len)
{
	if (t->size < END_SIZE || t->len + len > t->size - END_SIZE)
		return false;
	memcpy(t->data + t->len, data, len);
	t->len += len;
	return true;
}

static bool append_text(struct text *t, const char *s)
{
	return append(t, s, strlen(s));
}

/* Label values: backslash, quote and newline are escaped as the format says. Everything else
 * that is no printable UTF-8 becomes a visible \xHH first, which the server takes as it is. */
static bool append_label(struct text *t, const struct label *l)
{
	char value[4 * TEXT_LABEL_MAX + 1];
	if (l->value.len > TEXT_LABEL_MAX)
		return false;
	size_t len = escape_text(value, sizeof value, l->value.at, l->value.len);
	bool fits = append_text(t, l->name) && append_text(t, "=\"");
	for (size_t i = 0; i < len && fits; i++) {
		if (value[i] == '\\' || value[i] == '"')
			fits = append_text(t, "\\");
		fits = fits && append(t, &value[i], 1);
	}
	return fits && append_text(t, "\"");
}

static bool append_labels(struct text *t, const struct label *labels, size_t count)
{
	bool fits = true;
	for (size_t i = 0; i < count && fits; i++)
		fits = append_text(t, i ? "," : "{") && append_label(t, &labels[i]);
	return fits && (count == 0 || append_text(t, "}"));
}

static bool append_value(struct text *t, uint64_t value, unsigned decimals)
{
	static const uint64_t powers[] = { 1, 10, 100, 1000 };
	char number[48];
	if (decimals == 0)
		(void)snprintf(number, sizeof number, " %" PRIu64 "\n", value);
	else
		(void)snprintf(number, sizeof number, " %" PRIu64 ".%0*" PRIu64 "\n",
			value / powers[decimals], (int)decimals, value % powers[decimals]);
	return append_text(t, number);
}

static void settle(struct text *t, size_t start, bool fits)
{
	if (fits)
		return;
	t->len = start;
	t->full = true;
}

void text_type(struct text *t, const char *name, const char *type)
{
	size_t start = t->len;
	settle(t, start,
		append_text(t, "# TYPE ") && append_text(t, name) && append_text(t, " ") &&
			append_text(t, type) && append_text(t, "\n"));
}

void text_sample(struct text *t, const char *name, const struct label *labels, size_t label_count,
	uint64_t value, unsigned decimals)
{
	size_t start = t->len;
	settle(t, start,
		append_text(t, name) && append_labels(t, labels, label_count) &&
			append_value(t, value, decimals));
}

void text_single(
	struct text *t, const char *name, const char *type, uint64_t value, unsigned decimals)
{
	text_type(t, name, type);
	text_sample(t, name, NULL, 0, value, decimals);
}

void text_finish(struct text *t)
{
	if (t->size - t->len < END_SIZE)
		return;
	memcpy(t->data + t->len, t->full ? END("1") : END("0"), END_SIZE);
	t->len += END_SIZE;
}
