#include "lib/alerts/text.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/about.h"
#include "lib/alerts/pool.h"
#include "lib/escape.h"

#define RED    "#b3261e"
#define ORANGE "#a85b00"
#define GREEN  "#1e7b34"
#define GREY   "#5f6368"

/* What each kind of event says before, and in place of, its severity, and at its end. */
static const struct {
	const char *before, *state, *after, *color; /* NULL: the severity's */
} kinds[] = {
	[EVENT_FIRING] = { "", NULL, "", NULL },
	[EVENT_RESOLVED] = { "", "RESOLVED", "", GREEN },
	[EVENT_CLOSED] = { "", "CLOSED", "", GREY },
	[EVENT_REPEAT] = { "STILL ", NULL, "", NULL },
	[EVENT_LATE] = { "", "LATE", "", GREY },
	[EVENT_WORSE] = { "NOW ", NULL, "", NULL },
	[EVENT_FLAPPING] = { "FLAPPING ", NULL, ", comes and goes", NULL },
	[EVENT_ESCALATED] = { "ESCALATED ", NULL, ", nobody acknowledged it", NULL },
};

static const struct {
	const char *word, *color;
} severities[] = {
	[SEVERITY_WARNING] = { "WARNING", ORANGE },
	[SEVERITY_CRITICAL] = { "CRITICAL", RED },
};

const char *text_severity(enum severity severity)
{
	return severities[severity].word;
}

/* ", 2026-11-22 10:00 to 2026-11-22 10:20" */
static void put_between(int64_t from, int64_t to, struct pen *out)
{
	char first[ABOUT_TIME_SIZE], last[ABOUT_TIME_SIZE];
	pen_printf(out, ", %.16s to %.16s", about_time(from, first), about_time(to, last));
}

static void put_times(const struct story *s, struct pen *out)
{
	if (s->times > 1)
		pen_printf(out, ", %u times", (unsigned)s->times);
}

/* What began and ended before the recipient heard of it. */
static void put_past(const struct about *a, struct pen *out)
{
	const struct story *s = a->story;
	about_say(a, a->phrase->was, out);
	put_times(s, out);
	put_between(s->since, s->event.at, out);
	pen_text(out, s->event.kind == EVENT_RESOLVED ? ", over now" : "");
}

static void put_present(const struct about *a, struct pen *out)
{
	const struct story *s = a->story;
	char since[ABOUT_TIME_SIZE];
	about_say(a, s->over ? a->phrase->over : a->phrase->firing, out);
	put_times(s, out);
	if (s->times > 1)
		pen_printf(out, " since %.16s", about_time(s->since, since));
	pen_text(out, kinds[s->event.kind].after);
}

static void put_closed(const struct about *a, struct pen *out)
{
	char reason[300]; /* ours are short */
	const struct event *e = &a->story->event;
	(void)escape_text(reason, sizeof reason, e->text, strlen(e->text));
	if (a->story->known)
		about_say(a, a->built_in ? a->phrase->firing : "%l%i", out);
	else
		put_past(a, out);
	pen_text(out, ": ");
	pen_text(out, reason);
}

static void put_what(const struct about *a, struct pen *out)
{
	const struct story *s = a->story;
	if (s->event.kind == EVENT_CLOSED)
		put_closed(a, out);
	else if (s->over && !s->known)
		put_past(a, out);
	else
		put_present(a, out);
}

int text_row(const struct story *s, const struct config *config, struct arena *pool,
	struct page_row *ret_row)
{
	struct about a = about_story(s, config);
	enum event_kind kind = s->event.kind;
	enum severity severity = s->event.severity;
	struct buffer what CLEANUP(buffer_finish) = { 0 };
	struct pen pen = { &what, false };
	char since[ABOUT_TIME_SIZE];
	put_what(&a, &pen);
	struct page_row row = {
		.state = pool_printf(pool, "%s%s", kinds[kind].before,
			kinds[kind].state ? kinds[kind].state : severities[severity].word),
		.where = pool_text(pool, a.where),
		.what = pool_printf(pool, "%s", what.data ? what.data : ""),
		.since = pool_text(pool, about_time(s->since, since)),
		.color = kinds[kind].color ? kinds[kind].color : severities[severity].color,
	};
	if (pen.failed || !row.state || !row.where || !row.what || !row.since)
		return -1;
	*ret_row = row;
	return 0;
}

int text_headline(const struct event *e, const struct config *config, struct buffer *out)
{
	struct arena pool CLEANUP(arena_finish) = { 0 };
	struct story s = story_of(&e);
	struct page_row row;
	struct pen pen = { out, false };
	if (text_row(&s, config, &pool, &row) < 0)
		return -1;
	page_headline(&row, &pen);
	return pen.failed ? -1 : 0;
}
