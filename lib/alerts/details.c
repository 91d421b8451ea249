/* What a person needs to act on an alert: text_details() of text.h, one function a fact. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/alerts/about.h"
#include "lib/alerts/pool.h"
#include "lib/alerts/text.h"
#include "lib/alerts/verdict.h"

struct details {
	struct about about;
	const struct page_row *row;
	const struct text_more *more;
	struct arena *pool;
	struct page *page;
};

static void say_what(const struct details *d)
{
	const struct event *e = &d->about.story->event;
	const struct metric *m = &d->about.metric;
	bool reason = e->text[0] && !d->about.story->over;
	page_fact(d->page, "What",
		pool_printf(d->pool, "%s%s%s", d->row->what, reason ? ": " : "",
			reason ? e->text : ""));
	if (m->name)
		page_fact(d->page, "",
			pool_printf(d->pool, "(%s%s%s)", m->name, m->help[0] ? ": " : "", m->help));
}

static void say_where(const struct details *d)
{
	const struct client *c = d->about.client;
	if (c)
		page_fact(d->page, "Where",
			pool_printf(d->pool, "%s (%s port %u)%s%s", c->name, c->ip, c->port,
				c->group[0] ? ", group " : "", c->group));
	else if (d->row->where[0])
		page_fact(d->page, "Where", d->row->where);
}

static void say_since(const struct details *d)
{
	const struct story *s = d->about.story;
	char since[ABOUT_TIME_SIZE], at[ABOUT_TIME_SIZE], span[ABOUT_SPAN_SIZE];
	(void)about_time(s->since, since);
	if (s->event.at <= s->since)
		page_fact(d->page, "Since", pool_text(d->pool, since));
	else
		page_fact(d->page, "Since",
			pool_printf(d->pool, "%s, for %s until %s", since,
				about_span(s->event.at - s->since, span),
				about_time(s->event.at, at)));
}

/* Of several events the one that is told need not be the worst. */
static void say_worst(const struct details *d)
{
	const struct about *a = &d->about;
	double worst = NAN;
	char text[64];
	for (size_t i = 0; i < a->story->count; i++) {
		double value = a->story->events[i]->value;
		worst = a->rule && a->rule->below ? fmin(worst, value) : fmax(worst, value);
	}
	if (!a->metric.name || isnan(worst))
		return;
	(void)unit_format(a->unit, worst, text, sizeof text);
	if (strcmp(text, a->value) != 0)
		page_fact(d->page, "Worst", pool_text(d->pool, text));
}

/* Of a client the last good sample, of the collector its last run. */
static void say_last_good(const struct details *d)
{
	const struct event *e = &d->about.story->event;
	char at[ABOUT_TIME_SIZE], span[ABOUT_SPAN_SIZE];
	const char *what = e->client[0] ? "sample" : "run";
	if (!e->client[0] && strcmp(e->rule, RULE_STALE) != 0)
		return;
	if (e->last_good_at <= 0)
		page_fact(d->page, "Last good", pool_printf(d->pool, "no %s yet", what));
	else
		page_fact(d->page, "Last good",
			pool_printf(d->pool, "%s at %s, %s before this was written", what,
				about_time(e->last_good_at, at),
				about_span(d->more->now - e->last_good_at, span)));
}

/* "WARNING, at or above 90.0 %; CRITICAL, at or above 97.0 %" */
static void put_asked(const struct about *told, struct pen *out)
{
	struct about a = *told;
	const struct rule *r = a.rule;
	enum severity severity = r->has_critical ? r->severity : a.story->event.severity;
	if (r->has_critical)
		(void)unit_format(a.unit, r->limit, a.limit, sizeof a.limit);
	pen_printf(out, "%s, ", text_severity(severity));
	about_say(&a, a.phrase->rule, out);
	if (!r->has_critical)
		return;
	(void)unit_format(a.unit, r->critical, a.limit, sizeof a.limit);
	pen_text(out, "; CRITICAL, ");
	about_say(&a, a.phrase->rule, out);
}

static const char *describe_rule(const struct details *d)
{
	const struct rule *r = d->about.rule;
	struct buffer asked CLEANUP(buffer_finish) = { 0 };
	struct pen pen = { &asked, false };
	put_asked(&d->about, &pen);
	return pen.failed ? NULL : pool_printf(d->pool, "%s:%d, %s", r->file, r->line, asked.data);
}

static void say_rule(const struct details *d)
{
	const struct about *a = &d->about;
	const char *key = a->story->event.rule;
	if (a->rule)
		page_fact(d->page, "Rule", describe_rule(d));
	else if (a->built_in && a->client)
		page_fact(d->page, "Rule",
			pool_printf(d->pool, "%s, built in; the client is at %s:%d", key,
				a->client->file, a->client->line));
	else if (a->built_in)
		page_fact(d->page, "Rule", pool_printf(d->pool, "%s, built in", key));
}

/* Why the time of writing is not that of the sample: an alerter or a collector that was away, or
 * the recipient's own hours. */
static void say_late(const struct details *d)
{
	int64_t late = d->more->now - d->about.story->event.at;
	char span[ABOUT_SPAN_SIZE];
	if (late >= TEXT_LATE_MS)
		page_fact(d->page, "Told late",
			pool_printf(d->pool, "%s after it was seen%s", about_span(late, span),
				d->more->put_off ? "; it waited for quiet hours to end, or for room"
						 : ""));
}

static void say_status(const struct details *d)
{
	const struct alert *a = d->more->alert;
	char at[ABOUT_TIME_SIZE];
	if (a && a->acked_at > 0)
		page_fact(d->page, "Status",
			pool_printf(d->pool, "acknowledged by %s, %s: %s", a->acked_by,
				about_time(a->acked_at, at), a->acked_why));
	if (a && a->held && a->held[0])
		page_fact(d->page, "Status",
			pool_printf(d->pool, "nobody is told more for now: %s", a->held));
}

static void say_day(const struct details *d)
{
	if (d->more->day[0])
		page_fact(d->page, "Last day", d->more->day);
}

enum { PASTED_MAX = 200 };

/* Whether text from anywhere is safe to be pasted, without quotes or within them. */
static bool is_plain(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789 /._:@+=,-");
	return text[len] == 0 && len <= PASTED_MAX;
}

/* Whether a name of the configuration, which holds nothing that cannot be shown, is safe within
 * single quotes of a shell and of any SQL dialect. */
static bool is_quotable(const char *name)
{
	return !strpbrk(name, "'\\") && strlen(name) <= PASTED_MAX;
}

static const char *make_select(const struct details *d)
{
	const struct about *a = &d->about;
	const struct event *e = &a->story->event;
	if (!a->metric.name)
		return pool_printf(d->pool,
			"SELECT * FROM sample WHERE client_id = "
			"(SELECT id FROM client WHERE name = '%s') ORDER BY id DESC LIMIT 20;",
			e->client);
	bool one = e->instance[0] && is_plain(e->instance);
	return pool_printf(d->pool,
		"SELECT * FROM history WHERE client = '%s' AND metric = '%s'%s%s%s"
		" ORDER BY taken_at DESC LIMIT 20;",
		e->client, a->metric.name, one ? " AND instance = '" : "", one ? e->instance : "",
		one ? "'" : "");
}

/* The first one first, with commas between, as ssh -J takes them. */
static void put_jumps(const struct client *c, struct pen *out)
{
	bool is_ipv6 = strchr(c->ip, ':') != NULL;
	if (c->jump) {
		put_jumps(c->jump, out);
		pen_text(out, ",");
	}
	pen_text(out, c->username);
	pen_text(out, c->username[0] ? "@" : "");
	pen_text(out, is_ipv6 ? "[" : "");
	pen_text(out, c->ip);
	pen_printf(out, "%s:%u", is_ipv6 ? "]" : "", c->port);
}

static const char *make_ssh(const struct details *d)
{
	const struct client *c = d->about.client;
	struct buffer jumps CLEANUP(buffer_finish) = { 0 };
	struct pen pen = { &jumps, false };
	if (c->jump) {
		pen_text(&pen, "-J ");
		put_jumps(c->jump, &pen);
		pen_text(&pen, " ");
	}
	return pen.failed ? NULL
			  : pool_printf(d->pool, "ssh %s-p %u %s%s%s", jumps.data ? jumps.data : "",
				    c->port, c->username, c->username[0] ? "@" : "", c->ip);
}

static const char *make_explain(const struct details *d)
{
	const struct client *c = d->about.client;
	const char *quote = is_plain(c->name) && !strchr(c->name, ' ') ? "" : "'";
	return pool_printf(d->pool, "fleet -c %s alerts explain %s%s%s %s", d->about.config->file,
		quote, c->name, quote, d->about.rule->label);
}

static void say_closer(const struct details *d)
{
	const struct about *a = &d->about;
	const struct story *s = a->story;
	const char *file = a->config->file;
	page_command(d->page, pool_printf(d->pool, "fleet -c %s status", file));
	if (a->client && is_quotable(a->client->name)) {
		if (a->rule)
			page_command(d->page, make_explain(d));
		page_command(d->page, make_ssh(d));
		page_command(d->page, make_select(d));
	}
	if (!s->over && s->event.opened_event != 0)
		page_command(d->page, pool_printf(d->pool,
					      "fleet -c %s alerts ack %" PRIu64
					      " --why \"what is done about it\"",
					      file, s->event.opened_event));
}

int text_details(const struct story *s, const struct config *config, const struct text_more *more,
	struct arena *pool, struct page *p)
{
	static void (*const facts[])(const struct details *) = { say_what, say_where, say_since,
		say_worst, say_last_good, say_rule, say_late, say_status, say_day, say_closer };
	struct page_row row;
	if (text_row(s, config, pool, &row) < 0)
		return -1;
	struct details d = { about_story(s, config), &row, more, pool, p };
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		facts[i](&d);
	return p->failed ? -1 : 0;
}
