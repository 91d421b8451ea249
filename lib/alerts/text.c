#include "lib/alerts/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/alerts/step.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/metrics/metrics.h"

/* What the alerts that need no configuration say. */
static const struct builtin {
	const char *rule, *firing, *resolved;
} builtins[] = {
	{ RULE_UNREACHABLE, "cannot be reached", "can be reached again" },
	{ RULE_HOST_KEY, "shows another host key", "shows the recorded host key again" },
	{ RULE_STALE, "the collector has not finished a run", "the collector runs again" },
};

/* An event with what the configuration knows about it. */
struct about {
	const struct event *event;
	const struct client *client;   /* NULL when gone */
	const struct rule *rule;       /* NULL when gone or built in */
	const struct builtin *builtin; /* NULL for a metric */
	const struct metric *metric;   /* NULL when unknown */
	const char *label;
	char instance[160]; /* shortened: a mail's subject must not grow with a mount's name */
	char label_text[64];
	char value[64], limit[64];
};

static const char *plain_key(const char *key)
{
	size_t prefix = sizeof RULE_LATE - 1;
	return strncmp(key, RULE_LATE, prefix) == 0 ? key + prefix : key;
}

static const struct builtin *find_builtin(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
		if (strcmp(builtins[i].rule, key) == 0)
			return &builtins[i];
	return NULL;
}

static const struct rule *find_rule(const struct client *client, const char *key)
{
	for (const struct rule *const *rule = client->rules; *rule; rule++)
		if (strcmp((*rule)->key, key) == 0)
			return *rule;
	return NULL;
}

/* A key begins with the rule's label; that is all that is left of a rule that is gone. */
static void guess_label(struct about *a, const char *key)
{
	size_t len = strcspn(key, " /:,;|@");
	(void)snprintf(a->label_text, sizeof a->label_text, "%.*s", (int)len, key);
	a->label = a->label_text;
	a->metric = metric_find(a->label_text);
}

/* Escaped, and with dots in place of what does not fit. */
static void shorten(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);
	size_t used = escape_text(out, size - 3, text, len);
	if (used < len)
		memcpy(out + used, "...", 4);
}

static void resolve(struct about *a, const struct event *e, const struct config *config)
{
	const char *key = plain_key(e->rule);
	*a = (struct about){
		.event = e, .client = config_client(config, e->client), .builtin = find_builtin(key)
	};
	if (a->client && !a->builtin)
		a->rule = find_rule(a->client, key);
	if (a->rule) {
		a->label = a->rule->label;
		a->metric = metric_find(a->rule->type);
	} else {
		guess_label(a, key);
	}
	shorten(a->instance, sizeof a->instance, e->instance);
	enum metric_unit unit = a->metric ? a->metric->unit : UNIT_NONE;
	(void)metric_format(unit, e->value, a->value, sizeof a->value);
	(void)metric_format(unit, e->limit, a->limit, sizeof a->limit);
}

/* Text, escaped as a whole; put_line() ends it. */
static int put_list(struct buffer *out, const char *end, const char *fmt, va_list ap) PRINTF(3, 0);
static int put_list(struct buffer *out, const char *end, const char *fmt, va_list ap)
{
	char raw[1024], safe[2048];
	(void)vsnprintf(raw, sizeof raw, fmt, ap);
	(void)escape_text(safe, sizeof safe, raw, strlen(raw));
	return buffer_printf(out, "%s%s", safe, end);
}

static int put(struct buffer *out, const char *fmt, ...) PRINTF(2, 3);
static int put(struct buffer *out, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int result = put_list(out, "", fmt, ap);
	va_end(ap);
	return result;
}

static int put_line(struct buffer *out, const char *fmt, ...) PRINTF(2, 3);
static int put_line(struct buffer *out, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int result = put_list(out, "\n", fmt, ap);
	va_end(ap);
	return result;
}

enum { TIME_SIZE = 32, SPAN_SIZE = 64 };

/* "2026-11-22 04:33:34 UTC" */
static const char *format_time(int64_t ms, char out[static TIME_SIZE])
{
	char iso[CLOCK_TEXT_SIZE];
	(void)clock_format_utc(ms, iso);
	(void)snprintf(out, TIME_SIZE, "%.10s %.8s UTC", iso, iso + 11);
	return out;
}

static const char *format_span(int64_t ms, char out[static SPAN_SIZE])
{
	return metric_format(UNIT_SECONDS, ms > 0 ? (double)(ms / 1000) : 0, out, SPAN_SIZE);
}

static const char *severity_word(const struct event *e)
{
	return e->severity == SEVERITY_CRITICAL ? "CRITICAL" : "WARNING";
}

static const char *kind_word(const struct event *e)
{
	switch (e->kind) {
	case EVENT_RESOLVED:
		return "RESOLVED";
	case EVENT_CLOSED:
		return "CLOSED";
	case EVENT_LATE:
		return "LATE";
	default:
		return severity_word(e);
	}
}

/* "below" or "above" the limit. */
static const char *side(const struct about *a)
{
	return a->rule && a->rule->below ? "below" : "above";
}

static int put_metric_headline(const struct about *a, struct buffer *out)
{
	const struct event *e = a->event;
	char from[TIME_SIZE], to[TIME_SIZE];
	const char *gap = a->instance[0] ? " " : "";
	switch (e->kind) {
	case EVENT_CLOSED:
		return put(out, "%s%s%s: %s", a->label, gap, a->instance, e->text);
	case EVENT_LATE:
		return put(out, "%s%s%s was %s the limit of %s, %.16s to %.16s", a->label, gap,
			a->instance, side(a), a->limit, format_time(e->since, from),
			format_time(e->at, to));
	default:
		return put(out, "%s%s%s %s (limit %s)", a->label, gap, a->instance, a->value,
			a->limit);
	}
}

static int put_builtin_headline(const struct about *a, struct buffer *out)
{
	const struct event *e = a->event;
	if (e->kind == EVENT_CLOSED)
		return put(out, "%s: %s", a->builtin->firing, e->text);
	return put(
		out, "%s", e->kind == EVENT_RESOLVED ? a->builtin->resolved : a->builtin->firing);
}

int text_headline(const struct event *e, const struct config *config, struct buffer *out)
{
	struct about a;
	resolve(&a, e, config);
	if (put(out, "%s%s %s%s", e->kind == EVENT_REPEAT ? "STILL " : "", kind_word(e), e->client,
		    e->client[0] ? ": " : "") < 0)
		return -1;
	return a.builtin ? put_builtin_headline(&a, out) : put_metric_headline(&a, out);
}

static int put_what(const struct about *a, struct buffer *out)
{
	const struct event *e = a->event;
	bool reason = e->text[0] && (e->kind == EVENT_FIRING || e->kind == EVENT_REPEAT);
	if (put(out, "What:      ") < 0)
		return -1;
	if (a->builtin ? put_builtin_headline(a, out) < 0 : put_metric_headline(a, out) < 0)
		return -1;
	if (put_line(out, "%s%s", reason ? ": " : "", reason ? e->text : "") < 0)
		return -1;
	if (!a->metric)
		return 0;
	return put_line(out, "           (%s: %s)", a->metric->name, a->metric->help);
}

static int put_where(const struct about *a, struct buffer *out)
{
	const struct client *c = a->client;
	if (!a->event->client[0])
		return 0;
	if (!c)
		return put_line(out, "Where:     %s", a->event->client);
	return put_line(out, "Where:     %s (%s port %u)%s%s", c->name, c->ip, c->port,
		c->group[0] ? ", group " : "", c->group);
}

static int put_since(const struct about *a, struct buffer *out)
{
	const struct event *e = a->event;
	char since[TIME_SIZE], at[TIME_SIZE], span[SPAN_SIZE];
	if (e->at <= e->since)
		return put_line(out, "Since:     %s", format_time(e->since, since));
	return put_line(out, "Since:     %s, for %s until %s", format_time(e->since, since),
		format_span(e->at - e->since, span), format_time(e->at, at));
}

static int put_last_good(const struct about *a, int64_t now, struct buffer *out)
{
	int64_t at = a->event->last_good_at;
	char text[TIME_SIZE], span[SPAN_SIZE];
	const char *what = a->event->client[0] ? "sample" : "run";
	if (at <= 0)
		return put_line(out, "Last good: no %s yet", what);
	return put_line(out, "Last good: %s at %s, %s before this was written", what,
		format_time(at, text), format_span(now - at, span));
}

static int put_rule(const struct about *a, struct buffer *out)
{
	if (a->rule)
		return put_line(out, "Rule:      %s:%d, %s, at or %s %s", a->rule->file,
			a->rule->line, severity_word(a->event), side(a), a->limit);
	if (a->builtin && a->client)
		return put_line(out, "Rule:      %s, built in; the client is at %s:%d",
			a->builtin->rule, a->client->file, a->client->line);
	return a->builtin ? put_line(out, "Rule:      %s, built in", a->builtin->rule) : 0;
}

/* Whether text is safe inside quotes of a shell and of any SQL dialect: it is pasted. */
static bool pastable(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789 /._:@+=,-")] == 0;
}

static int put_select(const struct about *a, struct buffer *out)
{
	const struct event *e = a->event;
	if (!a->metric)
		return put_line(out,
			"  SELECT * FROM sample WHERE client_id = "
			"(SELECT id FROM client WHERE name = '%s') ORDER BY id DESC LIMIT 20;",
			e->client);
	bool one = e->instance[0] && pastable(e->instance);
	return put_line(out,
		"  SELECT * FROM history WHERE client = '%s' AND metric = '%s'%s%s%s"
		" ORDER BY taken_at DESC LIMIT 20;",
		e->client, a->metric->name, one ? " AND instance = '" : "", one ? e->instance : "",
		one ? "'" : "");
}

/* The first one first, with commas between, as ssh -J takes them. */
static int put_jumps(const struct client *c, struct buffer *out)
{
	bool is_ipv6 = strchr(c->ip, ':') != NULL;
	if (c->jump && (put_jumps(c->jump, out) < 0 || put(out, ",") < 0))
		return -1;
	return put(out, "%s%s%s%s%s:%u", c->username, c->username[0] ? "@" : "", is_ipv6 ? "[" : "",
		c->ip, is_ipv6 ? "]" : "", c->port);
}

static int put_ssh(const struct client *c, struct buffer *out)
{
	if (put(out, "  ssh ") < 0)
		return -1;
	if (c->jump && (put(out, "-J ") < 0 || put_jumps(c->jump, out) < 0 || put(out, " ") < 0))
		return -1;
	return put_line(
		out, "-p %u %s%s%s", c->port, c->username, c->username[0] ? "@" : "", c->ip);
}

static int put_closer(const struct about *a, const struct config *config, struct buffer *out)
{
	const struct client *c = a->client;
	if (put_line(out, "To look closer:") < 0 ||
		put_line(out, "  fleet -c %s status", config->file) < 0)
		return -1;
	if (!c || !pastable(c->name))
		return 0;
	return put_ssh(c, out) < 0 ? -1 : put_select(a, out);
}

int text_details(
	const struct event *e, const struct config *config, int64_t now, struct buffer *out)
{
	struct about a;
	resolve(&a, e, config);
	if (put_what(&a, out) < 0 || put_where(&a, out) < 0 || put_since(&a, out) < 0 ||
		put_last_good(&a, now, out) < 0 || put_rule(&a, out) < 0)
		return -1;
	return put_line(out, "%s", "") < 0 ? -1 : put_closer(&a, config, out);
}
