#include "console/alerts/silence_text.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/alerts/list_text.h"
#include "console/json.h"
#include "console/table.h"
#include "lib/alerts/hold.h"
#include "lib/alerts/holder.h"
#include "lib/alerts/step.h"
#include "lib/clock.h"
#include "lib/when.h"

/* ---- what is asked for -------------------------------------------------------------------- */

static const char *or_any(const char *pattern)
{
	return pattern ? pattern : "*";
}

static int read_start(
	const struct silence_request *r, int64_t now, int64_t *ret_ms, struct error *err)
{
	*ret_ms = now;
	if (!r->from)
		return 0;
	if (moment_parse(r->from, now, false, ret_ms, err) != 0)
		return error_context(err, "--from");
	return 0;
}

static int read_end(const struct silence_request *r, int64_t now, int64_t from, int64_t *ret_ms,
	struct error *err)
{
	int64_t span_ms = 0;
	*ret_ms = 0;
	if (r->for_text && r->until)
		return error_set(err, "--for and --until both say when it ends; write one");
	if (r->for_text && (!span_parse(r->for_text, &span_ms) || span_ms == 0))
		return error_set(err,
			"--for: \"%.40s\" is no span of time; write one as 30m, 2h or 3d",
			r->for_text);
	if (r->for_text)
		*ret_ms = from + span_ms;
	else if (r->until && moment_parse(r->until, now, false, ret_ms, err) != 0)
		return error_context(err, "--until");
	else if (!r->until && !r->weekly)
		return error_set(err,
			"it does not say how long; write --for 2h, --until \"2026-11-22 18:00\" or "
			"--weekly \"sun 02:00-04:00\"");
	return 0;
}

static int check_times(const struct silence *s, int64_t now, struct error *err)
{
	struct weekly weekly;
	if (s->ends_at != 0 && s->ends_at <= s->starts_at)
		return error_set(err, "it would end before it begins");
	if (s->ends_at != 0 && s->ends_at <= now)
		return error_set(err, "it would be over already");
	if (s->weekly[0] && weekly_parse(s->weekly, &weekly, err) != 0)
		return error_context(err, "--weekly");
	return 0;
}

int silence_read(const struct silence_request *r, int64_t now, struct silence *ret_silence,
	struct error *err)
{
	struct silence s = {
		.client = or_any(r->client),
		.group = or_any(r->group),
		.metric = or_any(r->metric),
		.instance = or_any(r->instance),
		.weekly = r->weekly ? r->weekly : "",
		.why = r->why ? r->why : "",
		.created_at = now,
		.who = "",
		.lifted_by = "",
		.lifted_why = "",
	};
	if (!r->client && !r->group && !r->metric && !r->instance)
		return error_set(err, "it does not say what; write --client GLOB, --group GLOB, "
				      "--metric GLOB or --instance GLOB, as --client '*' for all");
	if (!s.why[0])
		return error_set(err, "it does not say why; write --why TEXT for those who wonder");
	if (read_start(r, now, &s.starts_at, err) != 0 ||
		read_end(r, now, s.starts_at, &s.ends_at, err) != 0 ||
		check_times(&s, now, err) != 0)
		return -1;
	*ret_silence = s;
	return 0;
}

/* ---- what it is about --------------------------------------------------------------------- */

/* For ever, and whatever the instance. */
static struct silence whole(const struct silence *s)
{
	struct silence w = *s;
	w.instance = "*";
	w.starts_at = w.ends_at = w.lifted_at = 0;
	w.weekly = "";
	return w;
}

/* As the alerter asks. Without memory nothing is covered, which is said then. */
static bool covers(struct book *b, const struct silence *s, const char *client,
	const struct rule *rule, const char *key, const char *instance, int64_t at)
{
	const struct book_client *c = book_client(b, client);
	b->silences = s;
	b->silence_count = 1;
	const char *hold = c ? holder_silence(b, c, rule, key, instance, at, at) : NULL;
	return hold && hold[0];
}

static int compare_name(const void *name, const void *status)
{
	return strcmp(name, ((const struct client_status *)status)->client);
}

/* They are sorted by name, bytewise. */
static bool was_measured(const struct silence *s, const struct client *client,
	const struct rule *rule, const struct status_set *readings)
{
	const struct client_status *c = NULL;
	if (readings->count > 0)
		c = bsearch(
			client->name, readings->items, readings->count, sizeof *c, compare_name);
	for (size_t i = 0; c && i < c->reading_count; i++)
		if (strcmp(c->readings[i].metric, rule->type) == 0 &&
			fnmatch(rule->instance, c->readings[i].instance, 0) == 0 &&
			fnmatch(s->instance, c->readings[i].instance, 0) == 0)
			return true;
	return false;
}

static bool finds_client(struct book *b, const struct silence *s, const struct silence *any,
	const struct client *client, const struct status_set *readings)
{
	bool all_instances = fnmatch(s->instance, "", 0) == 0;
	const char *name = client->name;
	for (const struct rule *const *r = client->rules; *r; r++)
		if (covers(b, any, name, *r, (*r)->key, "", 1) &&
			(all_instances || was_measured(s, client, *r, readings)))
			return true;
	return all_instances && (covers(b, any, name, NULL, RULE_UNREACHABLE, "", 1) ||
					covers(b, any, name, NULL, RULE_HOST_KEY, "", 1));
}

/* What is no client's: groups that count, what stands on the way, the collector. */
static bool finds_other(struct book *b, const struct silence *s)
{
	const struct config *config = b->config;
	struct silence any = whole(s);
	any.instance = s->instance;
	for (size_t i = 0; i < config->rule_group_count; i++) {
		const struct rule_group *g = config->rule_groups[i];
		if (covers(b, &any, "", &g->rule, g->rule.key, g->group, 1))
			return true;
	}
	for (size_t i = 0; i < config->jump_count; i++)
		if (covers(b, &any, "", NULL, RULE_JUMP, config->jumps[i].name, 1))
			return true;
	for (size_t i = 0; i < config->node_count; i++)
		if (covers(b, &any, "", NULL, RULE_PARENT, config->nodes[i].name, 1))
			return true;
	return covers(b, &any, "", NULL, RULE_STALE, "", 1) ||
	       covers(b, &any, "", NULL, RULE_ISOLATED, "", 1);
}

bool silence_finds(struct book *b, const struct silence *s, const struct status_set *readings)
{
	struct silence any = whole(s);
	for (size_t i = 0; i < b->config->client_count; i++)
		if (finds_client(b, s, &any, &b->config->clients[i], readings))
			return true;
	return finds_other(b, s);
}

size_t silence_count(
	struct book *b, const struct silence *s, const struct alert_set *alerts, int64_t now)
{
	size_t covered = 0;
	for (size_t i = 0; i < alerts->count; i++) {
		const struct alert *a = &alerts->items[i];
		covered += a->state == ALERT_FIRING &&
			   covers(b, s, a->client, alert_rule(a, b->config), a->rule, a->instance,
				   now);
	}
	return covered;
}

/* ---- in words ----------------------------------------------------------------------------- */

int silence_what(struct buffer *out, const struct silence *s)
{
	const struct {
		const char *name, *pattern;
	} parts[] = {
		{ "client", s->client },
		{ "group", s->group },
		{ "metric", s->metric },
		{ "instance", s->instance },
	};
	size_t said = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strcmp(parts[i].pattern, "*") != 0 &&
			buffer_printf(out, "%s%s %s", said++ ? ", " : "", parts[i].name,
				parts[i].pattern) != 0)
			return -1;
	return said ? 0 : buffer_append_text(out, "everything");
}

static int put_time(struct buffer *out, const char *before, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];
	(void)clock_format_utc(ms, text);
	return buffer_printf(out, "%s%.10s %.8s UTC", before, text, text + 11);
}

int silence_when(struct buffer *out, const struct silence *s, int64_t now)
{
	if (s->weekly[0] && buffer_printf(out, "%s, ", s->weekly) != 0)
		return -1;
	if (s->starts_at > now &&
		(put_time(out, "from ", s->starts_at) != 0 || buffer_append_text(out, " ") != 0))
		return -1;
	return s->ends_at != 0 ? put_time(out, "until ", s->ends_at)
			       : buffer_append_text(out, "until it is lifted");
}

static int add_silence(struct table *t, const struct silence *s, int64_t now)
{
	struct buffer what CLEANUP(buffer_finish) = { 0 };
	struct buffer when CLEANUP(buffer_finish) = { 0 };
	char id[24];
	(void)snprintf(id, sizeof id, "%" PRIu64, s->id);
	if (silence_what(&what, s) != 0 || silence_when(&when, s, now) != 0)
		return -1;
	const char *cells[] = { id, what.data, when.data, s->who, s->why };
	return table_add(t, SHADE_NONE, cells);
}

int silence_table(struct buffer *out, const struct silence *items, size_t count, int64_t now)
{
	static const char *const titles[] = { "ID", "WHAT", "WHEN", "BY", "WHY" };
	struct table t CLEANUP(table_finish) = { 0 };
	if (table_begin(&t, titles, ARRAY_LEN(titles)) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_silence(&t, &items[i], now) != 0)
			return -1;
	return table_put(&t, false, out);
}

static int put_object(struct buffer *out, const struct silence *s)
{
	bool failed = buffer_append_text(out, "{") || json_number(out, "id", (double)s->id, ",") ||
		      json_text(out, "client", s->client, ",") ||
		      json_text(out, "group", s->group, ",") ||
		      json_text(out, "metric", s->metric, ",") ||
		      json_text(out, "instance", s->instance, ",") ||
		      json_time(out, "starts_at", s->starts_at, ",") ||
		      json_time(out, "ends_at", s->ends_at, ",") ||
		      json_text(out, "weekly", s->weekly, ",") ||
		      json_text(out, "who", s->who, ",") || json_text(out, "why", s->why, ",") ||
		      json_time(out, "created_at", s->created_at, "}");
	return failed ? -1 : 0;
}

int silence_json(struct buffer *out, const struct silence *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_next(out, i) != 0 || put_object(out, &items[i]) != 0)
			return -1;
	return json_end(out, count);
}
