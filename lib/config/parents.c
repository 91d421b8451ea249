/*
 * What else stands between a client and the collector: when that is down, nobody behind it can be
 * reached, and one alert says it. A parent is a client, a jump host, or a <parent>, which nobody
 * logs in to.
 */
#include <string.h>

#include "lib/config/load.h"

enum { PARENTS_MAX = 20 }; /* above one another */

static size_t count_nodes(const struct xml_node *node)
{
	size_t sum = node->element == ELEMENT_PARENT;
	for (const struct xml_node *n = node->first; n; n = n->next)
		sum += count_nodes(n);
	return sum;
}

static void read_nodes(
	struct load *load, const struct xml_node *from, struct node *nodes, size_t *count)
{
	for (const struct xml_node *n = from->first; n; n = n->next) {
		struct node_source s = { .node = { .name = "", .parent_name = "" } };
		if (n->element != ELEMENT_PARENT) {
			read_nodes(load, n, nodes, count);
			continue;
		}
		fields_apply(load, n, ELEMENT_PARENT, &s);
		s.node.file = load->document->file;
		s.node.line = n->line;
		nodes[(*count)++] = s.node;
	}
}

static const struct node *find_node(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->node_count; i++)
		if (strcmp(config->nodes[i].name, name) == 0)
			return &config->nodes[i];
	return NULL;
}

/* A name means one thing only. */
static void check_names(struct load *load)
{
	const struct config *config = load->config;
	for (size_t i = 0; i < config->node_count; i++) {
		const struct node *n = &config->nodes[i];
		if (config_machine(config, n->name) || find_node(config, n->name) != n)
			complain_at(load, n->file, n->line,
				"name=\"%s\" is there already; write another", n->name);
	}
}

static bool find_parent(const struct config *config, const char *name, struct parent *ret_parent)
{
	ret_parent->node = find_node(config, name);
	ret_parent->client = ret_parent->node ? NULL : config_machine(config, name);
	return ret_parent->node || ret_parent->client;
}

static void complain_unknown(struct load *load, const char *file, int line, const char *name)
{
	complain_at(load, file, line,
		"parent=\"%s\": nothing is called so; write the name of a client or <jump>, or add "
		"<parent name=\"%s\"/>",
		name, name);
}

/* What a group says stands in all its clients, and is a mistake but once. */
static void find_parents(struct load *load, struct client *clients, size_t count)
{
	const char *told = "";
	for (size_t i = 0; i < count; i++) {
		struct client *c = &clients[i];
		if (!c->parent_name[0] || find_parent(load->config, c->parent_name, &c->parent) ||
			c->parent_name == told)
			continue;
		told = c->parent_name;
		complain_unknown(load, c->file, c->line, c->parent_name);
	}
}

static void find_parents_of_nodes(struct load *load, struct node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (nodes[i].parent_name[0] &&
			!find_parent(load->config, nodes[i].parent_name, &nodes[i].parent))
			complain_unknown(load, nodes[i].file, nodes[i].line, nodes[i].parent_name);
}

static bool ends(struct parent p)
{
	for (int i = 0; i < PARENTS_MAX; i++) {
		if (!p.client && !p.node)
			return true;
		p = p.client ? p.client->parent : p.node->parent;
	}
	return false;
}

static void check_circles(struct load *load)
{
	const struct config *config = load->config;
	static const char text[] = "parent=\"%s\" leads in a circle, or over more than %d others; "
				   "leave one of them out";
	for (size_t i = 0; i < config->client_count; i++) {
		const struct client *c = &config->clients[i];
		if (!ends(c->parent))
			complain_at(load, c->file, c->line, text, c->parent_name, PARENTS_MAX);
	}
	for (size_t i = 0; i < config->node_count; i++) {
		const struct node *n = &config->nodes[i];
		if (!ends(n->parent))
			complain_at(load, n->file, n->line, text, n->parent_name, PARENTS_MAX);
	}
}

int load_parents(struct load *load, struct client *clients, struct client *jumps)
{
	struct config *config = load->config;
	size_t most = 0, count = 0;
	for (const struct document *d = load->documents; d; d = d->next)
		most += count_nodes(d->root);
	struct node *nodes = arena_alloc(load->result, (most + 1) * sizeof *nodes);
	if (!nodes)
		return -1;
	for (const struct document *d = load->documents; d; d = d->next) {
		load->document = d;
		read_nodes(load, d->root, nodes, &count);
	}
	config->nodes = nodes;
	config->node_count = count;
	check_names(load);
	find_parents(load, clients, config->client_count);
	find_parents(load, jumps, config->jump_count);
	find_parents_of_nodes(load, nodes, count);
	check_circles(load);
	return 0;
}
