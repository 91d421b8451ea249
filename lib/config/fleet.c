/*
 * Groups, clients and jump hosts: every attribute is copied from the group around, then the
 * element's own are laid over it, so that the nearest wins. Arrays and strings are shared, never
 * copied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"

/* Where the next one of either goes. */
struct places {
	struct client *clients, *jumps;
};

static size_t count(const struct xml_node *node, enum element element)
{
	size_t sum = node->element == element;
	for (const struct xml_node *n = node->first; n; n = n->next)
		sum += count(n, element);
	return sum;
}

static struct client *allocate(struct load *load, enum element element)
{
	size_t sum = 0;
	for (const struct document *d = load->documents; d; d = d->next)
		sum += count(d->root, element);
	return arena_alloc(load->result, (sum + 1) * sizeof(struct client));
}

/* A host is logged in to in one way: the nearest, whichever was inherited. */
static void replace_login(const struct xml_node *node, struct client *c)
{
	if (xml_attribute(node, "password") || xml_attribute(node, "password-file")) {
		c->identity = "";
		c->passphrase_file = "";
	} else if (xml_attribute(node, "identity")) {
		c->password = "";
		if (!xml_attribute(node, "passphrase-file"))
			c->passphrase_file = "";
	}
}

/* The attributes of a group or client over those inherited. */
static void read_shared(struct load *load, const struct xml_node *node, enum element element,
	struct client_source *s)
{
	fields_apply(load, node, element, s);
	replace_login(node, &s->client);
	if (xml_attribute(node, "passphrase-file") && !s->client.identity[0] &&
		!s->client.ssh_config[0])
		complain(load, node, "passphrase-file has no identity to open; add identity=\"…\"");
	if (s->client.escalate[0] && s->client.escalate_after_ms == 0)
		complain(
			load, node, "escalate does not say when; add escalate-after=\"…\", as 30m");
}

/* The elements in it that clients inherit. */
static int load_inherited(struct load *load, const struct xml_node *node, struct client_source *s)
{
	const char *words = s->words;
	const struct rule *const *rules = s->client.rules;
	if (load_asks(load, node, s) < 0 || load_metrics(load, node, s) < 0 ||
		load_rules(load, node, &s->client, &s->client.rules) < 0)
		return -1;
	bool is_same = s->client.metrics && s->words == words && s->client.rules == rules;
	return is_same ? 0 : share_choice(load, s);
}

/* Of a <jump> nothing is asked and nothing is stored. */
static int share(struct load *load, const struct xml_node *node, enum element element,
	struct client_source *s)
{
	if (element == ELEMENT_JUMP) {
		s->client.asks = "";
		s->client.metrics = NULL;
		return 0;
	}
	check_watches(load, s);
	return share_asks(load, node, &s->client);
}

static int load_client(struct load *load, const struct xml_node *node, enum element element,
	const struct client_source *inherited, struct client *ret_client)
{
	struct client_source s = *inherited;
	struct client *c = &s.client;
	read_shared(load, node, element, &s);
	if (element == ELEMENT_CLIENT && xml_attribute(node, "escalate-after") && !c->escalate[0])
		complain(load, node, "escalate-after does not say to whom; add escalate=\"…\"");
	if (!c->name[0])
		c->name = c->ip;
	if (load_inherited(load, node, &s) < 0 || share(load, node, element, &s) < 0)
		return -1;
	if (!xml_attribute(node, "parent") && strcmp(c->parent_name, c->name) == 0)
		c->parent_name = ""; /* as the jump host below */
	if (!xml_attribute(node, "jump") && strcmp(c->jump_name, c->name) == 0)
		c->jump_name = ""; /* the group's jump host, in the group */
	if (apply_ssh_config(load, node, &s) < 0)
		return -1;
	if (!c->identity[0] && !c->password[0])
		c->identity = "agent";
	c->file = load->document->file;
	c->line = node->line;
	*ret_client = *c;
	return 0;
}

static int load_children(struct load *load, const struct xml_node *node,
	const struct client_source *inherited, struct places *next);

static int add_cap(struct load *load, const struct xml_node *node, const struct client_source *s,
	struct client *c)
{
	size_t depth = 1;
	for (const struct group_cap *cap = c->cap; cap; cap = cap->outer)
		depth++;
	if (depth > CONFIG_CAPS_MAX)
		complain(load, node,
			"sessions stands on more than %d groups inside each other; leave it out",
			CONFIG_CAPS_MAX);
	struct group_cap *cap = arena_alloc(load->result, sizeof *cap);
	if (!cap)
		return -1;
	*cap = (struct group_cap){
		.sessions = s->group_sessions,
		.index = (uint32_t)load->config->cap_count++,
		.outer = c->cap,
	};
	c->cap = cap;
	return 0;
}

/* The time that a group gives is for those in it who say to whom, if it does not itself. */
static void check_escalation(struct load *load, const struct xml_node *node,
	const struct client *group, const struct client *first, const struct client *end)
{
	bool is_used = group->escalate[0] || !xml_attribute(node, "escalate-after");
	for (; first < end && !is_used; first++)
		is_used = first->escalate[0];
	if (!is_used)
		complain(load, node, "escalate-after does not say to whom; add escalate=\"…\"");
}

static int load_group(struct load *load, const struct xml_node *node,
	const struct client_source *inherited, struct places *next)
{
	struct client_source s = *inherited;
	s.group_name = "";
	s.group_sessions = 0;
	read_shared(load, node, ELEMENT_GROUP, &s);
	if (s.group_sessions && add_cap(load, node, &s, &s.client) < 0)
		return -1;
	if (strchr(s.group_name, '/'))
		complain(load, node, "name=\"%s\": / stands between groups; write it without",
			s.group_name);
	const char *outer = inherited->client.group;
	char *path = NULL;
	if (asprintf(&path, "%s%s%s", outer, outer[0] ? "/" : "", s.group_name) < 0)
		return -1;
	s.client.group = arena_copy(load->result, path, strlen(path));
	free(path);
	if (!s.client.group || load_inherited(load, node, &s) < 0)
		return -1;
	const struct client *first = next->clients;
	if (load_children(load, node, &s, next) < 0)
		return -1;
	check_escalation(load, node, &s.client, first, next->clients);
	return 0;
}

/* The <alert>s of a file, and what it asks for, are for the clients in it, and in what it
 * includes. */
static int load_root(struct load *load, const struct xml_node *root,
	const struct client_source *inherited, struct places *next)
{
	struct client_source base = *inherited;
	if (load_inherited(load, root, &base) < 0)
		return -1;
	return load_children(load, root, &base, next);
}

/* The clients of the files that an <include> names stand in its place. */
static int load_include(struct load *load, const struct xml_node *node,
	const struct client_source *inherited, struct places *next)
{
	const struct document *here = load->document;
	int result = 0;
	for (const struct document *d = load->documents; d && result == 0; d = d->next)
		if (d->include == node) {
			load->document = d;
			result = load_root(load, d->root, inherited, next);
		}
	load->document = here;
	return result;
}

static int load_children(struct load *load, const struct xml_node *node,
	const struct client_source *inherited, struct places *next)
{
	int result = 0;
	for (const struct xml_node *n = node->first; n && result == 0; n = n->next) {
		enum element element = n->element;
		if (element == ELEMENT_CLIENT)
			result = load_client(load, n, element, inherited, next->clients++);
		else if (element == ELEMENT_JUMP)
			result = load_client(load, n, element, inherited, next->jumps++);
		else if (element == ELEMENT_GROUP)
			result = load_group(load, n, inherited, next);
		else if (element == ELEMENT_INCLUDE)
			result = load_include(load, n, inherited, next);
	}
	return result;
}

/* ---- what only the whole fleet shows ------------------------------------------------------ */

static bool has_address(const struct config *config, const char *const *names)
{
	bool has = false;
	for (; names && *names && !has; names++)
		has = !find_recipient(config, *names) ||
		      find_recipient(config, *names)->channel == CHANNEL_MAIL;
	return has;
}

static bool has_recipient(const struct config *config, const struct client *c)
{
	bool has = has_address(config, c->mail);
	for (const struct rule *const *r = c->rules; *r && !has; r++)
		has = has_address(config, (*r)->mail);
	return has;
}

static void warn_of_mail(struct load *load)
{
	const struct config *config = load->config;
	const struct client *c = config->clients;
	const struct client *end = c + config->client_count;
	while (c < end && !has_recipient(config, c))
		c++;
	if (!config->mail.enabled && c < end)
		warn_at(load, c->file, c->line,
			"there are recipients but no <mail>, so alerts go to "
			"standard output; write <mail host=\"…\" from=\"…\"/>");
	if (config->mail.enabled && c == end && !config->alerter.mail[0])
		warn_at(load, config->file, 0,
			"there is a <mail> but no recipient; write "
			"<alerter mail=\"…\"/>");
}

/* Once: it may be inherited by thousands. */
static void warn_of_timeout(struct load *load)
{
	const struct config *config = load->config;
	for (size_t i = 0; i < config->client_count; i++) {
		const struct client *c = &config->clients[i];
		if (c->timeout_ms <= config->collector.deadline_ms)
			continue;
		warn_at(load, c->file, c->line,
			"the client's timeout is longer than the whole run's deadline, which "
			"ends it earlier; write a shorter one, or <collector deadline=\"…\"/>");
		return;
	}
}

int load_fleet(struct load *load, const struct client *base)
{
	static const struct rule *const no_rules[] = { NULL };
	struct config *config = load->config;
	struct client *clients = allocate(load, ELEMENT_CLIENT);
	struct client *jumps = allocate(load, ELEMENT_JUMP);
	if (!clients || !jumps)
		return -1;
	struct client_source inherited = { .client = *base, .words = "" };
	inherited.client.rules = no_rules;
	inherited.client.asks = "";
	struct places next = { clients, jumps };
	load->document = load->documents;
	if (load_root(load, load->documents->root, &inherited, &next) < 0)
		return -1;
	config->clients = clients;
	config->client_count = (size_t)(next.clients - clients);
	config->jumps = jumps;
	config->jump_count = (size_t)(next.jumps - jumps);
	if (config->client_count == 0)
		warn_at(load, config->file, 0,
			"there is no client to watch; write <client ip=\"…\"/>");
	warn_of_mail(load);
	warn_of_timeout(load);
	warn_of_watches(load);
	if (load_jumps(load, clients, jumps) < 0)
		return -1;
	return load_parents(load, clients, jumps) < 0 ? -1 : load_rule_groups(load);
}
