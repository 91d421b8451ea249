#include "lib/alerts/about.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/step.h"
#include "lib/clock.h"
#include "lib/escape.h"

/* clang-format off */
static const struct phrase phrases[] = {
	[RULE_LEVEL] = {
		"%l%i %v (limit %m)", "%l%i %v (limit %m)",
		"%l%i was %s the limit of %m", "at or %s %m" },
	[RULE_FULL_WITHIN] = {
		"%l%i full in %v (limit %m)", "%l%i not full within %m any more",
		"%l%i was to be full within %m", "full within %m" },
	[RULE_CHANGE] = {
		"%l%i changed by %v in %w (limit %m)", "%l%i changed by %v in %w (limit %m)",
		"%l%i changed by more than %m in %w", "at or %s a change of %m in %w" },
	[RULE_ABSENT] = {
		"%l%i not reported for %v (limit %m)", "%l%i reported again",
		"%l%i was not reported", "not reported for %m" },
	[RULE_SAMPLE_AGE] = {
		"no good sample for %v (limit %m)", "good samples again",
		"had no good sample", "no good sample for %m" },
	[RULE_COUNT] = {
		"%l over the limit on %v of %n clients (limit %m)",
		"%l over the limit on %v of %n clients (limit %m)",
		"%l was over the limit on %m clients or more", "%m clients or more" },
};

/* What the alerts that need no rule say. */
static const struct {
	const char *rule;
	struct phrase phrase;
} built_in[] = {
	{ RULE_UNREACHABLE, {
		"cannot be reached", "can be reached again", "could not be reached", "" } },
	{ RULE_HOST_KEY, {
		"shows another host key", "shows the recorded host key again",
		"showed another host key", "" } },
	{ RULE_STALE, {
		"the collector has not finished a run", "the collector runs again",
		"the collector had not finished a run", "" } },
	{ RULE_ISOLATED, {
		"the collector looks isolated", "the collector reaches its clients again",
		"the collector looked isolated", "" } },
	{ RULE_JUMP, {
		"cannot be reached", "can be reached again", "could not be reached", "" } },
	{ RULE_PARENT, {
		"cannot be reached", "can be reached again", "could not be reached", "" } },
	{ RULE_DELIVERY, { /* nobody is mailed this; it is listed */
		"nothing is delivered by%i", "delivered again by%i", "was not delivered by%i", "" } },
};
/* clang-format on */

static const struct phrase *find_built_in(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
		if (strcmp(built_in[i].rule, key) == 0)
			return &built_in[i].phrase;
	return NULL;
}

static const char *plain_key(const char *key)
{
	size_t prefix = sizeof RULE_LATE - 1;
	return strncmp(key, RULE_LATE, prefix) == 0 ? key + prefix : key;
}

/* A key begins with the rule's label; that is all that is left of a rule that is gone. Of what was
 * a custom metric it has the unit. */
static void guess_label(struct about *a, const char *key)
{
	size_t len = strcspn(key, " /:,;|@");
	(void)snprintf(a->label_text, sizeof a->label_text, "%.*s", (int)len, key);
	const struct metric *known = metric_find(a->label_text);
	if (known)
		a->metric = *known;
	a->unit = metric_named(a->label_text).unit;
}

/* Escaped, and with dots in place of what does not fit. */
static void shorten(const char *text, char out[static ABOUT_NAME_SIZE])
{
	char all[2 * ABOUT_NAME_SIZE];
	size_t len = strlen(text);
	size_t whole = escape_text(all, sizeof all, text, len);
	size_t used = escape_text(out, ABOUT_NAME_SIZE - 3, text, len);
	if (used < whole)
		memcpy(out + used, "...", 4);
}

/* Whom it concerns: a client, a group of them, what clients are behind, or nobody in particular. */
static void find_where(struct about *a)
{
	const struct event *e = &a->story->event;
	char group[2 * ABOUT_NAME_SIZE] = "";
	bool is_place = strcmp(e->rule, RULE_JUMP) == 0 || strcmp(e->rule, RULE_PARENT) == 0;
	if (a->group)
		(void)snprintf(group, sizeof group, "group %s", a->group->group);
	shorten(a->group ? group : is_place ? e->instance : e->client, a->where);
}

static void find_words(struct about *a)
{
	const char *key = plain_key(a->story->event.rule);
	a->phrase = find_built_in(key);
	a->built_in = a->phrase != NULL;
	if (a->rule)
		a->unit = rule_unit(a->rule);
	else
		guess_label(a, key);
	if (a->rule && a->rule->type[0])
		a->metric = metric_named(a->rule->type);
	if (!a->phrase)
		a->phrase = &phrases[a->rule ? a->rule->kind : RULE_LEVEL];
}

struct about about_story(const struct story *s, const struct config *config)
{
	const struct event *e = &s->event;
	struct about a = {
		.story = s, .config = config, .client = config_client(config, e->client)
	};
	if (a.client)
		a.rule = config_rule(a.client, plain_key(e->rule));
	else if (!e->client[0]) /* a group's concerns no client; its instance is the group */
		a.group = config_rule_group(config, plain_key(e->rule), e->instance);
	if (a.group)
		a.rule = &a.group->rule;
	find_words(&a);
	find_where(&a);
	shorten(e->instance, a.instance);
	(void)unit_format(a.unit, e->value, a.value, sizeof a.value);
	(void)unit_format(a.unit, e->limit, a.limit, sizeof a.limit);
	(void)about_span(a.rule ? a.rule->within_ms : 0, a.within);
	return a;
}

static void put_label(const struct about *a, struct pen *out)
{
	const char *label = a->rule ? a->rule->label : a->label_text;
	char safe[256];
	(void)escape_text(safe, sizeof safe, label, strlen(label));
	pen_text(out, safe);
}

static void put_part(const struct about *a, char which, struct pen *out)
{
	switch (which) {
	case 'l':
		put_label(a, out);
		break;
	case 'i':
		pen_text(out, a->instance[0] ? " " : "");
		pen_text(out, a->instance);
		break;
	case 'v':
		pen_text(out, a->value);
		break;
	case 'm':
		pen_text(out, a->limit);
		break;
	case 'w':
		pen_text(out, a->within);
		break;
	case 's':
		pen_text(out, a->rule && a->rule->below ? "below" : "above");
		break;
	case 'n':
		pen_printf(out, "%u", a->group ? (unsigned)a->group->client_count : 0);
		break;
	}
}

void about_say(const struct about *a, const char *phrase, struct pen *out)
{
	for (; *phrase; phrase++) {
		const char letter[] = { *phrase, 0 };
		if (*phrase == '%')
			put_part(a, *++phrase, out);
		else
			pen_text(out, letter);
	}
}

const char *about_time(int64_t ms, char out[static ABOUT_TIME_SIZE])
{
	char iso[CLOCK_TEXT_SIZE];
	(void)clock_format_utc(ms, iso);
	(void)snprintf(out, ABOUT_TIME_SIZE, "%.10s %.8s UTC", iso, iso + 11);
	return out;
}

const char *about_span(int64_t ms, char out[static ABOUT_SPAN_SIZE])
{
	return unit_format(UNIT_SECONDS, ms > 0 ? (double)(ms / 1000) : 0, out, ABOUT_SPAN_SIZE);
}
