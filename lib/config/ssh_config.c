/* Lines into blocks. */
#include "lib/config/ssh_config_private.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/array.h"

enum {
	LINE_MAX_BYTES = 64 * 1024,
	BLOCKS_MAX = 1 << 18,
	WORDS_MAX = 1024, /* patterns of one Host line */
};

/* A line under way. */
struct line {
	struct ssh_config *config;
	const struct ssh_config_source *source;
	int number;
	char *words[WORDS_MAX + 1]; /* behind the keyword, NULL-terminated */
	size_t count;
};

struct ssh_config *ssh_config_create(void)
{
	return calloc(1, sizeof(struct ssh_config));
}

void ssh_config_destroy(struct ssh_config *c)
{
	if (!c)
		return;
	arena_finish(&c->arena);
	free(c->blocks);
	free(c->plain);
	free(c->others);
	free(c);
}

/* The lines that follow belong to it. NULL without memory. */
static struct block *begin_block(struct ssh_config *c, size_t parent)
{
	struct block *blocks = c->count < BLOCKS_MAX ? array_reserve(c->blocks, c->count + 1,
							       &c->size, sizeof *blocks)
						     : NULL;
	if (!blocks)
		return NULL;
	c->blocks = blocks;
	c->current = c->count++;
	c->blocks[c->current] = (struct block){ .parent = parent };
	return &c->blocks[c->current];
}

/* A Host or Match line stands beside the one before it, not inside. */
static struct block *begin_line_block(struct ssh_config *c)
{
	const struct block *before = &c->blocks[c->current];
	bool is_first = before->parent == c->current; /* of all files */
	return begin_block(c, is_first ? c->count : before->parent);
}

/* ---- words ------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_escape(const char *at, char quote)
{
	return at[0] == '\\' &&
	       (at[1] == '\'' || at[1] == '"' || at[1] == '\\' || (!quote && at[1] == ' '));
}

/* Takes one word off, in place: quotes and escapes go. Returns what is behind it, or NULL when a
 * quote is not closed. */
static char *take_word(char *at)
{
	char *out = at;
	char quote = 0;
	for (; *at && (quote || !is_blank(*at)); at++) {
		if (is_escape(at, quote))
			*out++ = *++at;
		else if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? 0 : *at;
		else
			*out++ = *at;
	}
	if (quote)
		return NULL;
	char *rest = *at ? at + 1 : at;
	*out = 0;
	return rest;
}

/* Up to a comment. NULL, or what is wrong. */
static const char *take_words(struct line *l, char *at)
{
	for (;;) {
		at += strspn(at, " \t");
		if (!*at || *at == '#')
			break;
		if (l->count == WORDS_MAX)
			return "has too many words";
		l->words[l->count++] = at;
		at = take_word(at);
		if (!at)
			return "has a quote that is not closed";
	}
	l->words[l->count] = NULL;
	return NULL;
}

/* ---- lines ------------------------------------------------------------------------------ */

static int warn(const struct line *l, const char *text)
{
	if (l->source->warn)
		l->source->warn(l->source->arg, l->source->file, l->number, text);
	return 0;
}

static int add_host(struct line *l, enum ssh_config_key unused)
{
	(void)unused;
	struct block *block = begin_line_block(l->config);
	if (!block)
		return -1;
	block->patterns = arena_alloc(&l->config->arena, (l->count + 1) * sizeof *block->patterns);
	if (!block->patterns)
		return -1;
	for (size_t i = 0; i < l->count; i++) {
		block->patterns[i] = ssh_config_keep(l->config, l->words[i]);
		if (!block->patterns[i])
			return -1;
	}
	return 0;
}

static int begin_match(struct ssh_config *c)
{
	struct block *block = begin_line_block(c);
	if (!block)
		return -1;
	block->is_match = true;
	return 0;
}

static int add_match(struct line *l, enum ssh_config_key unused)
{
	(void)unused;
	(void)warn(l, "Match is not evaluated here; what stands under it is passed over");
	return begin_match(l->config);
}

static int add_includes(struct line *l, enum ssh_config_key unused)
{
	(void)unused;
	int r = 0;
	for (size_t i = 0; l->source->include && i < l->count && r == 0; i++)
		if (l->words[i][0])
			r = l->source->include(l->source, l->config, l->words[i], l->number);
	return r;
}

void ssh_config_take(struct ssh_config_value *values, enum ssh_config_key key,
	const struct ssh_config_value *value)
{
	bool is_late = (key == SSH_CONFIG_PROXY_JUMP && values[SSH_CONFIG_PROXY_COMMAND].text) ||
		       (key == SSH_CONFIG_PROXY_COMMAND && values[SSH_CONFIG_PROXY_JUMP].text);
	if (!values[key].text && !is_late)
		values[key] = *value;
}

static int add_value(struct line *l, enum ssh_config_key key)
{
	if (l->count > 1 && key != SSH_CONFIG_PROXY_COMMAND)
		return warn(l, "has more than one value; it is passed over");
	const struct ssh_config_value value = { ssh_config_keep(l->config, l->words[0]),
		l->source->file, l->number };
	if (!value.text)
		return -1;
	ssh_config_take(l->config->blocks[l->config->current].values, key, &value);
	return 0;
}

static const struct keyword {
	const char *name;
	int (*add)(struct line *l, enum ssh_config_key key);
	enum ssh_config_key key;
} keywords[] = {
	{ "Host", add_host, 0 },
	{ "HostName", add_value, SSH_CONFIG_HOSTNAME },
	{ "IdentityFile", add_value, SSH_CONFIG_IDENTITY_FILE },
	{ "Include", add_includes, 0 },
	{ "Match", add_match, 0 },
	{ "Port", add_value, SSH_CONFIG_PORT },
	{ "ProxyCommand", add_value, SSH_CONFIG_PROXY_COMMAND },
	{ "ProxyJump", add_value, SSH_CONFIG_PROXY_JUMP },
	{ "User", add_value, SSH_CONFIG_USER },
};

static const struct keyword *find_keyword(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (strlen(keywords[i].name) == len &&
			strncasecmp(keywords[i].name, text, len) == 0)
			return &keywords[i];
	return NULL;
}

/* "Keyword word…" or "Keyword = word…". */
static int parse_line(struct line *l, char *at)
{
	at += strspn(at, " \t\f");
	size_t len = strcspn(at, " \t=");
	const struct keyword *k = find_keyword(at, len);
	if (!k)
		return 0;
	at += len;
	at += strspn(at, " \t");
	at += *at == '=';
	const char *wrong = take_words(l, at);
	if (!wrong && (l->count == 0 || !l->words[0][0]))
		wrong = "has no value";
	if (!wrong)
		return k->add(l, k->key);
	char text[128];
	(void)snprintf(text, sizeof text, "%s %s; it is passed over", k->name, wrong);
	(void)warn(l, text);
	/* A Host line that is not understood is about nobody. */
	return k->add == add_host ? begin_match(l->config) : 0;
}

static size_t length_without_end(const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r\f", line[len - 1]) && line[len - 1])
		len--;
	return len;
}

/* `text` is a line, its end not included. */
static int take_line(struct line *l, const char *text, size_t len)
{
	if (len > LINE_MAX_BYTES)
		return warn(l, "the line is too long; it is passed over");
	char *copy = strndup(text, length_without_end(text, len));
	int r = copy ? parse_line(l, copy) : -1;
	free(copy);
	return r;
}

static int parse_lines(struct ssh_config *c, const struct ssh_config_source *source,
	const char *text, const char *end)
{
	struct line *l = malloc(sizeof *l);
	int r = l ? 0 : -1;
	for (int number = 1; r == 0 && text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		l->config = c;
		l->source = source;
		l->number = number;
		l->count = 0;
		r = take_line(l, text, (size_t)(stop - text));
		text = newline ? newline + 1 : end;
	}
	free(l);
	return r;
}

/* What the file holds is about whom the Include is about; what follows that, too, whatever Host was
 * last in the file. */
int ssh_config_parse(
	struct ssh_config *c, const struct ssh_config_source *source, const char *text, size_t len)
{
	size_t outer = c->current;
	bool is_first = c->count == 0;
	if (!begin_block(c, outer) || parse_lines(c, source, text, text + len) < 0)
		return -1;
	if (is_first)
		return 0;
	const struct block before = c->blocks[outer];
	struct block *after = begin_block(c, before.parent == outer ? c->count : before.parent);
	if (!after)
		return -1;
	after->patterns = before.patterns;
	after->is_match = before.is_match;
	return 0;
}

char *ssh_config_keep(struct ssh_config *c, const char *text)
{
	return arena_copy(&c->arena, text, strlen(text));
}
