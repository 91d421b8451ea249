#include "remote/bytes/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"

#define END                                           \
	"# TYPE fleet_report_samples_dropped gauge\n" \
	"fleet_report_samples_dropped %" PRIu64 "\n"  \
	"# TYPE fleet_report_truncated gauge\n"       \
	"fleet_report_truncated %d\n"                 \
	"# EOF\n"
enum { END_SIZE = sizeof END + 20 };

/* Appends, keeping room for the end. What was begun is taken back by the caller. */
static bool append(struct text *t, const char *data, size_t len)
{
	if (t->full || t->size < END_SIZE || t->len + len > t->size - END_SIZE) {
		t->full = true;
		return false;
	}
	(void)span_copy((struct span){ data, len }, t->data + t->len);
	t->len += len;
	return true;
}

/* The same of what is short: byte by byte is the fastest. */
static bool append_text(struct text *t, const char *s)
{
	if (t->full || t->size < END_SIZE)
		return false;
	char *to = t->data + t->len, *limit = t->data + t->size - END_SIZE;
	while (*s && to < limit)
		*to++ = *s++;
	t->full = *s != 0;
	t->len = (size_t)(to - t->data);
	return !t->full;
}

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] > '~' || s.at[i] == '"' || s.at[i] == '\\')
			return false;
	return true;
}

/* Backslash, quote and newline are escaped as the format says. Everything else that is no
 * printable UTF-8 becomes a visible \xHH first, which the server takes as it is. */
static bool append_escaped(struct text *t, struct span s)
{
	char value[4 * TEXT_LABEL_MAX + 1];
	bool fits = s.len <= TEXT_LABEL_MAX;
	size_t len = fits ? escape_text(value, sizeof value, s.at, s.len) : 0;
	for (size_t i = 0; i < len && fits; i++) {
		if (value[i] == '\\' || value[i] == '"')
			fits = append_text(t, "\\");
		fits = fits && append(t, &value[i], 1);
	}
	return fits;
}

static bool append_label(struct text *t, const struct label *l)
{
	return append_text(t, l->name) && append_text(t, "=\"") &&
	       (l->value.len <= TEXT_LABEL_MAX && is_plain(l->value)
			       ? append(t, l->value.at, l->value.len)
			       : append_escaped(t, l->value)) &&
	       append_text(t, "\"");
}

static bool append_labels(struct text *t, const struct label *labels, size_t count)
{
	bool fits = true;
	for (size_t i = 0; i < count && fits; i++)
		fits = append_text(t, i ? "," : "{") && append_label(t, &labels[i]);
	return fits && (count == 0 || append_text(t, "}"));
}

/* Its last digit first. */
static bool append_value(struct text *t, bool is_negative, uint64_t value, unsigned decimals)
{
	char number[32], *end = number + sizeof number, *at = end;
	unsigned digits = 0;
	assert(decimals <= TEXT_DECIMALS_MAX);
	*--at = '\n';
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
		if (++digits == decimals)
			*--at = '.';
	} while (value > 0 || digits <= decimals);
	if (is_negative)
		*--at = '-';
	*--at = ' ';
	return append(t, at, (size_t)(end - at));
}

void text_type(struct text *t, const char *name, const char *type)
{
	size_t start = t->len;
	if (!append_text(t, "# TYPE ") || !append_text(t, name) || !append_text(t, " ") ||
		!append_text(t, type) || !append_text(t, "\n"))
		t->len = start;
}

static void sample(struct text *t, const char *name, const struct label *labels, size_t count,
	bool is_negative, uint64_t value, unsigned decimals)
{
	size_t start = t->len;
	if (append_text(t, name) && append_labels(t, labels, count) &&
		append_value(t, is_negative, value, decimals))
		return;
	t->len = start;
	t->dropped++;
}

/* Takes the family's name back when the sample did not fit. */
static void member(struct text *t, struct family *f, const struct label *labels, size_t count,
	bool is_negative, uint64_t value, unsigned decimals)
{
	size_t start = t->len;
	if (!f->named)
		text_type(t, f->name, f->type);
	size_t named = t->len;
	sample(t, f->name, labels, count, is_negative, value, decimals);
	if (t->len == named)
		t->len = start;
	f->named = f->named || t->len > start;
}

void text_member(struct text *t, struct family *f, const struct label *labels, size_t label_count,
	int64_t value, unsigned decimals)
{
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	member(t, f, labels, label_count, value < 0, size, decimals);
}

void text_member_unsigned(struct text *t, struct family *f, const struct label *labels,
	size_t label_count, uint64_t value, unsigned decimals)
{
	member(t, f, labels, label_count, false, value, decimals);
}

void text_copy(struct text *t, struct span name, struct span labels, struct span value)
{
	size_t start = t->len;
	if (append(t, name.at, name.len) && append(t, labels.at, labels.len) && append(t, " ", 1) &&
		append(t, value.at, value.len) && append(t, "\n", 1))
		return;
	t->len = start;
	t->dropped++;
}

void text_single(
	struct text *t, const char *name, const char *type, uint64_t value, unsigned decimals)
{
	struct family family = { name, type, false };
	text_member_unsigned(t, &family, NULL, 0, value, decimals);
}

void text_single_signed(
	struct text *t, const char *name, const char *type, int64_t value, unsigned decimals)
{
	struct family family = { name, type, false };
	text_member(t, &family, NULL, 0, value, decimals);
}

struct label text_label(const char *name, const char *value)
{
	return (struct label){ name, { value, strlen(value) } };
}

void text_widen(struct text *t, size_t size)
{
	t->size = size;
	t->cut = t->cut || t->full;
	t->full = false;
}

void text_finish(struct text *t)
{
	char end[END_SIZE];
	int truncated = t->full || t->cut || t->dropped > 0;
	int len = snprintf(end, sizeof end, END, t->dropped, truncated);
	if (t->size - t->len < END_SIZE)
		return;
	memcpy(t->data + t->len, end, (size_t)len);
	t->len += (size_t)len;
}
