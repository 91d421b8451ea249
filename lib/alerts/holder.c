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

bool holder_explains(const struct alert *a)
{
	const char *held = alert_held(a);
	return a->state == ALERT_FIRING && !holder_is_silence(held) &&
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

static bool is_quieting(const struct book_row *row, const char *name)
{
	return row && rule_is_called(row->alert.rule, name) && holder_explains(&row->alert);
}

/* Whether an alert of that name fires which needs no rule, or one of a rule of lower rank: two that
 * name each other are both told. A client may have thousands of alerts, and has few rules. */
static bool client_fires(const struct book_client *c, const struct rule *rule, const char *name)
{
	uint32_t rank = bind_rank(c, rule);
	for (size_t i = 0; c->quieting && c->config->rules[i]; i++)
		if (c->quieting[i] > 0 && c->ranks[i] < rank &&
			rule_is_called(c->config->rules[i]->key, name))
			return true;
	return is_quieting(c->down, name) || is_quieting(c->host_key, name);
}

/* The same of what is no client's. */
static bool fleet_fires(const struct book_client *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (!c->rows[i]->rule && is_quieting(c->rows[i], name))
			return true;
	return false;
}

static const char *find_stronger(
	struct book *b, const struct book_client *c, const struct rule *rule)
{
	for (const char *const *name = rule->unless; *name; name++)
		if (c->config ? client_fires(c, rule, *name) : fleet_fires(c, *name))
			return pool_printf(&b->pool, "%s fires", *name);
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
