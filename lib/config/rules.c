/*
 * <alert>: which of the inherited ones it takes the place of; <defaults/>, which brings those of
 * defaults.xml; and those that a group counts.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"

extern const char config_defaults[];
extern const size_t config_defaults_len;

/* ---- one rule ----------------------------------------------------------------------------- */

/* The friendly name rather than what the file says, so that writing the full name later does
 * not make another alert of it. */
static const char *friendly(const char *label)
{
	const struct metric *metric = metric_find(label);
	return metric && metric->alert[0] ? metric->alert : label;
}

static int set_key(struct load *load, struct rule *r, bool is_counted)
{
	static const char *const severities[] = { "warning", "critical" };
	static const char *const kinds[] = {
		[RULE_LEVEL] = "",
		[RULE_FULL_WITHIN] = "/full-within",
		[RULE_CHANGE] = "/change",
		[RULE_ABSENT] = "/absent",
		[RULE_SAMPLE_AGE] = "",
		[RULE_COUNT] = "",
	};
	char key[600];
	bool says_below = r->below && r->kind != RULE_FULL_WITHIN;
	(void)snprintf(key, sizeof key, "%s/%s/%s%s%s%s", friendly(r->label),
		severities[r->severity], r->instance, says_below ? "/below" : "", kinds[r->kind],
		is_counted ? "/count" : "");
	r->key = arena_copy(load->result, key, strlen(key));
	return r->key ? 0 : -1;
}

/* The group's half of a rule that is counted. */
static int add_group(struct load *load, const struct xml_node *node, const struct client *owner,
	const struct rule_source *s, struct rule *rule)
{
	struct rule_link *link = arena_alloc(load->result, sizeof *link);
	if (!link)
		return -1;
	link->count = s->count;
	link->node = node;
	link->document = load->document;
	link->next = load->rule_groups;
	load->rule_groups = link;
	link->group = (struct rule_group){
		.group = owner->group,
		.counts = rule,
		.rule = *rule,
		.mail = rule->mail ? rule->mail : owner->mail,
	};
	struct rule *r = &link->group.rule;
	r->kind = RULE_COUNT;
	r->below = r->has_critical = false;
	r->for_ms = r->clear_for_ms = 0;
	r->samples = 1;
	r->escalate = config_escalation(owner, rule, &r->escalate_after_ms);
	rule->counted_by = &link->group;
	return 0;
}

static void check_rule(struct load *load, const struct xml_node *node, const struct rule_source *s)
{
	const struct rule *r = &s->rule;
	if (s->count[0] && strcmp(node->parent->name, "client") == 0)
		complain(load, node,
			"count is of the clients of a group; write this <alert> in a <group>");
	if (r->escalate && r->escalate[0] && r->escalate_after_ms == 0)
		complain(
			load, node, "escalate does not say when; add escalate-after=\"…\", as 30m");
	if (!r->escalate && xml_attribute(node, "escalate-after"))
		complain(load, node, "escalate-after does not say to whom; add escalate=\"…\"");
}

static const char *find_origin(
	struct load *load, const struct xml_node *node, const struct client *owner)
{
	char origin[512];
	if (load->document == load->defaults)
		return "<defaults/>";
	if (strcmp(node->parent->name, "client") == 0)
		return "";
	if (strcmp(node->parent->name, "group") != 0)
		return "<config>";
	(void)snprintf(origin, sizeof origin, "group %s", owner->group);
	return arena_copy(load->result, origin, strlen(origin));
}

static int read_rule(struct load *load, const struct xml_node *node, const struct client *owner,
	struct rule_source *s, const struct rule **ret_rule)
{
	struct rule *rule = arena_alloc(load->result, sizeof *rule);
	*s = (struct rule_source){ .rule = { .type = "" } };
	if (!rule || fields_default(load, ELEMENT_ALERT, s) < 0)
		return -1;
	fields_apply(load, node, ELEMENT_ALERT, s);
	if (s->rule.label[0])
		set_limits(load, node, s);
	check_rule(load, node, s);
	s->rule.file = load->document->file;
	s->rule.line = node->line;
	s->rule.inherited_from = find_origin(load, node, owner);
	if (!s->rule.inherited_from || set_key(load, &s->rule, s->count[0]) < 0)
		return -1;
	*rule = s->rule;
	*ret_rule = rule;
	if (!s->disabled && add_watch(load, rule) < 0)
		return -1;
	return s->count[0] && !s->disabled ? add_group(load, node, owner, s, rule) : 0;
}

/* ---- all rules of an element -------------------------------------------------------------- */

struct rule_list {
	const struct rule **items;
	size_t count;
};

static const struct rule **find_key(const struct rule_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i]->key, key) == 0)
			return &list->items[i];
	return NULL;
}

/* In the place of the one of the same key, or behind all. */
static void place(struct rule_list *list, const struct rule *rule)
{
	const struct rule **same = find_key(list, rule->key);
	if (same)
		*same = rule;
	else
		list->items[list->count++] = rule;
}

/* Takes out all of that type which the other attributes given do not tell apart from it. */
static void take_out(struct load *load, const struct xml_node *node, struct rule_list *list,
	const struct rule *which)
{
	bool has_severity = xml_attribute(node, "severity");
	bool has_instance = xml_attribute(node, "instance");
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct rule *r = list->items[i];
		bool same = strcmp(friendly(r->label), friendly(which->label)) == 0 &&
			    (!has_severity || r->severity == which->severity) &&
			    (!has_instance || strcmp(r->instance, which->instance) == 0);
		if (!same)
			list->items[kept++] = r;
	}
	if (kept == list->count)
		complain(load, node,
			"disabled takes nothing out: no such <alert type=\"%s\"> is inherited; "
			"leave it out",
			which->label);
	list->count = kept;
}

static int read_alerts(struct load *load, const struct xml_node *node, const struct client *owner,
	struct rule_list *list, struct rule_list *own)
{
	for (const struct xml_node *n = node->first; n; n = n->next) {
		struct rule_source s;
		const struct rule *rule;
		if (n->element != ELEMENT_ALERT)
			continue;
		if (read_rule(load, n, owner, &s, &rule) < 0)
			return -1;
		if (s.disabled) {
			take_out(load, n, list, rule);
			continue;
		}
		const struct rule **twice = find_key(own, rule->key);
		if (twice)
			complain(load, n,
				"<alert type=\"%s\"> is given twice, first at line %d; write one, "
				"or another severity or instance",
				rule->label, (*twice)->line);
		own->items[own->count++] = rule;
		place(list, rule);
	}
	return 0;
}

static size_t count_alerts(const struct xml_node *node)
{
	size_t count = 0;
	for (const struct xml_node *n = node->first; n; n = n->next)
		count += n->element == ELEMENT_ALERT;
	return count;
}

/* ---- alerts that yield to others ---------------------------------------------------------- */

enum { CIRCLE_MAX = 4 };

/* Whether `rule` yields to `to`, or to what does. */
static bool yields_to(
	const struct rule_list *list, const struct rule *rule, const struct rule *to, int depth)
{
	for (const char *const *name = rule->unless; *name; name++)
		for (size_t i = 0; i < list->count; i++) {
			const struct rule *r = list->items[i];
			if (r == rule || strcmp(friendly(r->label), *name) != 0)
				continue;
			if (r == to || (depth > 1 && yields_to(list, r, to, depth - 1)))
				return true;
		}
	return false;
}

/* Whether it names its own type, and nothing else is of that. */
static bool names_itself(const struct rule_list *list, const struct rule *rule)
{
	bool names = false;
	for (const char *const *name = rule->unless; *name; name++)
		names = names || strcmp(*name, friendly(rule->label)) == 0;
	for (size_t i = 0; i < list->count; i++)
		names = names && (list->items[i] == rule || strcmp(friendly(list->items[i]->label),
								    friendly(rule->label)) != 0);
	return names;
}

/* Of those in a circle nobody would be told when all of them fire. One is enough to be said. */
static void check_unless(
	struct load *load, const struct rule_list *list, const struct rule_list *own)
{
	for (size_t i = 0; i < own->count; i++) {
		const struct rule *r = own->items[i];
		bool itself = names_itself(list, r);
		if (!itself && !yields_to(list, r, r, CIRCLE_MAX))
			continue;
		complain_at(load, r->file, r->line, "unless of <alert type=\"%s\"> %s", r->label,
			itself ? "names itself; leave it out"
			       : "leads in a circle: when all of it fires, nobody is told; leave "
				 "one unless out");
		return;
	}
}

/* The built-in ones are right, or no program would start. */
static void on_fault(void *arg, enum xml_fault fault, int line, const char *text)
{
	(void)arg, (void)fault, (void)line, (void)text;
	assert(!"defaults.xml");
}

static int read_defaults(struct load *load)
{
	struct document *d = arena_alloc(&load->scratch, sizeof *d);
	struct xml_node *root;
	if (!d || xml_read(load->reader, config_defaults, config_defaults_len, &load->scratch,
			  on_fault, load, &root) < 0)
		return -1;
	d->file = "defaults.xml";
	d->root = root;
	check_shape(load, root);
	load->defaults = d;
	return 0;
}

static int add_defaults(struct load *load, const struct client *owner, struct rule_list *list)
{
	const struct document *here = load->document;
	const struct xml_node *root = load->defaults->root;
	const struct rule **own = arena_alloc(&load->scratch, count_alerts(root) * sizeof *own);
	struct rule_list read = { own, 0 };
	if (!own)
		return -1;
	load->document = load->defaults;
	int result = read_alerts(load, root, owner, list, &read);
	load->document = here;
	return result;
}

static bool has_defaults(const struct xml_node *node)
{
	const struct xml_node *n = node->first;
	while (n && n->element != ELEMENT_DEFAULTS)
		n = n->next;
	return n != NULL;
}

int load_rules(struct load *load, const struct xml_node *node, const struct client *owner,
	const struct rule *const **ret_rules)
{
	const struct rule *const *inherited = owner->rules;
	bool with_defaults = has_defaults(node);
	size_t own_count = count_alerts(node), most = own_count;
	*ret_rules = inherited;
	if (most == 0 && !with_defaults)
		return 0;
	if (with_defaults && !load->defaults && read_defaults(load) < 0)
		return -1;
	most += with_defaults ? count_alerts(load->defaults->root) : 0;
	struct rule_list list = { NULL, 0 }, own = { NULL, 0 };
	while (inherited[list.count])
		list.count++;
	list.items = arena_alloc(load->result, (list.count + most + 1) * sizeof *list.items);
	own.items = arena_alloc(&load->scratch, (own_count + 1) * sizeof *own.items);
	if (!list.items || !own.items)
		return -1;
	memcpy(list.items, inherited, list.count * sizeof *list.items);
	if ((with_defaults && add_defaults(load, owner, &list) < 0) ||
		read_alerts(load, node, owner, &list, &own) < 0)
		return -1;
	check_unless(load, &list, &own);
	list.items[list.count] = NULL;
	*ret_rules = list.items;
	return 0;
}

/* ---- rules that are counted --------------------------------------------------------------- */

/* "3", or "30%" of those who have the rule; at least one. 0 when it is neither. */
static double read_count(const char *text, uint32_t clients)
{
	char *end;
	if (text[0] < '0' || text[0] > '9' || strlen(text) > 7)
		return 0;
	double number = (double)strtoul(text, &end, 10);
	if (strcmp(end, "%") == 0 && number > 0 && number <= 100)
		return fmax(1, ceil(number / 100 * clients));
	return *end ? 0 : number;
}

static void set_count(struct load *load, struct rule_link *link)
{
	struct rule *r = &link->group.rule;
	load->document = link->document;
	r->limit = r->clear = read_count(link->count, link->group.client_count);
	if (r->limit == 0)
		complain(load, link->node,
			"count=\"%.20s\" is neither a number nor a share of the clients; write it "
			"as 3 or 30%%",
			link->count);
	else if (r->limit > link->group.client_count && load->document != load->defaults)
		warn_at(load, r->file, r->line,
			"count=\"%.20s\" is more than the %u clients who have this alert, so it "
			"never fires; write less",
			link->count, (unsigned)link->group.client_count);
}

int load_rule_groups(struct load *load)
{
	struct config *config = load->config;
	size_t count = 0;
	for (size_t i = 0; i < config->client_count; i++)
		for (const struct rule *const *r = config->clients[i].rules; *r; r++)
			if ((*r)->counted_by)
				((struct rule_group *)(*r)->counted_by)->client_count++;
	for (struct rule_link *link = load->rule_groups; link; link = link->next, count++)
		set_count(load, link);
	const struct rule_group **groups =
		arena_alloc(load->result, (count + 1) * sizeof(struct rule_group *));
	if (!groups)
		return -1;
	config->rule_groups = groups;
	config->rule_group_count = count;
	for (struct rule_link *link = load->rule_groups; link; link = link->next)
		groups[--count] = &link->group;
	return 0;
}

/* ---- values ------------------------------------------------------------------------------- */

int parse_words(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	const char **list = cut_words(load->result, text, COMMAS);
	if (!list)
		return error_set(err, "not enough memory");
	for (const char **word = list; *word; word++) {
		if (!metric_find(*word) && !is_custom_metric(load, *word))
			return error_set(err,
				"%.80s is no type of alert; write such as %s=\"disk, memory\"",
				*word, field->name);
		*word = friendly(*word);
	}
	*(const char *const **)target = list;
	return 0;
}
