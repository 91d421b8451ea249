/*
 * Files in, configuration out: reads config.xml and what it includes to trees, has them
 * checked and flattened, and collects what is wrong with any of it.
 */
#include "lib/config/config.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/config/load.h"
#include "lib/file.h"

enum { FILE_SIZE_MAX = 64 << 20, FILES_MAX = 10000, PROBLEMS_MAX = 200 };

/* What config->memory points to. */
struct config_memory {
	struct config config;
	struct arena arena;
	struct secrets secrets;
};

static void free_text(char **text)
{
	free(*text);
}

/* ---- problems ----------------------------------------------------------------------------- */

void config_problems_finish(struct config_problems *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].file);
		free(p->items[i].text);
	}
	free(p->items);
	*p = (struct config_problems){ 0 };
}

/* Without memory a problem is lost, but never the fact that there was one. */
static void add_problem(
	struct config_problems *p, const char *file, int line, bool warning, const char *text)
{
	if (p->count > PROBLEMS_MAX)
		return;
	if (p->count == PROBLEMS_MAX)
		text = "there is more; mend what stands above first";
	struct config_problem *items =
		array_reserve(p->items, p->count + 1, &p->size, sizeof *items);
	if (!items)
		return;
	p->items = items;
	struct config_problem *new = &items[p->count];
	*new = (struct config_problem){ strdup(file), line, strdup(text), warning };
	if (new->file &&new->text) {
		p->count++;
		return;
	}
	free(new->file);
	free(new->text);
}

#define ADD_PROBLEM(load, file, line, warning, fmt)                       \
	do {                                                              \
		char text[1024];                                          \
		va_list ap;                                               \
		va_start(ap, fmt);                                        \
		(void)vsnprintf(text, sizeof text, fmt, ap);              \
		va_end(ap);                                               \
		add_problem((load)->problems, file, line, warning, text); \
		(load)->mistakes += !(warning);                           \
	} while (0)

void complain(struct load *load, const struct xml_node *node, const char *fmt, ...)
{
	ADD_PROBLEM(load, load->document->file, node->line, false, fmt);
}

void complain_at(struct load *load, const char *file, int line, const char *fmt, ...)
{
	ADD_PROBLEM(load, file, line, false, fmt);
}

void warn_at(struct load *load, const char *file, int line, const char *fmt, ...)
{
	ADD_PROBLEM(load, file, line, true, fmt);
}

/* ---- documents ---------------------------------------------------------------------------- */

static void on_fault(void *arg, enum xml_fault fault, int line, const char *text)
{
	struct load *load = arg;
	if (fault == XML_FAULT_SYNTAX) {
		complain_at(load, load->document->file, line, "%s", text);
		return;
	}
	struct schema_complaint *c = arena_alloc(&load->scratch, sizeof *c);
	char *copy = arena_copy(&load->scratch, text, strlen(text));
	if (!c || !copy) {
		complain_at(load, load->document->file, line, "%s", text);
		return;
	}
	*c = (struct schema_complaint){ load->document->file, line, copy, load->complaints };
	load->complaints = c;
}

/* Parses a document and puts it behind the others. What is wrong in it is a complaint; -1 is
 * for want of memory. */
static int add_document(struct load *load, const char *file, const char *too_open,
	const struct xml_node *include, const char *text, size_t len)
{
	struct document *d = arena_alloc(&load->scratch, sizeof *d);
	if (!d)
		return -1;
	d->file = arena_copy(load->result, file, strlen(file));
	d->too_open = too_open ? arena_copy(&load->scratch, too_open, strlen(too_open)) : NULL;
	d->include = include;
	if (!d->file || (too_open && !d->too_open))
		return -1;
	load->document = d;
	size_t mistakes = load->mistakes;
	struct xml_node *root;
	if (xml_read(load->reader, text, len, &load->scratch, on_fault, load, &root) < 0)
		return load->mistakes > mistakes ? 0 : -1;
	d->root = root;
	check_shape(load, root);
	struct document **end = &load->documents;
	while (*end)
		end = &(*end)->next;
	*end = d;
	return 0;
}

/* Reads a file that need not be secret, but tells why it is not, should it hold a secret. */
static int read_document(
	const char *file, struct buffer *out, struct error *ret_open, struct error *err)
{
	ret_open->text[0] = 0;
	if (file_read(file, FILE_SECRET, FILE_SIZE_MAX, out, ret_open) == 0)
		return 0;
	return file_read(file, FILE_TRUSTED, FILE_SIZE_MAX, out, err);
}

static int add_file(struct load *load, const char *file, const struct xml_node *include)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	struct error open;
	struct error err;
	if (read_document(file, &text, &open, &err) < 0) {
		complain_at(load, file, 0, "%s%s", err.text,
			strstr(err.text, "; ")
				? ""
				: "; make it as config.xml.example shows, or name another file");
		return 0;
	}
	return add_document(
		load, file, open.text[0] ? open.text : NULL, include, text.data, text.len);
}

/* ---- included files ----------------------------------------------------------------------- */

static int is_included(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".xml") == 0;
}

static int by_file_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_listed(struct load *load, const char *dir, struct dirent *const *entries, int count,
	const struct xml_node *include)
{
	int result = 0;
	for (int i = 0; i < count && result == 0; i++) {
		CLEANUP(free_text) char *file = path_join(dir, entries[i]->d_name);
		result = file ? add_file(load, file, include) : -1;
	}
	return result;
}

static int add_folder(struct load *load, const struct xml_node *include, const char *dir)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_included, by_file_name);
	if (count < 0) {
		complain(load, include, "%s: %s; make the folder or name another", dir,
			strerror(errno));
		return 0;
	}
	int result = 0;
	if (count > FILES_MAX)
		complain(load, include, "%s holds %d files; write at most %d", dir, count,
			FILES_MAX);
	else
		result = add_listed(load, dir, entries, count, include);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return result;
}

static int add_includes(struct load *load)
{
	const struct document *main = load->documents;
	for (const struct xml_node *n = main->root->first; n; n = n->next) {
		struct include_source s = { .dir = "" };
		if (n->element != ELEMENT_INCLUDE)
			continue;
		load->document = main;
		fields_apply(load, n, ELEMENT_INCLUDE, &s);
		if (s.dir[0] && add_folder(load, n, s.dir) < 0)
			return -1;
	}
	for (const struct document *d = main->next; d; d = d->next)
		for (const struct xml_node *n = d->root->first; n; n = n->next)
			if (n->element == ELEMENT_INCLUDE)
				complain_at(load, d->file, n->line,
					"<include> stands in an included file; "
					"write it in %s",
					main->file);
	return 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static bool has_mistake(const struct config_problems *p, const char *file, int line)
{
	for (size_t i = 0; i < p->count; i++)
		if (!p->items[i].warning && p->items[i].line == line &&
			strcmp(p->items[i].file, file) == 0)
			return true;
	return false;
}

/* What only the schema found. Where we have a complaint of our own it says the same better. */
static void add_schema_complaints(struct load *load)
{
	for (const struct schema_complaint *c = load->complaints; c; c = c->next)
		if (!has_mistake(load->problems, c->file, c->line))
			complain_at(load, c->file, c->line, "%s", c->text);
		else
			load->mistakes++;
}

static bool is_before(const struct config_problem *a, const struct config_problem *b)
{
	int order = strcmp(a->file, b->file);
	return order ? order < 0 : a->line < b->line;
}

/* By file and line, keeping the order within a line. */
static void sort_problems(struct config_problems *p)
{
	size_t count = p->count > PROBLEMS_MAX ? PROBLEMS_MAX : p->count;
	for (size_t i = 1; i < count; i++) {
		struct config_problem moved = p->items[i];
		size_t k = i;
		for (; k > 0 && is_before(&moved, &p->items[k - 1]); k--)
			p->items[k] = p->items[k - 1];
		p->items[k] = moved;
	}
}

/* The absolute path of config.xml; its last part may not be a symbolic link, see file_read(). */
static int set_paths(struct load *load, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_text) char *copy = strdup(path);
	CLEANUP(free_text) char *dir = copy ? realpath(dirname(copy), NULL) : NULL;
	if (!dir && errno != ENOMEM)
		return error_set(err, "cannot be found: %s; name another file", strerror(errno));
	CLEANUP(free_text) char *file = dir ? path_join(dir, slash ? slash + 1 : path) : NULL;
	if (!file)
		return -1;
	load->dir = arena_copy(load->result, dir, strlen(dir));
	load->config->dir = load->dir;
	load->config->file = arena_copy(load->result, file, strlen(file));
	return load->config->dir && load->config->file ? 0 : -1;
}

/* -1 for want of memory; mistakes are counted in `load`. */
static int load_documents(struct load *load, const char *text, size_t len)
{
	const char *file = load->config->file;
	int result =
		text ? add_document(load, file, NULL, NULL, text, len) : add_file(load, file, NULL);
	if (result < 0 || !load->documents)
		return result;
	if (add_includes(load) < 0)
		return -1;
	struct client base;
	if (load_recipients(load) < 0 || load_sections(load, &base) < 0 ||
		load_fleet(load, &base) < 0)
		return -1;
	warn_of_unnamed(load);
	add_schema_complaints(load);
	return 0;
}

int config_load_text(const char *path, const char *text, size_t len, struct config **ret_config,
	struct config_problems *problems)
{
	struct error err = { "not enough memory" };
	struct config_memory *m = calloc(1, sizeof *m);
	struct load load = { .problems = problems };
	*problems = (struct config_problems){ 0 };
	int result = -1;
	if (!m)
		goto out;
	m->config.memory = m;
	load.config = &m->config;
	load.result = &m->arena;
	load.secrets = &m->secrets;
	if (set_paths(&load, path, &err) == 0 && xml_reader_create(&load.reader, &err) == 0)
		result = load_documents(&load, text, len);
out:
	if (result < 0)
		add_problem(problems, path, 0, false, err.text);
	xml_reader_destroy(load.reader);
	finish_ssh_config(&load);
	finish_shared(&load);
	arena_finish(&load.scratch);
	sort_problems(problems);
	if (result < 0 || load.mistakes) {
		config_destroy(m ? &m->config : NULL);
		return -1;
	}
	*ret_config = &m->config;
	return 0;
}

int config_load(const char *path, struct config **ret_config, struct config_problems *problems)
{
	return config_load_text(path, NULL, 0, ret_config, problems);
}

void config_destroy(struct config *config)
{
	if (!config)
		return;
	struct config_memory *m = config->memory;
	secrets_finish(&m->secrets);
	arena_finish(&m->arena);
	free(m);
}

const char *config_default_path(void)
{
	static const char *const paths[] = { "./config.xml", "/etc/fleet-health/config.xml" };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (access(paths[i], F_OK) == 0)
			return paths[i];
	return NULL;
}

static int compare_name(const void *name, const void *client)
{
	return strcmp(name, (*(const struct client *const *)client)->name);
}

const struct client *config_client(const struct config *config, const char *name)
{
	const struct client *const *found = bsearch(
		name, config->clients_by_name, config->client_count, sizeof(void *), compare_name);
	return found ? *found : NULL;
}

const struct client *config_machine(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->jump_count; i++)
		if (strcmp(config->jumps[i].name, name) == 0)
			return &config->jumps[i];
	return config_client(config, name);
}

const struct rule *config_rule(const struct client *client, const char *key)
{
	for (const struct rule *const *rule = client->rules; *rule; rule++)
		if (strcmp((*rule)->key, key) == 0)
			return *rule;
	return NULL;
}

const struct rule_group *config_rule_group(
	const struct config *config, const char *key, const char *group)
{
	for (size_t i = 0; i < config->rule_group_count; i++) {
		const struct rule_group *g = config->rule_groups[i];
		if (strcmp(g->rule.key, key) == 0 && strcmp(g->group, group) == 0)
			return g;
	}
	return NULL;
}

const char *const *config_escalation(
	const struct client *client, const struct rule *rule, int64_t *ret_after_ms)
{
	*ret_after_ms = rule->escalate ? rule->escalate_after_ms : client->escalate_after_ms;
	return rule->escalate ? rule->escalate : client->escalate;
}

const char *const *config_recipients(const struct client *client, const struct rule *rule)
{
	return rule->mail ? rule->mail : client->mail;
}
