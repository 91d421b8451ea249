#include "lib/alerts/evaluate.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/bind.h"
#include "lib/alerts/contact.h"
#include "lib/alerts/hold.h"
#include "lib/alerts/holder.h"
#include "lib/alerts/late.h"
#include "lib/alerts/settle.h"
#include "lib/alerts/visit.h"
#include "lib/log.h"

/* ---- rules -------------------------------------------------------------------------------- */

struct look visit_look(const struct visit *v, const char *instance, bool present, double value)
{
	return (struct look){ v->sample->id, v->sample->taken_at, instance, present, value,
		v->pace.gap_ms };
}

int visit_move(const struct visit *v, const struct rule *rule, const char *instance,
	struct verdict *verdict, const char *text)
{
	struct book *b = v->book;
	const char *hold = "";
	if (verdict->tell)
		hold = holder_find(
			b, v->client, rule, rule->key, instance, v->sample->taken_at, v->now);
	if (!hold)
		return error_no_memory(v->err);
	hold_apply(verdict, hold, v->now);
	return book_move(b, v->client, rule->key, verdict,
		config_recipients(v->client->config, rule), text, v->err);
}

static int visit_level(const struct visit *v, struct watch *w, const char *instance, double value)
{
	if (!w->row && !rule_broken(w->rule, value))
		return 0;
	struct look look = visit_look(v, instance, true, value);
	struct verdict verdict = alert_step(
		&v->book->config->alerter, w->rule, w->row ? &w->row->alert : NULL, &look, v->now);
	if (verdict.row == ROW_KEEP)
		return 0;
	if (visit_move(v, w->rule, instance, &verdict, "") < 0)
		return -1;
	bind_moved(v->client, w, instance);
	return 0;
}

static int visit_reading(
	const struct visit *v, struct watch *w, const struct stored_reading *reading)
{
	v->client->seen[w->index] = v->sample->id;
	if (w->row)
		w->row->seen_id = v->sample->id;
	switch (w->rule->kind) {
	case RULE_LEVEL:
		return visit_level(v, w, reading->instance, reading->value);
	case RULE_FULL_WITHIN:
	case RULE_CHANGE:
		return visit_history(v, w, reading->instance, reading->value);
	default:
		return 0;
	}
}

typedef int visitor(const struct visit *v, struct watch *w, const struct stored_reading *reading);

/* Every watch of that rank on what the sample has. */
static int walk(const struct visit *v, uint32_t rank, visitor *visit)
{
	struct book_client *c = v->client;
	size_t at = 0;
	for (size_t i = 0; i < v->sample->reading_count; i++) {
		const struct stored_reading *r = &v->sample->readings[i];
		if (bind_reading(c, r, &at) < 0)
			return error_no_memory(v->err);
		for (; at < c->watch_count && c->watches[at].series == r->series; at++) {
			struct watch *w = &c->watches[at];
			if (w->rule && w->rank == rank && visit(v, w, r) < 0)
				return -1;
		}
	}
	return 0;
}

/* ---- what is not there -------------------------------------------------------------------- */

static bool has_instances(const struct rule *rule)
{
	return rule && (rule->kind == RULE_LEVEL || rule->kind == RULE_FULL_WITHIN ||
			       rule->kind == RULE_CHANGE);
}

static int miss_row(const struct visit *v, struct book_row *row)
{
	char text[64] = "";
	struct look look = visit_look(v, row->alert.instance, false, 0);
	struct verdict verdict =
		alert_step(&v->book->config->alerter, row->rule, &row->alert, &look, v->now);
	if (verdict.tell)
		(void)snprintf(text, sizeof text, "not reported by %u sample%s in a row",
			(unsigned)verdict.alert.count, plural(verdict.alert.count));
	if (verdict.row == ROW_REMOVE)
		bind_forget(v->client, row);
	return visit_move(v, row->rule, row->alert.instance, &verdict, verdict.tell ? text : NULL);
}

/* Whatever this sample did not touch. Backwards, since a row that goes is replaced by the
 * last one. */
static int visit_missing(const struct visit *v)
{
	struct book_client *c = v->client;
	for (size_t i = c->count; i-- > 0;) {
		struct book_row *row = c->rows[i];
		if (has_instances(row->rule) && row->seen_id != v->sample->id &&
			row->alert.as_of_id != v->sample->id && miss_row(v, row) < 0)
			return -1;
	}
	return 0;
}

static int visit_absent(const struct visit *v, const struct rule *rule, bool present)
{
	struct alert *old = book_find(v->client, rule->key, "");
	const struct book_row *good = v->client->good;
	if (present && !old)
		return 0;
	struct look look = visit_look(v, "", present, 0);
	struct verdict verdict = absent_step(&v->book->config->alerter, rule, old, &look,
		good ? good->alert.last_good_at : 0, v->now);
	if (visit_move(v, rule, "", &verdict, "") < 0)
		return -1;
	book_set_rule(v->client, rule, "");
	return 0;
}

static int visit_absences(const struct visit *v)
{
	const struct rule *const *rules = v->client->config->rules;
	for (size_t i = 0; rules[i]; i++)
		if (rules[i]->kind == RULE_ABSENT &&
			visit_absent(v, rules[i], v->client->seen[i] == v->sample->id) < 0)
			return -1;
	return 0;
}

/* ---- a good sample ------------------------------------------------------------------------ */

static int note_good(const struct visit *v)
{
	const struct stored_sample *s = v->sample;
	struct verdict verdict = verdict_write((struct alert){
		.instance = "",
		.state = ALERT_OK,
		.as_of = s->taken_at,
		.as_of_id = s->id,
		.last_good_at = s->taken_at,
		.since = s->taken_at - v->pace.usual_ms,
	});
	return book_move(v->book, v->client, RULE_LAST_GOOD, &verdict, NULL, NULL, v->err);
}

static int visit_rules(const struct visit *v)
{
	for (uint32_t rank = 0; rank <= v->client->max_rank; rank++)
		if (walk(v, rank, visit_reading) < 0)
			return -1;
	if (visit_missing(v) < 0 || visit_absences(v) < 0)
		return -1;
	return note_good(v);
}

static int visit_good(const struct visit *v)
{
	const struct book_row *good = v->client->good;
	if (bind_client(v->client) < 0)
		return error_no_memory(v->err);
	if (!good || v->sample->id > good->alert.as_of_id)
		return visit_rules(v);
	for (uint32_t rank = 0; rank <= v->client->max_rank; rank++)
		if (walk(v, rank, late_reading) < 0)
			return -1;
	return 0;
}

/* ---- contact ------------------------------------------------------------------------------ */

/* Why there is no good sample; NULL to leave what the row says of a failure that tells more. */
static int explain(const struct visit *v, const char **ret_text)
{
	const struct stored_sample *s = v->sample;
	const struct book_row *row = v->client->down;
	bool blameless = outcome_blameless(s->outcome);
	*ret_text = NULL;
	if (s->outcome == OUTCOME_OK || (blameless && row && row->alert.count > 0))
		return 0;
	*ret_text =
		pool_printf(&v->book->pool, "%s%s%s%s", blameless ? "has not been sampled: " : "",
			outcome_text(s->outcome), s->error[0] ? ": " : "", s->error);
	return *ret_text ? 0 : error_no_memory(v->err);
}

/* `c` is whose row it is; its recipients are those of the client, too. */
static int move_contact(const struct visit *v, struct book_client *c, const char *key,
	const char *instance, struct verdict *verdict, const char *text)
{
	const char *hold = "";
	if (verdict->row == ROW_KEEP)
		return 0;
	if (verdict->tell)
		hold = holder_silence(v->book, c, NULL, key, instance, v->sample->taken_at, v->now);
	if (!hold)
		return error_no_memory(v->err);
	hold_apply(verdict, hold, v->now);
	return book_move(v->book, c, key, verdict, v->client->config->mail, text, v->err);
}

static const struct alert *alert_of(const struct book_row *row)
{
	return row ? &row->alert : NULL;
}

static int visit_jumps(const struct visit *v)
{
	const struct alerter_config *config = &v->book->config->alerter;
	struct book_client *fleet = book_client(v->book, "");
	enum passage passage = sample_passage(v->sample);
	bool is_beyond = passage == PASSAGE_STOPPED; /* of the one that stopped it */
	for (const struct client *j = v->client->config->jump; j; j = j->jump) {
		bool stopped = passage == PASSAGE_STOPPED && sample_blames(v->sample, j->name);
		const struct alert *old = book_find(fleet, RULE_JUMP, j->name);
		if ((is_beyond && !stopped) || (!stopped && !old))
			continue;
		is_beyond = false;
		struct verdict verdict =
			jump_step(config, old, j->name, v->sample, stopped, v->now);
		const char *text =
			stopped ? pool_printf(&v->book->pool, "%s", v->sample->error) : NULL;
		if (move_contact(v, fleet, RULE_JUMP, j->name, &verdict, text) < 0)
			return -1;
	}
	return 0;
}

static int visit_contact(const struct visit *v)
{
	const struct alerter_config *config = &v->book->config->alerter;
	const struct alert *good = alert_of(v->client->good);
	const char *text;
	if (v->client->config->jump && sample_passage(v->sample) != PASSAGE_UNKNOWN &&
		visit_jumps(v) < 0)
		return -1;
	if (v->sample->outcome == OUTCOME_OK && !v->client->down && !v->client->host_key)
		return 0;
	if (explain(v, &text) < 0)
		return -1;
	struct verdict verdict =
		unreachable_step(config, alert_of(v->client->down), good, v->sample, v->now);
	if (move_contact(v, v->client, RULE_UNREACHABLE, "", &verdict, text) < 0)
		return -1;
	verdict = host_key_step(config, alert_of(v->client->host_key), good, v->sample, v->now);
	return move_contact(v, v->client, RULE_HOST_KEY, "", &verdict, text);
}

/* Since the newest good sample; of one that is older there is none. */
static struct pace find_pace(const struct book_client *c, const struct stored_sample *s)
{
	const struct alert *good = alert_of(c->good);
	if (!good || s->outcome != OUTCOME_OK || s->id <= good->as_of_id)
		return (struct pace){ 0 };
	return pace_step(good->as_of - good->since, s->taken_at - good->as_of);
}

int evaluate_sample(struct book *b, const struct stored_sample *s, int64_t now, struct error *err)
{
	struct book_client *c = book_client(b, s->client);
	if (settle_cycle(b, s, err) < 0)
		return -1;
	if (!c || !c->config)
		return 0;
	const struct visit v = { b, c, s, now, err, find_pace(c, s) };
	if (s->id > b->newest_id)
		b->newest_id = s->id;
	if (visit_contact(&v) < 0)
		return -1;
	return s->outcome == OUTCOME_OK ? visit_good(&v) : 0;
}
