#include "lib/alerts/holder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/alerts/bind.h"
#include "lib/alerts/hold.h"
#include "lib/alerts/step.h"
#include "lib/escape.h"

/* Of who and why so much that storage keeps all of what is held by it, also when each byte is
 * escaped: what it cuts would not be what it was, in every run. */
enum { NAME_SIZE = 128, WHO_SHOWN = 80, WHY_SHOWN = 150 };

#define SILENCE_WORD "silence "
#define COUNTED_WORD "counted in "

bool holder_is_silence(const char *held)
{
	return strncmp(held, SILENCE_WORD, sizeof SILENCE_WORD - 1) == 0;
}

/* Of what is silenced, or only counted, nobody hears: it explains no other alert. */
static bool explains(const struct alert *a)
{
	const char *held = alert_held(a);
	return !holder_is_silence(held) &&
	       strncmp(held, COUNTED_WORD, sizeof COUNTED_WORD - 1) != 0;
}

/* What is not a client's is called by the name it is about. */
static struct hold_subject make_subject(const struct book_client *c, const struct rule *rule,
	const char *key, const char *instance, char name[static NAME_SIZE])
{
	bool is_place = strcmp(key, RULE_JUMP) == 0 || strcmp(key, RULE_PARENT) == 0;
	(void)snprintf(name, NAME_SIZE, "%.*s", (int)strcspn(key, "/"), key);
	return (struct hold_subject){
		.client = is_place ? instance : c->name,
		.group = c->config  ? c->config->group
			 : is_place ? ""
				    : instance,
		.metric = name,
		.type = rule ? rule->type : "",
		.instance = instance,
	};
}

static int shown(const char *text, size_t max)
{
	return (int)utf8_cut(text, strlen(text), max);
}

static const char *silence_text(struct book *b, const struct silence *s)
{
	return pool_printf(&b->pool, SILENCE_WORD "%" PRIu64 " of %.*s%s%.*s", s->id,
		shown(s->who, WHO_SHOWN), s->who, s->why[0] ? ": " : "", shown(s->why, WHY_SHOWN),
		s->why);
}

const char *holder_silence(struct book *b, const struct book_client *c, const struct rule *rule,
	const char *key, const char *instance, int64_t at, int64_t now)
{
	char name[NAME_SIZE];
	if (b->silence_count == 0)
		return "";
	struct hold_subject subject = make_subject(c, rule, key, instance, name);
	for (size_t i = 0; i < b->silence_count; i++) {
		const struct silence *s = &b->silences[i];
		if (silence_covers(s, &subject, at) || silence_covers(s, &subject, now))
			return silence_text(b, s);
	}
	return "";
}

/* Whether an alert is of those that a rule names. Only one of a lower rank: two that name each
 * other are both told. */
static bool is_stronger(const struct book_client *c, const struct book_row *row,
	const struct rule *rule, const char *name)
{
	return rule_is_called(row->alert.rule, name) &&
	       (!row->rule || bind_rank(c, row->rule) < bind_rank(c, rule));
}

static const char *find_stronger(
	struct book *b, const struct book_client *c, const struct rule *rule)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct alert *a = &c->rows[i]->alert;
		if (a->state != ALERT_FIRING || !explains(a))
			continue;
		for (const char *const *name = rule->unless; *name; name++)
			if (is_stronger(c, c->rows[i], rule, *name))
				return pool_printf(&b->pool, "%s fires", *name);
	}
	return "";
}

const char *holder_find(struct book *b, const struct book_client *c, const struct rule *rule,
	const char *key, const char *instance, int64_t at, int64_t now)
{
	if (rule && rule->counted_by)
		return pool_printf(&b->pool, COUNTED_WORD "%s", rule->counted_by->group);
	const char *hold = holder_silence(b, c, rule, key, instance, at, now);
	if (!hold || hold[0] || !rule || !rule->unless || !rule->unless[0])
		return hold;
	return find_stronger(b, c, rule);
}
