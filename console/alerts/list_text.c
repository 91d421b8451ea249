#include "console/alerts/list_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/json.h"
#include "console/table.h"
#include "lib/alerts/step.h"
#include "lib/alerts/text.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/storage/words.h"

/* ---- which -------------------------------------------------------------------------------- */

static bool is_loud(const struct alert *a)
{
	return a->state == ALERT_FIRING && !alert_held(a)[0] && !alert_is_acked(a);
}

const char *alert_standing(const struct alert *a)
{
	if (a->state != ALERT_FIRING)
		return "pending";
	if (alert_held(a)[0])
		return "held";
	return alert_is_acked(a) ? "acknowledged" : "firing";
}

/* Rows that the alerter keeps for itself are no alerts of anybody's. */
static bool is_chosen(const struct alert *a, enum list_choice choice)
{
	bool fires = a->state == ALERT_FIRING;
	bool pends =
		a->state == ALERT_PENDING && strncmp(a->rule, RULE_LATE, sizeof RULE_LATE - 1) != 0;
	switch (choice) {
	case LIST_ALL:
		return fires || pends;
	case LIST_LOUD:
		return is_loud(a);
	case LIST_PENDING:
		return pends;
	case LIST_SILENCED:
		return fires && alert_held(a)[0];
	case LIST_ACKNOWLEDGED:
		return fires && alert_is_acked(a);
	default:
		return fires;
	}
}

static int compare_alerts(const void *a, const void *b)
{
	const struct alert *x = a, *y = b;
	if (x->state != y->state)
		return x->state == ALERT_FIRING ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity == SEVERITY_CRITICAL ? -1 : 1;
	if (x->since != y->since)
		return x->since < y->since ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

size_t list_choose(struct alert *alerts, size_t count, enum list_choice choice)
{
	size_t chosen = 0;
	for (size_t i = 0; i < count; i++)
		if (is_chosen(&alerts[i], choice))
			alerts[chosen++] = alerts[i];
	if (chosen > 0)
		qsort(alerts, chosen, sizeof *alerts, compare_alerts);
	return chosen;
}

/* ---- for people --------------------------------------------------------------------------- */

const struct rule *alert_rule(const struct alert *a, const struct config *config)
{
	const struct client *client = config_client(config, a->client);
	if (client)
		return config_rule(client, a->rule);
	const struct rule_group *group =
		a->client[0] ? NULL : config_rule_group(config, a->rule, a->instance);
	return group ? &group->rule : NULL;
}

int alert_words(const struct alert *a, const struct config *config, struct arena *pool,
	struct page_row *ret_row)
{
	const struct event event = alert_event(a, EVENT_FIRING);
	const struct event *one = &event;
	const struct story story = story_of(&one);
	return text_row(&story, config, pool, ret_row);
}

static void describe(const struct alert *a, char *out, size_t size)
{
	if (a->state == ALERT_FIRING && alert_held(a)[0])
		(void)snprintf(out, size, "held: %s", alert_held(a));
	else if (a->state == ALERT_FIRING && alert_is_acked(a))
		(void)snprintf(out, size, "acknowledged by %s%s%s", a->acked_by,
			a->acked_why[0] ? ": " : "", a->acked_why);
	else
		(void)snprintf(out, size, "%s", alert_standing(a));
}

static int add_alert(struct table *t, const struct alert *a, const struct config *config,
	int64_t now, struct arena *pool)
{
	char id[24] = "-", age[64], status[2 * TABLE_CELL_MAX];
	struct page_row row;
	if (alert_words(a, config, pool, &row) != 0)
		return -1;
	int64_t age_ms = now > a->since ? now - a->since : 0;
	if (a->state == ALERT_FIRING && a->opened_event != 0)
		(void)snprintf(id, sizeof id, "%" PRIu64, a->opened_event);
	(void)unit_format(UNIT_SECONDS, (double)(age_ms / 1000), age, sizeof age);
	describe(a, status, sizeof status);
	const char *cells[] = { id, text_severity(a->severity), row.where[0] ? row.where : "-",
		row.what, age, status };
	enum shade shade = !is_loud(a)			      ? SHADE_NONE
			   : a->severity == SEVERITY_CRITICAL ? SHADE_RED
							      : SHADE_YELLOW;
	if (table_add(t, shade, cells) != 0)
		return -1;
	return a->text && a->text[0] ? table_note(t, a->text) : 0;
}

int list_table(struct buffer *out, const struct alert *alerts, size_t count,
	const struct config *config, int64_t now, bool colour)
{
	static const char *const titles[] = { "ID", "SEVERITY", "WHERE", "WHAT", "FOR", "STATE" };
	struct table t CLEANUP(table_finish) = { 0 };
	struct arena pool CLEANUP(arena_finish) = { 0 };
	if (count == 0)
		return 0;
	if (table_begin(&t, titles, ARRAY_LEN(titles)) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_alert(&t, &alerts[i], config, now, &pool) != 0)
			return -1;
	return table_put(&t, colour, out);
}

static size_t count_chosen(const struct alert *all, size_t count, enum list_choice choice)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += is_chosen(&all[i], choice);
	return n;
}

int list_summary(struct buffer *out, const struct alert *all, size_t count)
{
	static const struct {
		enum list_choice choice;
		const char *word;
	} parts[] = {
		{ LIST_FIRING, "firing" },
		{ LIST_SILENCED, "of them held" },
		{ LIST_ACKNOWLEDGED, "of them acknowledged" },
		{ LIST_PENDING, "pending" },
	};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (buffer_printf(out, "%s%zu %s", i ? ", " : "",
			    count_chosen(all, count, parts[i].choice), parts[i].word) != 0)
			return -1;
	return buffer_append_text(out, "\n");
}

/* ---- for programs ------------------------------------------------------------------------- */

/* The name before the first slash of a rule's key. */
static int put_type(struct buffer *out, const char *rule)
{
	char name[256];
	(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(rule, "/"), rule);
	return json_text(out, "alert", name, ",");
}

static int put_recipients(struct buffer *out, const char *recipients)
{
	const char *gap = "";
	if (buffer_append_text(out, "\"recipients\":[") != 0)
		return -1;
	for (const char *c = recipients; *c; c += strcspn(c, "\n"), c += *c == '\n') {
		char name[400];
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(c, "\n"), c);
		if (buffer_append_text(out, gap) != 0 || json_item(out, name) != 0)
			return -1;
		gap = ",";
	}
	return buffer_append_text(out, "],");
}

static int put_acknowledgement(struct buffer *out, const struct alert *a)
{
	bool acked = a->state == ALERT_FIRING && alert_is_acked(a);
	if (json_text(out, "acknowledged_by", acked ? a->acked_by : "", ",") != 0 ||
		json_text(out, "acknowledged_why", acked ? a->acked_why : "", ",") != 0)
		return -1;
	return json_time(out, "acknowledged_at", acked ? a->acked_at : 0, "");
}

static int put_object(struct buffer *out, const struct alert *a)
{
	bool has_id = a->state == ALERT_FIRING && a->opened_event != 0;
	double id = has_id ? (double)a->opened_event : NAN;
	bool failed =
		buffer_append_text(out, "{") || json_number(out, "id", id, ",") ||
		json_text(out, "client", a->client, ",") || put_type(out, a->rule) ||
		json_text(out, "rule", a->rule, ",") ||
		json_text(out, "instance", a->instance, ",") ||
		json_text(out, "state", alert_standing(a), ",") ||
		json_text(out, "severity", severity_name(a->severity), ",") ||
		json_number(out, "value", a->value, ",") ||
		json_number(out, "limit", a->limit, ",") ||
		json_time(out, "since", a->since, ",") || json_time(out, "as_of", a->as_of, ",") ||
		json_time(out, "last_good_at", a->last_good_at, ",") ||
		json_text(out, "text", a->text ? a->text : "", ",") ||
		json_text(out, "held", alert_held(a), ",") || put_recipients(out, a->recipients) ||
		put_acknowledgement(out, a) || buffer_append_text(out, "}");
	return failed ? -1 : 0;
}

int list_json(struct buffer *out, const struct alert *alerts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_next(out, i) != 0 || put_object(out, &alerts[i]) != 0)
			return -1;
	return json_end(out, count);
}
