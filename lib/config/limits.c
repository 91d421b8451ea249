/*
 * What an <alert> compares with which limits: the metric, the kind of rule, and every limit in the
 * metric's own unit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"
#include "lib/metrics/choice.h"
#include "lib/metrics/suggest.h"

/* A plain decimal number, as people write it: no exponent, no "inf", no hexadecimal. */
static int read_number(const char *text, double *ret_value, const char **ret_rest)
{
	static const char digits[] = "0123456789";
	const char *c = text + (text[0] == '-');
	size_t whole = strspn(c, digits);
	size_t len = whole;
	if (c[len] == '.')
		len += 1 + strspn(c + len + 1, digits);
	if (whole == 0 || len > 30 || c[len - 1] == '.')
		return -1;
	*ret_value = strtod(text, NULL);
	*ret_rest = c + len;
	return 0;
}

static int parse_ratio(const char *name, const char *text, double *ret_value, struct error *err)
{
	double value;
	const char *rest;
	if (read_number(text, &value, &rest) < 0 || (*rest && strcmp(rest, "%") != 0) ||
		value < 0 || value > 100)
		return error_set(
			err, "is not a share; write percent from 0 to 100, as %s=\"85%%\"", name);
	if (!*rest && value > 0 && value <= 1)
		return error_set(err, "can be read in two ways; write %s=\"%g%%\" or %s=\"%g%%\"",
			name, value, name, value * 100);
	*ret_value = value / 100;
	return 0;
}

/* Suffixes of what a metric is measured in; the first one, "", stands for its base unit. */
static const struct scale {
	enum metric_unit unit;
	const char *suffix;
	double factor;
} scales[] = {
	{ UNIT_BYTES, "B", 1 },
	{ UNIT_BYTES, "kB", 1e3 },
	{ UNIT_BYTES, "MB", 1e6 },
	{ UNIT_BYTES, "GB", 1e9 },
	{ UNIT_BYTES, "TB", 1e12 },
	{ UNIT_BYTES, "KiB", 1024 },
	{ UNIT_BYTES, "MiB", 1048576 },
	{ UNIT_BYTES, "GiB", 1073741824 },
	{ UNIT_BYTES, "TiB", 1099511627776 },
	{ UNIT_SECONDS, "ms", 1e-3 },
	{ UNIT_SECONDS, "s", 1 },
	{ UNIT_SECONDS, "m", 60 },
	{ UNIT_SECONDS, "h", 3600 },
	{ UNIT_SECONDS, "d", 86400 },
	{ UNIT_SECONDS, "w", 7 * 86400 },
};

static const struct {
	const char *what, *example;
} wanted[] = {
	[UNIT_NONE] = { "a number", "8" },
	[UNIT_BYTES] = { "bytes", "10GiB" },
	[UNIT_SECONDS] = { "a time", "90s" },
	[UNIT_BYTES_PER_SECOND] = { "bytes a second", "100MB" },
	[UNIT_PER_SECOND] = { "a number a second", "8" },
	[UNIT_TIMESTAMP] = { "seconds since 1970", "1800000000" },
	[UNIT_CELSIUS] = { "degrees Celsius", "80" },
	[UNIT_WATTS] = { "watts", "250" },
};

int parse_limit(const struct metric *metric, const char *name, const char *text, double *ret_value,
	struct error *err)
{
	if (metric->unit == UNIT_RATIO)
		return parse_ratio(name, text, ret_value, err);
	enum metric_unit unit = metric->unit == UNIT_BYTES_PER_SECOND ? UNIT_BYTES : metric->unit;
	double value;
	const char *rest = text;
	double factor = 0;
	if (read_number(text, &value, &rest) == 0)
		factor = *rest == 0;
	for (size_t i = 0; i < ARRAY_LEN(scales) && rest != text; i++)
		if (scales[i].unit == unit && strcmp(scales[i].suffix, rest) == 0)
			factor = scales[i].factor;
	if (factor == 0)
		return error_set(err, "is not a limit for %s; write %s, as %s=\"%s\"", metric->name,
			wanted[metric->unit].what, name, wanted[metric->unit].example);
	*ret_value = value * factor;
	return 0;
}

/* ---- kinds -------------------------------------------------------------------------------- */

/* What no reading says, in seconds. */
static const struct metric sample_age = {
	.name = "sample-age", .unit = UNIT_SECONDS, .instance = ""
};
static const struct metric time_left = { .name = "full-within", .unit = UNIT_SECONDS };
static const struct metric absence = { .name = "absent", .unit = UNIT_SECONDS };

enum metric_unit rule_unit(const struct rule *rule)
{
	switch (rule->kind) {
	case RULE_FULL_WITHIN:
	case RULE_ABSENT:
	case RULE_SAMPLE_AGE:
		return UNIT_SECONDS;
	case RULE_COUNT:
		return UNIT_NONE;
	default:
		return metric_named(rule->type).unit;
	}
}

/* How an <alert> of each kind is told from the others: by the attribute that holds its limit. */
static const struct form {
	const char *attribute;
	size_t offset; /* in struct rule_source */
	enum rule_kind kind;
	const struct metric *unit; /* of the limit; NULL: the metric's */
	bool below;
} forms[] = {
	{ "limit", offsetof(struct rule_source, limit), RULE_LEVEL, NULL, false },
	{ "below", offsetof(struct rule_source, below), RULE_LEVEL, NULL, true },
	{ "full-within", offsetof(struct rule_source, full_within), RULE_FULL_WITHIN, &time_left,
		true },
	{ "change", offsetof(struct rule_source, change), RULE_CHANGE, NULL, false },
	{ "absent", offsetof(struct rule_source, absent), RULE_ABSENT, &absence, false },
};

/* The only form that is given; complains when it is none or several. */
static const struct form *find_form(
	struct load *load, const struct xml_node *node, const struct rule_source *s)
{
	const struct form *found = NULL;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (!xml_attribute(node, forms[i].attribute))
			continue;
		if (found)
			complain(load, node, "%s and %s are both given; write only one of them",
				found->attribute, forms[i].attribute);
		else
			found = &forms[i];
	}
	if (!found)
		complain(load, node,
			"<alert type=\"%s\"> has no limit; write limit=\"…\" (at or above) "
			"or below=\"…\"",
			s->rule.label);
	return found;
}

/* ---- limits of one rule ------------------------------------------------------------------- */

static int read_limit(struct load *load, const struct xml_node *node, const struct metric *metric,
	const char *name, const char *text, double *ret_value)
{
	struct error err;
	if (parse_limit(metric, name, text, ret_value, &err) == 0)
		return 0;
	complain(load, node, "%s=\"%.60s\": %s", name, text, err.text);
	return -1;
}

/* Whether `value` is on the side where the rule does not fire yet, seen from `limit`. */
static bool is_calmer(const struct rule *r, double value, double limit)
{
	return r->below ? value >= limit : value <= limit;
}

/* Where a limit stands in the file. */
struct given {
	const char *name, *text;
};

/* `clear` of a limit: beyond it, where nothing fires. */
static void set_clear(struct load *load, const struct xml_node *node, const struct metric *metric,
	const struct rule *r, struct given clear, struct given of, double limit, double *ret_clear)
{
	*ret_clear = limit;
	if (!clear.text[0] || read_limit(load, node, metric, clear.name, clear.text, ret_clear) < 0)
		return;
	if (!is_calmer(r, *ret_clear, limit))
		complain(load, node,
			"%s=\"%.60s\" is on the firing side of %s=\"%.60s\"; write one %s it",
			clear.name, clear.text, of.name, of.text, r->below ? "above" : "below");
}

static void set_critical(struct load *load, const struct xml_node *node,
	const struct metric *metric, struct rule_source *s)
{
	struct rule *r = &s->rule;
	if (!s->critical[0]) {
		if (s->critical_clear[0])
			complain(load, node,
				"critical-clear has no critical to clear; add critical=\"…\"");
		return;
	}
	if (r->severity == SEVERITY_CRITICAL)
		complain(load, node,
			"critical=\"%.60s\" is a second limit, and severity=\"critical\" makes "
			"the first one that already; leave one of them out",
			s->critical);
	if (read_limit(load, node, metric, "critical", s->critical, &r->critical) < 0)
		return;
	r->has_critical = true;
	if (is_calmer(r, r->critical, r->limit))
		complain(load, node,
			"critical=\"%.60s\" comes before the first limit; write one %s it",
			s->critical, r->below ? "below" : "above");
	set_clear(load, node, metric, r, (struct given){ "critical-clear", s->critical_clear },
		(struct given){ "critical", s->critical }, r->critical, &r->critical_clear);
}

/* A leading minus says that the value is to fall by so much. */
static const char *take_sign(struct rule *r, const char *text)
{
	r->below = r->kind == RULE_CHANGE && text[0] == '-';
	return text + r->below;
}

static void turn_round(struct rule *r)
{
	r->limit = -r->limit;
	r->clear = -r->clear;
	r->critical = -r->critical;
	r->critical_clear = -r->critical_clear;
}

static void set_levels(struct load *load, const struct xml_node *node, const struct metric *metric,
	const struct form *form, struct rule_source *s)
{
	struct rule *r = &s->rule;
	const char *text = *(const char *const *)((const char *)s + form->offset);
	const struct metric *unit = form->unit ? form->unit : metric;
	r->kind = form->kind;
	bool falls = form->kind == RULE_CHANGE && take_sign(r, text) != text;
	r->below = form->below;
	if (!text[0] || read_limit(load, node, unit, form->attribute, text + falls, &r->limit) < 0)
		return;
	set_clear(load, node, unit, r, (struct given){ "clear", s->clear },
		(struct given){ form->attribute, text }, r->limit, &r->clear);
	set_critical(load, node, unit, s);
	r->below = form->below || falls;
	if (falls)
		turn_round(r);
}

/* What only some kinds can have. */
static void check_kind(struct load *load, const struct xml_node *node, const struct metric *metric,
	const struct rule_source *s)
{
	const struct rule *r = &s->rule;
	bool has_within = r->kind == RULE_CHANGE || r->kind == RULE_FULL_WITHIN;
	if (r->kind == RULE_FULL_WITHIN && metric->unit != UNIT_RATIO)
		complain(load, node, "type=\"%s\" cannot become full; write disk or inodes",
			r->label);
	if (xml_attribute(node, "within") && !has_within)
		complain(load, node,
			"within is for change=\"…\" and full-within=\"…\"; leave it out");
	static const char *const unfit[] = { "clear", "samples" };
	for (size_t i = 0; r->kind == RULE_ABSENT && i < ARRAY_LEN(unfit); i++)
		if (xml_attribute(node, unfit[i]))
			complain(load, node,
				"%s is not for absent=\"…\", which ends with the next value; leave "
				"it out",
				unfit[i]);
	if (s->count[0] && r->kind != RULE_LEVEL)
		complain(load, node,
			"count is for a limit=\"…\" or below=\"…\"; leave one of them out");
}

/* ---- the metric --------------------------------------------------------------------------- */

/* What a *.prom file of a client may be meant to bring. */
static bool may_be_custom(const char *label)
{
	return !strchr(label, '*') && choice_check(label, NULL) == 0;
}

static void complain_type(struct load *load, const struct xml_node *node, const char *label)
{
	const char *near = metric_suggest(label);
	struct error err;
	if (metric_counter_stem(label) && choice_check(label, &err) < 0)
		complain(load, node, "type: %s", err.text);
	else if (near && !may_be_custom(label))
		complain(load, node, "type=\"%s\" is no metric; did you mean %s? write type=\"%s\"",
			label, near, near);
	else if (may_be_custom(label))
		complain(load, node,
			"type=\"%s\" is no metric%s%s; if a *.prom file of the clients has it, add "
			"<metrics include=\"%s\"/> here or around it",
			label, near ? "; did you mean " : "", near ? near : "", label);
	else
		complain(load, node,
			"type=\"%s\" is no metric; write one such as cpu, memory, swap, "
			"disk, inodes or load",
			label);
}

/* False when there is none of that name. */
static bool find_metric(struct load *load, const char *label, struct metric *ret_metric)
{
	if (!metric_find(label) && !is_custom_metric(load, label))
		return false;
	*ret_metric = metric_named(label);
	return true;
}

void set_limits(struct load *load, const struct xml_node *node, struct rule_source *s)
{
	struct rule *r = &s->rule;
	struct metric metric = sample_age;
	bool is_age = strcmp(r->label, sample_age.name) == 0;
	bool is_known = is_age || find_metric(load, r->label, &metric);
	r->type = is_known && !is_age ? metric.name : "";
	if (!is_known)
		complain_type(load, node, r->label);
	const struct form *form = s->disabled ? NULL : find_form(load, node, s);
	if (is_known && form) {
		set_levels(load, node, &metric, form, s);
		check_kind(load, node, &metric, s);
	}
	if (is_age && form && form->kind == RULE_LEVEL)
		r->kind = RULE_SAMPLE_AGE;
	else if (is_age && form)
		complain(load, node, "sample-age is a time; write limit=\"…\"");
	if (is_known && !metric.instance[0] && strcmp(r->instance, "*") != 0)
		complain(load, node, "instance=\"%s\": there is only one %s; leave instance out",
			r->instance, r->label);
}
