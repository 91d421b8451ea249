#include "lib/alerts/evaluate.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"

/* A rule's row that gathers late breaches. Keys that do not fit are cut alike everywhere. */
struct late_key {
	char text[700];
};

static struct late_key late_key(const struct rule *rule)
{
	struct late_key k;
	(void)snprintf(k.text, sizeof k.text, RULE_LATE "%s", rule->key);
	return k;
}

static bool watches(const struct rule *rule, const char *metric, const char *instance)
{
	return strcmp(rule->type, metric) == 0 && fnmatch(rule->instance, instance, 0) == 0;
}

static int step_rule(struct book *b, struct book_client *c, const struct rule *rule,
	const struct look *look, int64_t now, struct error *err)
{
	char text[64] = "";
	struct verdict v = alert_step(rule, b->config->alerter.absent_after,
		book_find(c, rule->key, look->instance), look, now);
	if (v.tell && v.kind == EVENT_CLOSED)
		(void)snprintf(text, sizeof text, "not reported by %u sample%s in a row",
			(unsigned)v.alert.count, plural(v.alert.count));
	return book_move(b, c, rule->key, &v, config_recipients(c->config, rule), text, err);
}

static int step_late(struct book *b, struct book_client *c, const struct rule *rule,
	const struct look *look, struct error *err)
{
	struct late_key key = late_key(rule);
	struct verdict v = late_step(rule, book_find(c, rule->key, look->instance),
		book_find(c, key.text, look->instance), look);
	return book_move(b, c, key.text, &v, config_recipients(c->config, rule), "", err);
}

static int look_at_readings(struct book *b, struct book_client *c, const struct rule *rule,
	const struct stored_sample *s, bool late, int64_t now, struct error *err)
{
	for (size_t i = 0; i < s->reading_count; i++) {
		const struct stored_reading *r = &s->readings[i];
		if (!watches(rule, r->metric, r->instance))
			continue;
		struct look look = { s->id, s->taken_at, r->instance, true, r->value };
		int result = late ? step_late(b, c, rule, &look, err)
				  : step_rule(b, c, rule, &look, now, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* Whatever this sample did not touch. Backwards, since a row that goes is replaced by the
 * last one. */
static int look_for_absent(struct book *b, struct book_client *c, const struct rule *rule,
	const struct stored_sample *s, int64_t now, struct error *err)
{
	for (size_t i = c->count; i-- > 0;) {
		const struct alert *a = c->alerts[i];
		if (a->as_of_id == s->id || strcmp(a->rule, rule->key) != 0)
			continue;
		struct look look = {
			.sample_id = s->id, .taken_at = s->taken_at, .instance = a->instance
		};
		if (step_rule(b, c, rule, &look, now, err) < 0)
			return -1;
	}
	return 0;
}

static int evaluate_rules(struct book *b, struct book_client *c, const struct stored_sample *s,
	bool late, int64_t now, struct error *err)
{
	for (const struct rule *const *rule = c->config->rules; *rule; rule++) {
		if (look_at_readings(b, c, *rule, s, late, now, err) < 0)
			return -1;
		if (!late && look_for_absent(b, c, *rule, s, now, err) < 0)
			return -1;
	}
	return 0;
}

static int note_good(
	struct book *b, struct book_client *c, const struct stored_sample *s, struct error *err)
{
	struct verdict v = { .row = ROW_WRITE,
		.alert = { .instance = "",
			.state = ALERT_OK,
			.as_of = s->taken_at,
			.as_of_id = s->id,
			.last_good_at = s->taken_at,
			.since = s->taken_at } };
	return book_move(b, c, RULE_LAST_GOOD, &v, NULL, "", err);
}

/* Why there is no good sample; NULL to leave what the row says of a failure that tells more. */
static int explain(struct book *b, const struct alert *row, const struct stored_sample *s,
	const char **ret_text, struct error *err)
{
	bool blameless = outcome_blameless(s->outcome);
	*ret_text = NULL;
	if (blameless && row && row->count > 0)
		return 0;
	*ret_text = pool_printf(b->pool, "%s%s%s%s", blameless ? "has not been sampled: " : "",
		outcome_text(s->outcome), s->error[0] ? ": " : "", s->error);
	return *ret_text ? 0 : error_set(err, "out of memory");
}

static int evaluate_reach(struct book *b, struct book_client *c, const struct stored_sample *s,
	int64_t now, struct error *err)
{
	const struct alerter_config *config = &b->config->alerter;
	const struct alert *good = book_find(c, RULE_LAST_GOOD, "");
	const struct alert *down = book_find(c, RULE_UNREACHABLE, "");
	const char *text;
	if (explain(b, down, s, &text, err) < 0)
		return -1;
	struct verdict v = unreachable_step(config, down, good, s, now);
	if (book_move(b, c, RULE_UNREACHABLE, &v, c->config->mail, text, err) < 0)
		return -1;
	v = host_key_step(config, book_find(c, RULE_HOST_KEY, ""), good, s, now);
	return book_move(b, c, RULE_HOST_KEY, &v, c->config->mail, text, err);
}

int evaluate_sample(struct book *b, const struct stored_sample *s, int64_t now, struct error *err)
{
	struct book_client *c = book_client(b, s->client);
	if (!c || !c->config)
		return 0;
	if (evaluate_reach(b, c, s, now, err) < 0)
		return -1;
	if (s->outcome != OUTCOME_OK)
		return 0;
	const struct alert *good = book_find(c, RULE_LAST_GOOD, "");
	bool late = good && s->id <= good->as_of_id;
	if (evaluate_rules(b, c, s, late, now, err) < 0)
		return -1;
	return late ? 0 : note_good(b, c, s, err);
}

static const struct rule *find_rule(const struct client *client, const char *key, bool late)
{
	for (const struct rule *const *rule = client->rules; *rule; rule++)
		if (strcmp(late ? late_key(*rule).text : (*rule)->key, key) == 0)
			return *rule;
	return NULL;
}

static bool needs_no_rule(const char *key)
{
	return strcmp(key, RULE_LAST_GOOD) == 0 || strcmp(key, RULE_UNREACHABLE) == 0 ||
	       strcmp(key, RULE_HOST_KEY) == 0;
}

static int finish_row(struct book *b, struct book_client *c, const struct alert *a, int64_t now,
	struct error *err)
{
	if (!c->config) {
		struct verdict v = gone_step(a, now);
		return book_move(b, c, a->rule, &v, NULL,
			"the client is no longer in the configuration", err);
	}
	if (needs_no_rule(a->rule))
		return 0;
	bool late = strncmp(a->rule, RULE_LATE, sizeof RULE_LATE - 1) == 0;
	const struct rule *rule = find_rule(c->config, a->rule, late);
	if (rule && !late)
		return 0;
	struct verdict v = rule ? late_close(rule, a) : gone_step(a, now);
	return book_move(b, c, a->rule, &v, rule ? config_recipients(c->config, rule) : NULL,
		rule ? "" : "its rule is no longer in the configuration", err);
}

int evaluate_leftovers(struct book *b, int64_t now, struct error *err)
{
	for (size_t i = 0; i < b->count; i++) {
		struct book_client *c = &b->clients[i];
		if (!c->name[0])
			continue;
		for (size_t k = c->count; k-- > 0;)
			if (finish_row(b, c, c->alerts[k], now, err) < 0)
				return -1;
	}
	return 0;
}

int evaluate_unreachable(struct book *b, uint64_t running_cycle, int64_t now, struct error *err)
{
	for (size_t i = 0; i < b->count; i++) {
		struct book_client *c = &b->clients[i];
		const struct alert *row = c->config ? book_find(c, RULE_UNREACHABLE, "") : NULL;
		if (!row)
			continue;
		struct verdict v = unreachable_judge(&b->config->alerter, row, running_cycle, now);
		if (book_move(b, c, RULE_UNREACHABLE, &v, c->config->mail, NULL, err) < 0)
			return -1;
	}
	return 0;
}

int evaluate_collector(struct book *b, int64_t finished_at, int64_t now, struct error *err)
{
	struct book_client *c = book_client(b, "");
	if (b->config->client_count == 0)
		return 0;
	struct verdict v =
		stale_step(&b->config->alerter, book_find(c, RULE_STALE, ""), finished_at, now);
	return book_move(b, c, RULE_STALE, &v, b->config->alerter.mail,
		"no run over the whole fleet has finished", err);
}
