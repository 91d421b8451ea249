#include "lib/alerts/late.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/hold.h"
#include "lib/alerts/holder.h"

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

bool late_is(const char *key)
{
	return strncmp(key, RULE_LATE, sizeof RULE_LATE - 1) == 0;
}

/* Carries out what became of the gathered row; `rule` is NULL when it is gone. */
static int move_late(struct book *b, struct book_client *c, const struct rule *rule,
	const char *key, struct verdict *v, int64_t now, struct error *err)
{
	const char *hold = "";
	if (rule && v->tell)
		hold = holder_find(b, c, rule, rule->key, v->alert.instance, v->alert.as_of, now);
	if (!hold)
		return error_no_memory(err);
	hold_apply(v, hold, now);
	return book_move(b, c, key, v, rule ? config_recipients(c->config, rule) : NULL, "", err);
}

int late_reading(const struct visit *v, struct watch *w, const struct stored_reading *reading)
{
	if (w->rule->kind != RULE_LEVEL)
		return 0;
	struct late_key key = late_key(w->rule);
	struct look look = visit_look(v, reading->instance, true, reading->value);
	struct verdict verdict = late_step(w->rule, w->row ? &w->row->alert : NULL,
		book_find(v->client, key.text, reading->instance), &look);
	return move_late(v->book, v->client, w->rule, key.text, &verdict, v->now, v->err);
}

int late_finish(struct book *b, struct book_client *c, const struct book_row *row, int64_t now,
	struct error *err)
{
	const struct rule *rule = config_rule(c->config, row->alert.rule + sizeof RULE_LATE - 1);
	struct verdict v = rule ? late_close(rule, &row->alert) : verdict_remove(row->alert);
	if (rule && row->alert.breaches > 0) {
		v = verdict_write(row->alert);
		v.alert.breaches = 0;
	}
	return move_late(b, c, rule, row->alert.rule, &v, now, err);
}
