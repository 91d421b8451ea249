#include "lib/alerts/settle.h"

#include <string.h>

#include "lib/alerts/bind.h"
#include "lib/alerts/contact.h"
#include "lib/alerts/crowd.h"
#include "lib/alerts/hold.h"
#include "lib/alerts/holder.h"
#include "lib/alerts/late.h"
#include "lib/alerts/lost.h"
#include "lib/alerts/step.h"

struct settling {
	struct book *book;
	struct lost lost;
	int64_t now;
	struct error *err;
};

/* Calls for every row of every client, backwards, since a row that goes is replaced by the
 * last one. */
typedef int row_function(struct settling *s, struct book_client *c, struct book_row *row);

static int for_rows(struct settling *s, row_function *f)
{
	for (size_t i = 0; i < s->book->count; i++) {
		struct book_client *c = &s->book->clients[i];
		for (size_t k = c->count; k-- > 0;)
			if (f(s, c, c->rows[k]) < 0)
				return -1;
	}
	return 0;
}

/* What holds a row that fires, or would. */
static const char *find_hold(
	struct settling *s, const struct book_client *c, const struct book_row *row)
{
	const struct alert *a = &row->alert;
	const char *hold = lost_hold(&s->lost, c, row);
	if (!hold || hold[0])
		return hold;
	return holder_find(s->book, c, row->rule, a->rule, a->instance, s->now, s->now);
}

/* ---- the collector ------------------------------------------------------------------------ */

/* Without clients there is nothing to collect. */
static int settle_collector(struct settling *s, int64_t finished_at)
{
	struct book *b = s->book;
	struct book_client *fleet = s->lost.fleet;
	if (b->config->client_count == 0)
		return 0;
	struct verdict v = stale_step(
		&b->config->alerter, book_find(fleet, RULE_STALE, ""), finished_at, s->now);
	const char *hold = holder_silence(b, fleet, NULL, RULE_STALE, "", s->now, s->now);
	if (!hold)
		return error_no_memory(s->err);
	hold_apply(&v, hold, s->now);
	return book_move(b, fleet, RULE_STALE, &v, b->config->alerter.mail,
		"no run over the whole fleet has finished", s->err);
}

/* ---- rules that are not about one reading ------------------------------------------------- */

/* A rule's row, looked at with this value now. */
static int settle_value(struct settling *s, struct book_client *c, const struct rule *rule,
	const char *instance, double value, const char *const *recipients, const char *text)
{
	struct book_row *row = book_row(c, rule->key, instance);
	if (!row && !rule_broken(rule, value))
		return 0;
	const struct look look = { s->book->newest_id, s->now, instance, true, value, 0 };
	struct verdict v = alert_step(
		&s->book->config->alerter, rule, row ? &row->alert : NULL, &look, s->now);
	struct book_row seen = { .alert = v.alert, .rule = rule };
	seen.alert.rule = rule->key;
	seen.alert.instance = instance;
	const char *hold = "";
	if (v.tell)
		hold = lost_hold(&s->lost, c, &seen);
	if (v.tell && hold && !hold[0])
		hold = holder_find(s->book, c, rule, rule->key, instance, s->now, s->now);
	if (!hold)
		return error_no_memory(s->err);
	hold_apply(&v, hold, s->now);
	if (book_move(s->book, c, rule->key, &v, recipients, text, s->err) < 0)
		return -1;
	book_set_rule(c, rule, instance);
	return 0;
}

static int settle_ages(struct settling *s)
{
	for (size_t i = 0; i < s->book->count; i++) {
		struct book_client *c = &s->book->clients[i];
		for (size_t k = 0; c->config && c->good && c->config->rules[k]; k++) {
			const struct rule *rule = c->config->rules[k];
			double age = (double)(s->now - c->good->alert.last_good_at) / 1000;
			if (rule->kind == RULE_SAMPLE_AGE &&
				settle_value(s, c, rule, "", age < 0 ? 0 : age,
					config_recipients(c->config, rule), "") < 0)
				return -1;
		}
	}
	return 0;
}

/* A group whose clients are looked for. */
struct gathering {
	struct book *book;
	const struct rule_group *group;
};

static bool breaks_its_rule(const void *arg, size_t client)
{
	const struct gathering *g = arg;
	const struct book_client *c = book_client(g->book, g->book->config->clients[client].name);
	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i]->alert.state == ALERT_FIRING && c->rows[i]->rule &&
			c->rows[i]->rule->counted_by == g->group)
			return true;
	return false;
}

static int settle_group(struct settling *s, const struct rule_group *group)
{
	const struct gathering g = { s->book, group };
	struct crowd crowd;
	if (crowd_choose(&s->book->pool, s->book->config, breaks_its_rule, &g, &crowd) < 0)
		return error_no_memory(s->err);
	const char *names = crowd_names(&s->book->pool, &crowd);
	if (!names)
		return error_no_memory(s->err);
	return settle_value(s, s->lost.fleet, &group->rule, group->group, (double)crowd.count,
		group->mail, names);
}

static int settle_groups(struct settling *s)
{
	const struct config *config = s->book->config;
	for (size_t i = 0; i < config->rule_group_count; i++)
		if (settle_group(s, config->rule_groups[i]) < 0)
			return -1;
	return 0;
}

/* ---- what is gone ------------------------------------------------------------------------- */

static bool needs_no_rule(const char *key)
{
	static const char *const builtins[] = { RULE_LAST_GOOD, RULE_UNREACHABLE, RULE_HOST_KEY,
		RULE_STALE, RULE_ISOLATED, RULE_DELIVERY };
	for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
		if (strcmp(builtins[i], key) == 0)
			return true;
	return false;
}

/* A jump host that nobody goes through any more would never be found well. */
static bool is_way(const struct lost *l, const char *name)
{
	size_t place = reach_find(&l->reach, REACH_JUMP, name);
	if (place == REACH_NONE)
		place = reach_find(&l->reach, REACH_CLIENT, name);
	return place != REACH_NONE && l->reach.places[place].is_way;
}

/* Whether what a row is about is still in the configuration. */
static bool has_subject(
	const struct settling *s, const struct book_client *c, const struct book_row *row)
{
	const struct alert *a = &row->alert;
	const struct config *config = s->book->config;
	if (needs_no_rule(a->rule) || row->rule)
		return true;
	if (strcmp(a->rule, RULE_PARENT) == 0)
		return reach_find(&s->lost.reach, REACH_NODE, a->instance) != REACH_NONE;
	if (strcmp(a->rule, RULE_JUMP) == 0)
		return is_way(&s->lost, a->instance);
	return !c->name[0] && config_rule_group(config, a->rule, a->instance);
}

static int close_row(
	struct settling *s, struct book_client *c, struct book_row *row, const char *why)
{
	struct verdict v = gone_step(&row->alert, s->now);
	hold_apply(&v, "", s->now);
	bind_forget(c, row);
	return book_move(s->book, c, row->alert.rule, &v, NULL, why, s->err);
}

static int settle_leftover(struct settling *s, struct book_client *c, struct book_row *row)
{
	if (c->name[0] && !c->config)
		return close_row(s, c, row, "the client is no longer in the configuration");
	if (late_is(row->alert.rule))
		return late_finish(s->book, c, row, s->now, s->err);
	if (has_subject(s, c, row))
		return 0;
	bool is_jump = strcmp(row->alert.rule, RULE_JUMP) == 0;
	return close_row(s, c, row,
		is_jump ? "nothing is reached through it any more"
			: "its rule is no longer in the configuration");
}

/* ---- who hears of it now ------------------------------------------------------------------ */

static const char *const *find_escalation(struct settling *s, const struct book_client *c,
	const struct book_row *row, int64_t *ret_after_ms)
{
	static const char *const nobody[] = { NULL };
	if (!row->rule)
		return lost_escalation(&s->lost, c, row, ret_after_ms);
	*ret_after_ms = row->rule->escalate_after_ms;
	const char *const *further = c->config
					     ? config_escalation(c->config, row->rule, ret_after_ms)
					     : row->rule->escalate;
	return further ? further : nobody;
}

static int escalate(struct settling *s, struct book_client *c, struct book_row *row)
{
	int64_t after_ms;
	const char *const *further = find_escalation(s, c, row, &after_ms);
	if (!further)
		return error_no_memory(s->err);
	if (!further[0])
		return 0;
	struct verdict v = hold_escalate(&row->alert, after_ms, s->now);
	return book_move(s->book, c, row->alert.rule, &v, further, NULL, s->err);
}

static const char *const *find_recipients(
	struct settling *s, const struct book_client *c, const struct book_row *row)
{
	const struct config *config = s->book->config;
	for (size_t i = 0; i < config->rule_group_count; i++)
		if (row->rule == &config->rule_groups[i]->rule)
			return config->rule_groups[i]->mail;
	return lost_recipients(&s->lost, c, row);
}

/* It says what it was held by. */
static const char *released_text(struct settling *s, const struct alert *a)
{
	return pool_printf(&s->book->pool, "%s%sheld until now: %s", a->text,
		a->text[0] ? "; " : "", alert_held(a));
}

static int review(struct settling *s, struct book_client *c, struct book_row *row)
{
	const struct alert *a = &row->alert;
	if (a->state != ALERT_FIRING || strcmp(a->rule, RULE_DELIVERY) == 0)
		return 0;
	const char *hold = find_hold(s, c, row);
	if (!hold)
		return error_no_memory(s->err);
	/* What still fires after maintenance; not all that was down before, when the way to it is
	 * back. */
	bool again = holder_is_silence(alert_held(a));
	struct verdict v = hold_review(a, hold, again, s->now);
	if (v.row == ROW_KEEP)
		return escalate(s, c, row);
	const char *const *recipients = v.tell ? find_recipients(s, c, row) : NULL;
	v.text = v.tell ? released_text(s, a) : NULL;
	if (v.tell && (!recipients || !v.text))
		return error_no_memory(s->err);
	return book_move(s->book, c, a->rule, &v, recipients, NULL, s->err);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* Rows of clients without a sample in this run know their rules, too. */
static int bind_clients(struct settling *s)
{
	for (size_t i = 0; i < s->book->count; i++) {
		struct book_client *c = &s->book->clients[i];
		if (c->config && c->count > (c->good != NULL) && bind_client(c) < 0)
			return error_no_memory(s->err);
	}
	return 0;
}

static int settle_all(struct settling *s, const struct collector_look *collector)
{
	if (bind_clients(s) < 0 || for_rows(s, settle_leftover) < 0 ||
		settle_collector(s, collector->finished_at) < 0 ||
		lost_move(&s->lost, s->err) < 0 || settle_ages(s) < 0 || settle_groups(s) < 0)
		return -1;
	return for_rows(s, review);
}

int settle(struct book *b, const struct collector_look *collector, int64_t now, struct error *err)
{
	struct settling s = { .book = b, .now = now, .err = err };
	if (lost_init(&s.lost, b, collector->running_cycle, now, err) < 0)
		return -1;
	int result = settle_all(&s, collector);
	lost_finish(&s.lost);
	return result;
}

/* Whether there is anything to look at: a backlog has a thousand cycles in which all is well. */
static bool has_contact_rows(const struct book *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->clients[i].down || (!b->clients[i].name[0] && b->clients[i].count > 0))
			return true;
	return false;
}

int settle_cycle(struct book *b, const struct stored_sample *next, struct error *err)
{
	struct lost lost;
	if (b->newest_id > next->cycle_id || !has_contact_rows(b))
		return 0;
	if (lost_init(&lost, b, next->cycle_id, next->taken_at, err) < 0)
		return -1;
	int result = lost_move(&lost, err);
	lost_finish(&lost);
	return result;
}
