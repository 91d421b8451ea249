/*
 * <alert>: a limit on a metric, in the metric's own unit, and which of the inherited ones it
 * takes the place of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"
#include "lib/metrics/metrics.h"

/* ---- limits ------------------------------------------------------------------------------- */

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
		return error_set(err, "is not a limit for %s; write a number, as %s=\"%s\"",
			metric->name, name,
			unit == UNIT_BYTES     ? "10GiB"
			: unit == UNIT_SECONDS ? "90s"
					       : "8");
	*ret_value = value * factor;
	return 0;
}

/* ---- one rule ----------------------------------------------------------------------------- */

static int read_limit(struct load *load, const struct xml_node *node, const struct metric *metric,
	const char *name, const char *text, double *ret_value)
{
	struct error err;
	if (parse_limit(metric, name, text, ret_value, &err) == 0)
		return 0;
	complain(load, node, "%s=\"%.60s\": %s", name, text, err.text);
	return -1;
}

static void set_limits(struct load *load, const struct xml_node *node, const struct metric *metric,
	struct rule_source *s)
{
	struct rule *r = &s->rule;
	r->below = s->below[0] != 0;
	const char *name = r->below ? "below" : "limit";
	const char *text = r->below ? s->below : s->limit;
	if (!text[0] && !xml_attribute(node, "limit") && !xml_attribute(node, "below"))
		complain(load, node,
			"<alert type=\"%s\"> has no limit; write limit=\"…\" (at or above) "
			"or below=\"…\"",
			r->label);
	if (!text[0] || read_limit(load, node, metric, name, text, &r->limit) < 0)
		return;
	r->clear = r->limit;
	if (!s->clear[0] || read_limit(load, node, metric, "clear", s->clear, &r->clear) < 0)
		return;
	if (r->below ? r->clear < r->limit : r->clear > r->limit)
		complain(load, node,
			"clear=\"%.60s\" is on the firing side of %s=\"%.60s\"; write one %s it",
			s->clear, name, text, r->below ? "above" : "below");
}

static void set_metric(struct load *load, const struct xml_node *node, struct rule_source *s)
{
	struct rule *r = &s->rule;
	const struct metric *metric = metric_find(r->label);
	const char *near = metric ? NULL : metric_suggest(r->label);
	r->type = metric ? metric->name : "";
	if (metric)
		set_limits(load, node, metric, s);
	else if (near)
		complain(load, node, "type=\"%s\" is no metric; did you mean %s? write type=\"%s\"",
			r->label, near, near);
	else
		complain(load, node,
			"type=\"%s\" is no metric; write one such as cpu, memory, swap, "
			"disk, inodes or load",
			r->label);
	if (metric && !metric->instance[0] && strcmp(r->instance, "*") != 0)
		complain(load, node, "instance=\"%s\": there is only one %s; leave instance out",
			r->instance, r->label);
}

/* The friendly name rather than what the file says, so that writing the full name later does
 * not make another alert of it. */
static int set_key(struct load *load, struct rule *r)
{
	static const char *const severities[] = { "warning", "critical" };
	const struct metric *metric = metric_find(r->label);
	char key[600];
	(void)snprintf(key, sizeof key, "%s/%s/%s%s",
		metric && metric->alert[0] ? metric->alert : r->label, severities[r->severity],
		r->instance, r->below ? "/below" : "");
	r->key = arena_copy(load->result, key, strlen(key));
	return r->key ? 0 : -1;
}

static int read_rule(struct load *load, const struct xml_node *node, const struct rule **ret_rule)
{
	struct rule_source s = { 0 };
	struct rule *rule = arena_alloc(load->result, sizeof *rule);
	if (!rule || fields_default(load, ELEMENT_ALERT, &s) < 0)
		return -1;
	fields_apply(load, node, ELEMENT_ALERT, &s);
	s.rule.type = "";
	if (s.rule.label[0])
		set_metric(load, node, &s);
	s.rule.file = load->document->file;
	s.rule.line = node->line;
	if (set_key(load, &s.rule) < 0)
		return -1;
	*rule = s.rule;
	*ret_rule = rule;
	return 0;
}

/* ---- all rules of an element -------------------------------------------------------------- */

/* Puts a rule in the place of the same one that was inherited, or behind all. What is not
 * where it was inherited is the element's own, and two of those must differ. */
static void place_rule(struct load *load, const struct xml_node *node, const struct rule **list,
	size_t *count, const struct rule *const *inherited, size_t inherited_count,
	const struct rule *rule)
{
	size_t i = 0;
	while (i < *count && strcmp(list[i]->key, rule->key) != 0)
		i++;
	if (i < *count && (i >= inherited_count || list[i] != inherited[i]))
		complain(load, node,
			"<alert type=\"%s\"> is given twice, first at line %d; write one, or "
			"another severity or instance",
			rule->label, list[i]->line);
	list[i] = rule;
	*count += i == *count;
}

int load_rules(struct load *load, const struct xml_node *node, const struct rule *const *inherited,
	const struct rule *const **ret_rules)
{
	size_t inherited_count = 0;
	size_t own = 0;
	while (inherited[inherited_count])
		inherited_count++;
	for (const struct xml_node *n = node->first; n; n = n->next)
		own += element_find(n->name) == ELEMENT_ALERT;
	*ret_rules = inherited;
	if (own == 0)
		return 0;
	size_t count = inherited_count;
	const struct rule **list = arena_alloc(load->result, (count + own + 1) * sizeof *list);
	if (!list)
		return -1;
	memcpy(list, inherited, count * sizeof *list);
	for (const struct xml_node *n = node->first; n; n = n->next) {
		const struct rule *rule;
		if (element_find(n->name) != ELEMENT_ALERT)
			continue;
		if (read_rule(load, n, &rule) < 0)
			return -1;
		place_rule(load, n, list, &count, inherited, inherited_count, rule);
	}
	*ret_rules = list;
	return 0;
}
