/*
 * <process>, <file>, <certificate>, <textfile>, <filesystems>: what the probe of a client is asked
 * for, beside what it tells of any machine. They add up from <config> over the groups to the
 * client; of two about the same thing the nearer counts. Every client gets the end of its request
 * ready made, so that no run has to think about it.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/config/load.h"
#include "lib/escape.h"

enum {
	NAME_SIZE = 64 + 1,
	PATH_SIZE = 255 + 1, /* what an instance of a reading can be */
	ENCODED_SIZE = 3 * ASK_TEXT_MAX + 64,
};

struct asked {
	enum ask_kind kind;
	const char *subject; /* of two with the same, one counts */
	const char *encoded;
	const struct xml_node *node; /* where it stands */
};

/* The asks of the element under way: those inherited, then its own. */
struct asking {
	struct load *load;
	struct asked *items;
	size_t count, size;
	size_t bytes; /* of the text that they make */
};

/* ---- the list ----------------------------------------------------------------------------- */

static void finish_asking(struct asking *a)
{
	free(a->items);
}

static int put(struct asking *a, const struct asked *new)
{
	struct asked *items = array_reserve(a->items, a->count + 1, &a->size, sizeof *items);
	if (!items)
		return -1;
	a->items = items;
	items[a->count++] = *new;
	a->bytes += strlen(new->encoded);
	return 0;
}

static void take_out(struct asking *a, size_t i)
{
	a->bytes -= strlen(a->items[i].encoded);
	memmove(&a->items[i], &a->items[i + 1], (--a->count - i) * sizeof *a->items);
}

static bool is_of_mounts(enum ask_kind kind)
{
	return kind == ASK_MOUNT_INCLUDE || kind == ASK_MOUNT_EXCLUDE;
}

/* NULL when there is none. */
static struct asked *find_same(const struct asking *a, enum ask_kind kind, const char *subject)
{
	for (size_t i = 0; i < a->count; i++) {
		struct asked *other = &a->items[i];
		if ((other->kind == kind || (is_of_mounts(other->kind) && is_of_mounts(kind))) &&
			strcmp(other->subject, subject) == 0)
			return other;
	}
	return NULL;
}

/* In the place of an inherited one about the same thing. */
static int ask(struct asking *a, const struct xml_node *node, enum ask_kind kind,
	const char *subject, const char *text)
{
	char encoded[ENCODED_SIZE];
	const struct asked *same = find_same(a, kind, subject);
	if (same && same->node->parent == node->parent)
		complain(a->load, node,
			"<%s> \"%s\" is given twice, first at line %d; write it once", node->name,
			subject, same->node->line);
	if (same)
		take_out(a, (size_t)(same - a->items));
	int len = ask_encode(kind, text, encoded, sizeof encoded);
	const char *kept = len < 0 ? NULL : arena_copy(&a->load->scratch, encoded, (size_t)len);
	return kept ? put(a, &(struct asked){ kind, subject, kept, node }) : -1;
}

/* ---- elements ----------------------------------------------------------------------------- */

typedef int asker(struct asking *a, const struct xml_node *node, const struct ask_source *s);

/* With a pid file the name is what it is to be called. */
static int ask_process(struct asking *a, const struct xml_node *node, const struct ask_source *s)
{
	char text[NAME_SIZE + PATH_SIZE];
	(void)snprintf(text, sizeof text, "%s%s%s", s->name, s->path[0] ? "=" : "", s->path);
	return s->name[0] ? ask(a, node, ASK_PROCESS, s->name, text) : 0;
}

static int ask_file(struct asking *a, const struct xml_node *node, const struct ask_source *s)
{
	return s->path[0] ? ask(a, node, ASK_FILE, s->path, s->path) : 0;
}

static int ask_certificate(
	struct asking *a, const struct xml_node *node, const struct ask_source *s)
{
	return s->path[0] ? ask(a, node, ASK_CERTIFICATE, s->path, s->path) : 0;
}

/* An empty one takes out what is inherited, and the probe's own; another one takes the place of
 * that. */
static int ask_textfile(struct asking *a, const struct xml_node *node, const struct ask_source *s)
{
	const char *given = xml_attribute(node, "dir");
	if (!given || (given[0] && !s->path[0]))
		return 0; /* complained about */
	for (size_t i = a->count; i > 0; i--)
		if (a->items[i - 1].kind == ASK_TEXTFILE &&
			(!given[0] || !a->items[i - 1].subject[0]))
			take_out(a, i - 1);
	return ask(a, node, ASK_TEXTFILE, s->path, given[0] ? s->path : "-");
}

static int ask_patterns(struct asking *a, const struct xml_node *node, enum ask_kind kind,
	const char *const *patterns)
{
	int result = 0;
	for (; *patterns && result == 0; patterns++)
		result = ask(a, node, kind, *patterns, *patterns);
	return result;
}

static int ask_filesystems(
	struct asking *a, const struct xml_node *node, const struct ask_source *s)
{
	const struct asked *network = find_same(a, ASK_NETWORK_MOUNTS, "");
	if (node->attribute_count == 0)
		complain(a->load, node,
			"<filesystems> says nothing; write include, exclude or network");
	bool is_said = xml_attribute(node, "network") != NULL;
	if (network && is_said)
		take_out(a, (size_t)(network - a->items));
	if (is_said && s->network && ask(a, node, ASK_NETWORK_MOUNTS, "", "yes") < 0)
		return -1;
	return ask_patterns(a, node, ASK_MOUNT_INCLUDE, s->include) < 0
		       ? -1
		       : ask_patterns(a, node, ASK_MOUNT_EXCLUDE, s->exclude);
}

static const struct {
	enum element element;
	asker *ask;
} askers[] = {
	{ ELEMENT_PROCESS, ask_process },
	{ ELEMENT_FILE, ask_file },
	{ ELEMENT_CERTIFICATE, ask_certificate },
	{ ELEMENT_TEXTFILE, ask_textfile },
	{ ELEMENT_FILESYSTEMS, ask_filesystems },
};

/* NULL when it asks for nothing. */
static asker *find_asker(enum element element)
{
	for (size_t i = 0; i < ARRAY_LEN(askers); i++)
		if (askers[i].element == element)
			return askers[i].ask;
	return NULL;
}

/* ---- what an element and those around it ask for ------------------------------------------ */

static int read_ask(struct asking *a, const struct xml_node *node)
{
	struct ask_source s = { 0 };
	enum element element = node->element;
	if (fields_default(a->load, element, &s) < 0)
		return -1;
	fields_apply(a->load, node, element, &s);
	return find_asker(element)(a, node, &s);
}

static bool asks_anything(const struct xml_node *node)
{
	const struct xml_node *n = node->first;
	while (n && !find_asker(n->element))
		n = n->next;
	return n != NULL;
}

/* No further than a mistake: what is too long for a request is complained of in the end. */
static int read_asks(struct asking *a, const struct xml_node *node)
{
	int result = 0;
	for (const struct xml_node *n = node->first; n && result == 0; n = n->next)
		if (find_asker(n->element) && a->bytes <= CONFIG_ASKS_MAX)
			result = read_ask(a, n);
	return result;
}

static int keep(struct asking *a, struct client_source *client)
{
	struct arena *scratch = &a->load->scratch;
	struct asked *items = arena_alloc(scratch, a->count * sizeof *items);
	char *end = arena_alloc(scratch, a->bytes + 1);
	if (!items || !end)
		return -1;
	client->client.asks = end;
	client->asked = (struct asked_list){ items, a->count };
	for (size_t i = 0; i < a->count; i++) {
		items[i] = a->items[i];
		end = stpcpy(end, items[i].encoded);
	}
	return 0;
}

int load_asks(struct load *load, const struct xml_node *node, struct client_source *client)
{
	CLEANUP(finish_asking) struct asking a = { .load = load };
	if (!asks_anything(node))
		return 0;
	for (size_t i = 0; i < client->asked.count; i++)
		if (put(&a, &client->asked.items[i]) < 0)
			return -1;
	return read_asks(&a, node) < 0 ? -1 : keep(&a, client);
}

bool is_asked(const struct asked_list *asked, enum ask_kind kind, const char *pattern)
{
	for (size_t i = 0; i < asked->count; i++)
		if (asked->items[i].kind == kind &&
			fnmatch(pattern, asked->items[i].subject, 0) == 0)
			return true;
	return false;
}

/* ---- the asks of a client ----------------------------------------------------------------- */

int share_asks(struct load *load, const struct xml_node *node, struct client *c)
{
	struct shared *shared = find_shared(load, &load->asks, c->asks);
	if (!shared)
		return -1;
	if (!shared->is_used && strlen(c->asks) > CONFIG_ASKS_MAX)
		complain(load, node,
			"client \"%s\" is asked for more than the %d bytes that one request holds; "
			"leave some <process>, <file>, <certificate>, <textfile> or <filesystems> "
			"out, its own or those of its groups",
			c->name, CONFIG_ASKS_MAX);
	shared->is_used = true;
	c->asks = shared->text;
	return 0;
}

/* ---- values ------------------------------------------------------------------------------- */

static int check_plain(const char *text, size_t size, struct error *err)
{
	char shown[PATH_SIZE];
	size_t len = strlen(text);
	if (len >= size)
		return error_set(err, "is too long; write at most %zu bytes", size - 1);
	(void)escape_text(shown, sizeof shown, text, len);
	if (strcmp(shown, text) != 0)
		return error_set(err, "holds control characters; write it without");
	return 0;
}

static int keep_text(struct load *load, const char *text, const char **ret_text, struct error *err)
{
	const char *copy = arena_copy(&load->scratch, text, strlen(text));
	if (!copy)
		return error_set(err, "not enough memory");
	*ret_text = copy;
	return 0;
}

int parse_process(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	if (strpbrk(text, "=/"))
		return error_set(err, "is no name of a process; write it without = and /, as "
				      "name=\"nginx\"");
	return check_plain(text, NAME_SIZE, err) < 0 ? -1 : keep_text(load, text, target, err);
}

/* It is looked up there, so it says nothing about files of this machine. */
int parse_client_path(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	if (text[0] && text[0] != '/')
		return error_set(err,
			"is not a whole path; write where it is on the client, as %s=\"%s\"",
			field->name,
			strcmp(field->name, "dir") == 0 ? "/srv/metrics" : "/run/db.pid");
	return check_plain(text, PATH_SIZE, err) < 0 ? -1 : keep_text(load, text, target, err);
}

static int check_mount(const char *word, struct error *err)
{
	if (word[0] != '/' && word[0] != '*')
		return error_set(err,
			"%.80s is no pattern of mount points, which begin with /; write it as "
			"/srv/*",
			word);
	return check_plain(word, PATH_SIZE, err);
}

int parse_mounts(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	return read_words(load, text, check_mount, target, err);
}
