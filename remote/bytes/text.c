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

/* What is being written, behind what is kept. Once something had no room nothing has. */
struct pen {
	char *at, *end;
	bool is_over;
};

static struct pen begin(const struct text *t)
{
	char *at = t->data + t->len;
	bool has_room = !t->full && t->size >= END_SIZE && t->len <= t->size - END_SIZE;
	return (struct pen){ at, has_room ? t->data + t->size - END_SIZE : at, false };
}

/* All of it or nothing. */
static bool keep(struct text *t, const struct pen *p)
{
	t->full = t->full || p->is_over;
	if (!t->full)
		t->len = (size_t)(p->at - t->data);
	return !t->full;
}

/* Mostly so short that byte by byte is the fastest. */
static void put(struct pen *p, const char *s)
{
	char *at = p->at, *end = p->end;
	while (*s && at < end)
		*at++ = *s++;
	p->at = at;
	p->is_over = p->is_over || *s;
}

static void put_span(struct pen *p, struct span s)
{
	if (s.len <= (size_t)(p->end - p->at)) {
		p->at = span_copy(s, p->at);
	} else {
		p->at = p->end;
		p->is_over = true;
	}
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
static void put_escaped(struct pen *p, struct span s)
{
	char value[4 * TEXT_LABEL_MAX + 1];
	size_t len = escape_text(value, sizeof value, s.at, s.len);
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '\\' || value[i] == '"')
			put(p, "\\");
		put_span(p, (struct span){ &value[i], 1 });
	}
}

static void put_labels(struct pen *p, const struct label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put(p, i ? "," : "{");
		put(p, labels[i].name);
		put(p, "=\"");
		if (is_plain(labels[i].value))
			put_span(p, labels[i].value);
		else
			put_escaped(p, labels[i].value);
		put(p, "\"");
	}
	if (count > 0)
		put(p, "}");
}

/* Its last digit first. */
static void put_value(struct pen *p, bool is_negative, uint64_t value, unsigned decimals)
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
	put_span(p, (struct span){ at, (size_t)(end - at) });
}

static void put_type(struct pen *p, const char *name, const char *type)
{
	put(p, "# TYPE ");
	put(p, name);
	put(p, " ");
	put(p, type);
	put(p, "\n");
}

void text_type(struct text *t, const char *name, const char *type)
{
	struct pen p = begin(t);
	put_type(&p, name, type);
	(void)keep(t, &p);
}

static bool is_too_long(const struct label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (labels[i].value.len > TEXT_LABEL_MAX)
			return true;
	return false;
}

/* Together with the family's name, before the first. */
static void member(struct text *t, struct family *f, const struct label *labels, size_t count,
	bool is_negative, uint64_t value, unsigned decimals)
{
	struct pen p = begin(t);
	bool is_kept = !is_too_long(labels, count);
	if (is_kept && !f->named)
		put_type(&p, f->name, f->type);
	if (is_kept) {
		put(&p, f->name);
		put_labels(&p, labels, count);
		put_value(&p, is_negative, value, decimals);
		is_kept = keep(t, &p);
	}
	f->named = f->named || is_kept;
	t->dropped += !is_kept;
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
	struct pen p = begin(t);
	put_span(&p, name);
	put_span(&p, labels);
	put(&p, " ");
	put_span(&p, value);
	put(&p, "\n");
	t->dropped += !keep(t, &p);
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
	t->full = false;
}

void text_finish(struct text *t)
{
	char end[END_SIZE];
	int truncated = t->full || t->cut > 0 || t->dropped > 0;
	int len = snprintf(end, sizeof end, END, t->dropped, truncated);
	if (t->size - t->len < END_SIZE)
		return;
	memcpy(t->data + t->len, end, (size_t)len);
	t->len += (size_t)len;
}
