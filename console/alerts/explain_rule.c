#include "console/alerts/explain_rule.h"

#include "lib/alerts/about.h"
#include "lib/alerts/text.h"
#include "lib/when.h"

static void put_names(struct pen *p, const char *before, const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		pen_text(p, i ? ", " : before);
		pen_text(p, names[i]);
	}
}

static void put_span(struct pen *p, const char *before, int64_t ms)
{
	char span[SPAN_TEXT_SIZE];
	if (ms > 0)
		pen_printf(p, "%s%s", before, span_format(ms, span));
}

/* "at or above 90.0 %", as mails have it. */
static void put_terms(const struct config *config, const struct client *client,
	const struct rule *rule, struct pen *p)
{
	const struct event event = {
		.kind = EVENT_FIRING,
		.client = client->name,
		.rule = rule->key,
		.instance = "",
		.limit = rule->limit,
		.text = "",
		.recipients = "",
		.held = "",
	};
	const struct event *one = &event;
	const struct story story = story_of(&one);
	const struct about about = about_story(&story, config);
	about_say(&about, about.phrase->rule, p);
}

static void put_levels(const struct rule *rule, struct pen *p)
{
	char value[64];
	enum metric_unit unit = rule_unit(rule);
	pen_printf(p, ", %s", text_severity(rule->severity));
	if (rule->has_critical)
		pen_printf(p, ", CRITICAL from %s",
			unit_format(unit, rule->critical, value, sizeof value));
	if (rule->clear != rule->limit)
		pen_printf(p, ", over %s %s", rule->below ? "above" : "below",
			unit_format(unit, rule->clear, value, sizeof value));
	put_span(p, ", for ", rule->for_ms);
	put_span(p, ", clear-for ", rule->clear_for_ms);
	if (rule->samples > 1)
		pen_printf(p, ", %u samples in a row", (unsigned)rule->samples);
	put_names(p, ", unless ", rule->unless);
}

static void put_origin(const struct rule *rule, struct pen *p)
{
	pen_text(p, "\n      ");
	pen_text(p, rule->file);
	pen_printf(p, ":%d, %s", rule->line,
		rule->inherited_from[0] ? "inherited from " : "the client's own");
	pen_text(p, rule->inherited_from);
}

static void put_recipients(const struct config *config, const struct client *client,
	const struct rule *rule, struct pen *p)
{
	int64_t after_ms = 0;
	const char *const *mail = config_recipients(client, rule);
	const char *const *more = config_escalation(client, rule, &after_ms);
	pen_text(p, "\n      ");
	if (rule->counted_by) {
		pen_text(p, "tells nobody: group ");
		pen_text(p, rule->counted_by->group);
		pen_printf(p, " does, when it is so on %.0f of %u clients\n",
			rule->counted_by->rule.limit, (unsigned)rule->counted_by->client_count);
		return;
	}
	if (!mail[0])
		mail = config->alerter.mail;
	pen_text(p, mail[0] ? "tells " : "tells standard output");
	put_names(p, "", mail);
	if (more[0] && after_ms > 0) {
		put_span(p, ", and after ", after_ms);
		put_names(p, " without acknowledgement ", more);
	}
	pen_text(p, "\n");
}

void explain_rule(const struct config *config, const struct client *client, const struct rule *rule,
	struct pen *p)
{
	pen_text(p, "  ");
	pen_text(p, rule->key);
	pen_text(p, ": ");
	put_terms(config, client, rule, p);
	put_levels(rule, p);
	put_origin(rule, p);
	put_recipients(config, client, rule, p);
}
