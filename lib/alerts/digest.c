/* Many alerts in one message: letter_digest() of letter.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/about.h"
#include "lib/alerts/letter.h"
#include "lib/alerts/text.h"

#define FIRES                                                                                 \
	(1U << EVENT_FIRING | 1U << EVENT_REPEAT | 1U << EVENT_WORSE | 1U << EVENT_FLAPPING | \
		1U << EVENT_ESCALATED)

/* What a digest is divided into, in the order of its sections. */
static const struct section {
	const char *name;
	unsigned kinds;
	int severity; /* -1 = any */
} sections[] = {
	{ "critical", FIRES, SEVERITY_CRITICAL },
	{ "warning", FIRES, SEVERITY_WARNING },
	{ "late", 1U << EVENT_LATE, -1 },
	{ "closed", 1U << EVENT_CLOSED, -1 },
	{ "resolved", 1U << EVENT_RESOLVED, -1 },
};

static size_t section_of(const struct story *s)
{
	size_t i = 0;
	for (; i < ARRAY_LEN(sections); i++)
		if ((sections[i].kinds >> s->event.kind & 1) &&
			(sections[i].severity < 0 ||
				sections[i].severity == (int)s->event.severity))
			break;
	return i;
}

/* By section; those of each in the order of their first events. */
static int compare_sections(const void *a, const void *b)
{
	const struct story *x = a, *y = b;
	size_t first = section_of(x), second = section_of(y);
	if (first != second)
		return first < second ? -1 : 1;
	return (x->events[0]->id > y->events[0]->id) - (x->events[0]->id < y->events[0]->id);
}

/* A mail server takes only so much at once: one digest may need several messages. */
struct digest {
	const struct recipient *to;
	const struct story *stories; /* by section */
	const struct page_row *rows; /* of each */
	size_t count;
	size_t part, parts;
	const char *note;
};

/* How many of the rows from `from` on one message has room for. */
static size_t count_rows(const struct digest *d, size_t from)
{
	bool has_payload = d->to->channel == CHANNEL_WEBHOOK || d->to->channel == CHANNEL_COMMAND;
	size_t most = has_payload ? COMPOSE_PAYLOAD_ROWS : SIZE_MAX;
	size_t size = 0, n = 0;
	for (; from + n < d->count && n < most; n++) {
		size += page_row_size(&d->rows[from + n]);
		if (size > COMPOSE_LINES_MAX && n > 0)
			break;
	}
	return n;
}

static size_t count_section(const struct digest *d, size_t section)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++)
		n += section_of(&d->stories[i]) == section;
	return n;
}

/* "12 alerts, part 1 of 2: 9 critical, 3 resolved": the sums are of all parts. */
static void put_heading(const struct digest *d, struct pen *out)
{
	pen_printf(out, "%zu alerts", d->count);
	if (d->parts > 1)
		pen_printf(out, ", part %zu of %zu", d->part, d->parts);
	const char *gap = ": ";
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		size_t n = count_section(d, i);
		if (n == 0)
			continue;
		pen_printf(out, "%s%zu %s", gap, n, sections[i].name);
		gap = ", ";
	}
}

/* Says when what stands here is not of this minute. */
static void put_age(const struct letters *l, const struct story *s, size_t count, struct page *p)
{
	char at[ABOUT_TIME_SIZE], span[ABOUT_SPAN_SIZE];
	int64_t oldest = s[0].event.at;
	for (size_t i = 1; i < count; i++)
		if (s[i].event.at < oldest)
			oldest = s[i].event.at;
	if (l->in->now - oldest >= TEXT_LATE_MS)
		page_note(p,
			pool_printf(l->pool,
				"Told late: the oldest was seen at %s, %s before this was written.",
				about_time(oldest, at), about_span(l->in->now - oldest, span)));
}

/* Its next message, with the stories from `from` on. */
static int compose_part(struct letters *l, struct digest *d, size_t from, size_t n)
{
	struct buffer heading CLEANUP(buffer_finish) = { 0 };
	struct pen pen = { &heading, false };
	struct page page = { .color = d->rows[0].color, .rows = d->rows + from, .row_count = n };
	d->part++;
	put_heading(d, &pen);
	if (pen.failed)
		return error_no_memory(l->err);
	page.heading = heading.data;
	if (d->note)
		page_note(&page, d->note);
	put_age(l, d->stories + from, n, &page);
	page_command(&page, pool_printf(l->pool, "fleet -c %s status", l->in->config->file));
	page_command(&page, pool_printf(l->pool, "fleet -c %s alerts", l->in->config->file));
	return letter_add(l, d->to, d->stories + from, n, &page, "");
}

static struct page_row *make_rows(
	const struct letters *l, const struct story *stories, size_t count)
{
	struct page_row *rows = arena_alloc(l->pool, count * sizeof *rows);
	for (size_t i = 0; rows && i < count; i++)
		if (text_row(&stories[i], l->in->config, l->pool, &rows[i]) < 0)
			return NULL;
	return rows;
}

int letter_digest(struct letters *l, const struct recipient *to, struct story *stories,
	size_t count, const char *note)
{
	qsort(stories, count, sizeof *stories, compare_sections);
	struct digest d = { .to = to, .stories = stories, .count = count, .note = note };
	d.rows = make_rows(l, stories, count);
	if (!d.rows)
		return error_no_memory(l->err);
	for (size_t from = 0; from < count; from += count_rows(&d, from))
		d.parts++;
	for (size_t from = 0, n; from < count; from += n) {
		n = count_rows(&d, from);
		if (compose_part(l, &d, from, n) < 0)
			return -1;
	}
	return 0;
}
