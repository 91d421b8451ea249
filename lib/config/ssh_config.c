/*
 * Lines become entries in one run, included ones in their place, so that to look a host up is to
 * walk along them once with one word of state: whether the last Host line was about it.
 */
#include "lib/config/ssh_config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	LINE_MAX_BYTES = 64 * 1024,
	ENTRIES_MAX = 1 << 20,
	WORDS_MAX = 1024, /* patterns of one Host line */
};

enum entry_kind { ENTRY_VALUE, ENTRY_HOST, ENTRY_MATCH, ENTRY_INCLUDE };

struct entry {
	enum entry_kind kind;
	enum ssh_config_key key; /* of a value */
	struct ssh_config_value value;
	char **patterns; /* of Host, NULL-terminated */
	size_t end;	 /* of a file: the first entry that is not from it */
};

struct ssh_config {
	struct arena arena;
	struct entry *entries;
	size_t count, size;
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
	free(c->entries);
	free(c);
}

static struct entry *add_entry(struct ssh_config *c, enum entry_kind kind)
{
	if (c->count == c->size) {
		size_t size = c->size ? 2 * c->size : 64;
		struct entry *more =
			size <= ENTRIES_MAX ? reallocarray(c->entries, size, sizeof *more) : NULL;
		if (!more)
			return NULL;
		c->entries = more;
		c->size = size;
	}
	c->entries[c->count] = (struct entry){ .kind = kind };
	return &c->entries[c->count++];
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
	struct entry *e = add_entry(l->config, ENTRY_HOST);
	if (!e)
		return -1;
	e->patterns = arena_alloc(&l->config->arena, (l->count + 1) * sizeof *e->patterns);
	if (!e->patterns)
		return -1;
	for (size_t i = 0; i < l->count; i++) {
		e->patterns[i] = arena_copy(&l->config->arena, l->words[i], strlen(l->words[i]));
		if (!e->patterns[i])
			return -1;
	}
	return 0;
}

static int add_match(struct line *l, enum ssh_config_key unused)
{
	(void)unused;
	(void)warn(l, "Match is not evaluated here; what stands under it is passed over");
	return add_entry(l->config, ENTRY_MATCH) ? 0 : -1;
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

static int add_value(struct line *l, enum ssh_config_key key)
{
	bool is_command = key == SSH_CONFIG_PROXY_COMMAND;
	if (l->count > 1 && !is_command)
		return warn(l, "has more than one value; it is passed over");
	struct entry *e = add_entry(l->config, ENTRY_VALUE);
	if (!e)
		return -1;
	e->key = key;
	e->value.file = l->source->file;
	e->value.line = l->number;
	e->value.text = arena_copy(&l->config->arena, l->words[0], strlen(l->words[0]));
	return e->value.text ? 0 : -1;
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
	return k->add == add_host && !add_entry(l->config, ENTRY_MATCH) ? -1 : 0;
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

/* Whatever Host was last in one file, another and the lines behind the Include do not care. */
int ssh_config_parse(
	struct ssh_config *c, const struct ssh_config_source *source, const char *text, size_t len)
{
	size_t at = c->count;
	if (!add_entry(c, ENTRY_INCLUDE) || parse_lines(c, source, text, text + len) < 0)
		return -1;
	c->entries[at].end = c->count;
	return 0;
}

char *ssh_config_keep(struct ssh_config *c, const char *text)
{
	return arena_copy(&c->arena, text, strlen(text));
}

/* ---- looking up ------------------------------------------------------------------------- */

/* `*` is any run, `?` any one character. */
static bool glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *after_star = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			after_star = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++after_star;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* One with `!` that fits outweighs all others. */
static bool is_about(char **patterns, const char *host)
{
	bool fits = false;
	for (; *patterns; patterns++) {
		bool negated = **patterns == '!';
		if (!glob_matches(*patterns + negated, host))
			continue;
		if (negated)
			return false;
		fits = true;
	}
	return fits;
}

static void take_value(const struct entry *e, struct ssh_config_value *values)
{
	bool is_jump = e->key == SSH_CONFIG_PROXY_JUMP,
	     is_command = e->key == SSH_CONFIG_PROXY_COMMAND;
	if (values[e->key].text || (is_jump && values[SSH_CONFIG_PROXY_COMMAND].text) ||
		(is_command && values[SSH_CONFIG_PROXY_JUMP].text))
		return;
	values[e->key] = e->value;
}

/* The entries from..end, which begin as about the host. */
static void walk(const struct ssh_config *c, size_t from, size_t end, const char *host,
	struct ssh_config_value *values)
{
	bool active = true;
	for (size_t i = from; i < end; i++) {
		const struct entry *e = &c->entries[i];
		if (e->kind == ENTRY_HOST)
			active = is_about(e->patterns, host);
		else if (e->kind == ENTRY_MATCH)
			active = false;
		else if (e->kind == ENTRY_VALUE && active)
			take_value(e, values);
		else if (e->kind == ENTRY_INCLUDE) {
			if (active)
				walk(c, i + 1, e->end, host, values);
			i = e->end - 1;
		}
	}
}

void ssh_config_find(const struct ssh_config *c, const char *host,
	struct ssh_config_value ret_values[static SSH_CONFIG_KEYS])
{
	memset(ret_values, 0, SSH_CONFIG_KEYS * sizeof *ret_values);
	walk(c, 0, c->count, host, ret_values);
}

static const char *find_token(const struct ssh_config_token *tokens, char letter)
{
	if (letter == '%')
		return "%";
	for (; tokens->letter; tokens++)
		if (tokens->letter == letter)
			return tokens->text;
	return NULL;
}

int ssh_config_expand(
	const char *value, const struct ssh_config_token *tokens, char *out, size_t size)
{
	size_t used = 0;
	for (; *value; value++) {
		const char plain[] = { *value, 0 };
		const char *add = *value == '%' ? find_token(tokens, value[1]) : plain;
		size_t len = add ? strlen(add) : size;
		if (len >= size - used)
			return -1;
		memcpy(out + used, add, len);
		used += len;
		value += *value == '%';
	}
	out[used] = 0;
	return 0;
}
