/* fleet alerts explain: which rules a metric of a client has, where they stand, what was measured,
 * and why each fires or not. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "console/alerts/alerts.h"
#include "console/alerts/explain_rule.h"
#include "lib/alerts/bind.h"
#include "lib/alerts/explain.h"
#include "lib/alerts/holder.h"
#include "lib/alerts/pen.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/metrics/suggest.h"

/* So many are asked for that of an ordinary client none between the last ones is left out. */
enum { POINTS = 96, SHOWN = 10, LEAST_HISTORY_MS = 10 * 60 * 1000 };

struct subject {
	struct alerts alerts;
	const struct client *client;
	const struct metric *metric; /* NULL: of rules without one */
	struct metric named;	     /* what that may point to */
	const char *name;	     /* as a rule's label has it */
	struct alert_set rows;
	struct silence_set silences;
	struct status_set status;
	struct book book;
	const char **instances; /* sorted, each once */
	size_t instance_count;
	int64_t now;
};

static void finish(struct subject *s)
{
	free(s->instances);
	book_finish(&s->book);
	status_set_finish(&s->status);
	silence_set_finish(&s->silences);
	alert_set_finish(&s->rows);
	alerts_finish(&s->alerts);
}

static bool is_meant(const struct subject *s, const struct rule *rule)
{
	return s->metric ? strcmp(rule->type, s->metric->name) == 0
			 : strcmp(rule->label, s->name) == 0;
}

/* One of these is of the client, whatever instances there are. */
static bool is_single(const struct rule *rule)
{
	return rule->kind == RULE_ABSENT || rule->kind == RULE_SAMPLE_AGE;
}

/* ---- what is known ------------------------------------------------------------------------ */

static const struct alert *find_row(struct subject *s, const char *rule, const char *instance)
{
	return book_find(book_client(&s->book, s->client->name), rule, instance);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_meant_rule(const struct subject *s, const struct alert *a)
{
	for (const struct rule *const *r = s->client->rules; *r; r++)
		if (is_meant(s, *r) && !is_single(*r) && strcmp((*r)->key, a->rule) == 0)
			return strcmp(a->client, s->client->name) == 0;
	return false;
}

/* What was measured last, and what alerts there still are of what was not. */
static int find_instances(struct subject *s, struct error *err)
{
	const struct client_status *status = s->status.items;
	size_t measured = s->status.count ? status->reading_count : 0, n = 0, kept = 0;
	const char **list = calloc(measured + s->rows.count + 1, sizeof *list);
	if (!list)
		return error_no_memory(err);
	s->instances = list;
	for (size_t i = 0; s->metric && i < measured; i++)
		if (strcmp(status->readings[i].metric, s->metric->name) == 0)
			list[n++] = status->readings[i].instance;
	for (size_t i = 0; i < s->rows.count; i++)
		if (has_meant_rule(s, &s->rows.items[i]))
			list[n++] = s->rows.items[i].instance;
	if (n == 0)
		list[n++] = "";
	qsort(list, n, sizeof *list, compare_texts);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || strcmp(list[kept - 1], list[i]) != 0)
			list[kept++] = list[i];
	s->instance_count = kept;
	return 0;
}

static int load(struct subject *s, struct error *err)
{
	struct storage *storage = s->alerts.storage;
	if (storage_get_alerts(storage, &s->rows, err) != 0 ||
		storage_get_silences(storage, s->now, &s->silences, err) != 0 ||
		storage_get_client_status(storage, s->client->name, &s->status, err) != 0 ||
		book_init(&s->book, s->alerts.config, &s->rows, err) != 0)
		return -1;
	s->book.silences = s->silences.items;
	s->book.silence_count = s->silences.count;
	if (bind_client(book_client(&s->book, s->client->name)) != 0)
		return error_no_memory(err);
	return find_instances(s, err);
}

/* ---- a rule ------------------------------------------------------------------------------- */

static void put_rules(const struct subject *s, struct pen *p)
{
	size_t count = 0;
	for (const struct rule *const *r = s->client->rules; *r; r++)
		if (is_meant(s, *r) && ++count)
			explain_rule(s->alerts.config, s->client, *r, p);
	if (count > 0)
		return;
	pen_text(p, "  no <alert> looks at it: write one on the client, ");
	pen_text(p, s->client->file);
	pen_printf(p, ":%d, on its group or in <config>\n", s->client->line);
}

/* ---- an instance -------------------------------------------------------------------------- */

static int64_t history_span(const struct subject *s)
{
	int64_t longest_ms = LEAST_HISTORY_MS;
	for (const struct rule *const *r = s->client->rules; *r; r++)
		if (is_meant(s, *r) && (*r)->for_ms > longest_ms)
			longest_ms = (*r)->for_ms;
	return longest_ms;
}

static int put_values(
	const struct subject *s, const char *instance, struct pen *p, struct error *err)
{
	struct history_point points[POINTS];
	size_t count = 0;
	int64_t to = s->status.count ? s->status.items->last_good_at : 0;
	if (!s->metric || to == 0)
		return 0;
	if (storage_get_history(s->alerts.storage, s->client->name, s->metric->name, instance,
		    to - history_span(s), to, POINTS, points, &count, err) != 0)
		return -1;
	size_t first = count > SHOWN ? count - SHOWN : 0;
	for (size_t i = first; i < count; i++) {
		char at[CLOCK_TEXT_SIZE], value[64];
		(void)clock_format_utc(points[i].at, at);
		pen_printf(p, "%s%.8s %s", i > first ? ", " : "  ", at + 11,
			unit_format(s->metric->unit, points[i].value, value, sizeof value));
	}
	pen_text(p, count ? " (UTC)\n" : "");
	return 0;
}

static const struct stored_reading *find_reading(const struct subject *s, const char *instance)
{
	const struct client_status *c = s->status.items;
	for (size_t i = 0; s->status.count && s->metric && i < c->reading_count; i++)
		if (strcmp(c->readings[i].metric, s->metric->name) == 0 &&
			strcmp(c->readings[i].instance, instance) == 0)
			return &c->readings[i];
	return NULL;
}

/* What stands under the rule's key, indented. */
static void put_indented(const struct buffer *text, struct pen *p)
{
	for (size_t i = 0, n; i < text->len; i += n + 1) {
		const char *line = text->data + i;
		n = strcspn(line, "\n");
		pen_text(p, "      ");
		p->failed = p->failed || buffer_append(p->out, line, n) != 0;
		pen_text(p, "\n");
	}
}

/* That of a rule of client `of`, which is "" for those that count clients. */
static void put_standing(struct subject *s, const char *of, const struct rule *rule,
	const char *instance, struct pen *p)
{
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	struct book_client *c = book_client(&s->book, of);
	const struct stored_reading *reading = find_reading(s, instance);
	const struct alert *good = find_row(s, RULE_LAST_GOOD, "");
	const struct explain e = {
		.config = &s->alerts.config->alerter,
		.rule = rule,
		.row = book_find(c, rule->key, instance),
		.unreachable = of[0] ? find_row(s, RULE_UNREACHABLE, "") : NULL,
		.has_value = reading != NULL,
		.value = reading ? reading->value : 0,
		.value_at = s->status.count ? s->status.items->last_good_at : 0,
		.judged_at = good ? good->as_of : 0,
		.hold = holder_find(&s->book, c, rule, rule->key, instance, s->now, s->now),
	};
	if (!e.hold || explain_alert(&e, &text) != 0) {
		p->failed = true;
		return;
	}
	pen_text(p, "  ");
	pen_text(p, rule->key);
	pen_text(p, of[0] ? "\n" : " of the group\n");
	put_indented(&text, p);
}

/* Those of its rules that look at this instance. */
static void put_standings(struct subject *s, const char *instance, bool single, struct pen *p)
{
	for (const struct rule *const *r = s->client->rules; *r; r++)
		if (is_meant(s, *r) && is_single(*r) == single &&
			(single || fnmatch((*r)->instance, instance, 0) == 0))
			put_standing(s, s->client->name, *r, instance, p);
}

static void put_groups(struct subject *s, struct pen *p)
{
	for (const struct rule *const *r = s->client->rules; *r; r++)
		if (is_meant(s, *r) && (*r)->counted_by)
			put_standing(s, "", &(*r)->counted_by->rule, (*r)->counted_by->group, p);
}

static int put_instance(struct subject *s, const char *instance, struct pen *p, struct error *err)
{
	char shown[1024];
	(void)escape_text(shown, sizeof shown, instance, strlen(instance));
	pen_text(p, "\n");
	pen_text(p, s->name);
	pen_text(p, shown[0] ? " " : "");
	pen_text(p, shown);
	pen_text(p, "\n");
	if (put_values(s, instance, p, err) != 0)
		return -1;
	put_standings(s, instance, false, p);
	return 0;
}

/* ---- what needs no rule ------------------------------------------------------------------- */

static bool is_builtin(const char *name)
{
	return strcmp(name, RULE_UNREACHABLE) == 0 || strcmp(name, RULE_HOST_KEY) == 0;
}

static int put_builtin(struct subject *s, struct buffer *out, struct error *err)
{
	struct book_client *c = book_client(&s->book, s->client->name);
	const struct explain e = {
		.config = &s->alerts.config->alerter,
		.row = find_row(s, s->name, ""),
		.hold = holder_silence(&s->book, c, NULL, s->name, "", s->now, s->now),
	};
	if (!e.hold ||
		buffer_printf(out, "%s: %s, which needs no <alert>\n", s->client->name, s->name) !=
			0 ||
		explain_builtin(&e, s->name, out) != 0)
		return error_no_memory(err);
	return 0;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static int put_all(struct subject *s, struct buffer *out, struct error *err)
{
	struct pen p = { .out = out };
	pen_text(&p, s->client->name);
	pen_text(&p, ": ");
	pen_text(&p, s->metric ? s->metric->name : s->name);
	pen_text(&p, s->metric && s->metric->help[0] ? ", " : "");
	pen_text(&p, s->metric ? s->metric->help : "");
	pen_text(&p, "\n");
	put_rules(s, &p);
	for (size_t i = 0; s->metric && i < s->instance_count; i++)
		if (put_instance(s, s->instances[i], &p, err) != 0)
			return -1;
	put_standings(s, "", true, &p);
	put_groups(s, &p);
	return p.failed ? error_no_memory(err) : 0;
}

/* Of the catalogue, or one of the client's own which an alert of it compares. */
static const struct metric *find_metric(struct subject *s, const char *name)
{
	for (const struct rule *const *r = s->client ? s->client->rules : NULL; r && *r; r++)
		if (*name && strcmp((*r)->type, name) == 0) {
			s->named = metric_named((*r)->type);
			return &s->named;
		}
	return metric_find(name);
}

/* A type that no metric has is that of a rule all the same. */
static int choose(struct subject *s, const char *client, const char *name)
{
	s->client = config_client(s->alerts.config, client);
	s->metric = find_metric(s, name);
	s->name = s->metric && s->metric->alert[0] ? s->metric->alert : name;
	if (!s->client) {
		log_error("%s: there is no client '%s'", s->alerts.config->file, client);
		return EX_DATAERR;
	}
	for (const struct rule *const *r = s->client->rules; *r; r++)
		if (is_meant(s, *r))
			return EX_OK;
	if (s->metric || is_builtin(name))
		return EX_OK;
	const char *near = metric_suggest(name);
	log_error("there is no metric '%s'%s%s", name, near ? "; did you mean " : "",
		near ? near : "");
	return EX_DATAERR;
}

int alerts_explain(const char *config_path, int argc, char **argv)
{
	struct error err;
	if (commands_options(NULL, 0, argc, argv) != 3)
		return alerts_usage("explain");
	struct subject s CLEANUP(finish) = { .now = clock_wall_ms() };
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	int status = alerts_open(&s.alerts, config_path);
	if (status == EX_OK)
		status = choose(&s, argv[1], argv[2]);
	if (status != EX_OK)
		return status;
	if (load(&s, &err) != 0 ||
		(is_builtin(s.name) ? put_builtin(&s, &out, &err) : put_all(&s, &out, &err)) != 0)
		return alerts_failed(&err);
	fputs(out.data, stdout);
	return EX_OK;
}
