#include "lib/send/template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 32, TAG_MAX = 200, CUT_MIN = 4, CUT_MAX = 1000 * 1000 };

struct rendering {
	const struct template_source *source;
	template_escape *escape;
	struct buffer *out;
	struct error *err;
};

static int no_room(const struct rendering *r)
{
	return error_set(r->err, "out of memory, or too much for one message");
}

/* ---- filters ------------------------------------------------------------------------------ */

/* At most `max` bytes with the … behind, which takes three itself. */
static int cut(struct buffer *value, size_t max)
{
	static const char dots[] = "\u2026";
	if (value->len <= max)
		return 0;
	size_t len = max - (sizeof dots - 1);
	while (len > 0 && ((unsigned char)value->data[len] & 0xc0) == 0x80)
		len--;
	value->len = len;
	value->data[len] = 0;
	return buffer_append_text(value, dots);
}

/* https://api.slack.com/reference/surfaces/formatting#escaping. A ` would end a block of code; a
 * blank of no width behind @ is not a name that Mattermost calls (@channel). */
static int make_chat(struct buffer *value)
{
	static const struct {
		char c;
		const char *text;
	} rows[] = {
		{ '&', "&amp;" },
		{ '<', "&lt;" },
		{ '>', "&gt;" },
		{ '`', "'" },
		{ '@', "@\u200b" },
	};
	struct buffer safe CLEANUP(buffer_finish) = { .cap = value->cap };
	for (size_t i = 0; i < value->len; i++) {
		const char *text = NULL;
		for (size_t k = 0; k < ARRAY_LEN(rows); k++)
			text = value->data[i] == rows[k].c ? rows[k].text : text;
		if (text ? buffer_append_text(&safe, text) < 0
			 : buffer_append(&safe, value->data + i, 1) < 0)
			return -1;
	}
	struct buffer old = *value;
	*value = safe;
	safe = old;
	return 0;
}

static int filter(const struct rendering *r, const char *name, struct buffer *value)
{
	if (strcmp(name, "chat") == 0)
		return make_chat(value) < 0 ? no_room(r) : 0;
	size_t digits = strspn(name, "0123456789");
	long max = digits > 0 && !name[digits] && digits < 8 ? strtol(name, NULL, 10) : 0;
	if (max < CUT_MIN || max > CUT_MAX)
		return error_set(r->err,
			"there is no filter '%s'; write chat, or a number from %d on", name,
			CUT_MIN);
	return cut(value, (size_t)max) < 0 ? no_room(r) : 0;
}

/* ---- tags --------------------------------------------------------------------------------- */

/* The next word of the tag at *at, up to a | or the end, without the blanks beside it. */
static int next_word(const struct rendering *r, const char **at, const char *end,
	char ret_word[static NAME_SIZE])
{
	const char *from = *at, *to = from;
	while (to < end && *to != '|')
		to++;
	*at = to < end ? to + 1 : end;
	while (from < to && *from == ' ')
		from++;
	while (to > from && to[-1] == ' ')
		to--;
	if (to == from || (size_t)(to - from) >= NAME_SIZE)
		return error_set(r->err, "'%.*s' is no name", (int)(to - from), from);
	memcpy(ret_word, from, (size_t)(to - from));
	ret_word[to - from] = 0;
	return 0;
}

/* "name|filter|filter" between its braces. */
static int put_value(const struct rendering *r, const char *tag, size_t len, size_t event)
{
	struct buffer value CLEANUP(buffer_finish) = { 0 };
	char word[NAME_SIZE];
	const char *at = tag, *end = tag + len;
	bool bare = false, known = true;
	if (next_word(r, &at, end, word) < 0)
		return -1;
	if (r->source->put(r->source->arg, word, event, &value, &bare, &known) < 0)
		return no_room(r);
	if (!known)
		return error_set(r->err, "there is nothing of the name '%s'", word);
	while (at < end || (at > tag && at[-1] == '|'))
		if (next_word(r, &at, end, word) < 0 || filter(r, word, &value) < 0)
			return -1;
	if (value.len == 0)
		return 0;
	int result = bare ? buffer_append(r->out, value.data, value.len)
			  : r->escape(value.data, value.len, r->out);
	return result < 0 ? no_room(r) : 0;
}

/* ---- text --------------------------------------------------------------------------------- */

static const char open_events[] = "{{#events}}", close_events[] = "{{/events}}";

static int put_tags(const struct rendering *r, const char *text, size_t len, size_t event)
{
	const char *end = text + len;
	for (const char *tag; text < end; text = tag) {
		tag = memmem(text, (size_t)(end - text), "{{", 2);
		size_t plain = (size_t)((tag ? tag : end) - text);
		if (buffer_append(r->out, text, plain) < 0)
			return no_room(r);
		if (!tag)
			break;
		const char *close = memmem(tag, (size_t)(end - tag), "}}", 2);
		if (!close || close - tag > TAG_MAX)
			return error_set(r->err, "'%.20s' is not closed by }}", tag);
		if (put_value(r, tag + 2, (size_t)(close - tag - 2), event) < 0)
			return -1;
		tag = close + 2;
	}
	return 0;
}

static int put_events(const struct rendering *r, const char *text, size_t len)
{
	for (size_t i = 0; i < r->source->events; i++) {
		if (i > 0 && buffer_append_text(r->out, ",") < 0)
			return no_room(r);
		if (put_tags(r, text, len, i) < 0)
			return -1;
	}
	return 0;
}

int template_render(const char *text, const struct template_source *source, template_escape *escape,
	struct buffer *out, struct error *err)
{
	const struct rendering r = { source, escape, out, err };
	for (const char *open; (open = strstr(text, open_events));) {
		const char *inner = open + sizeof open_events - 1;
		const char *close = strstr(inner, close_events);
		if (!close)
			return error_set(err, "%s is not closed by %s", open_events, close_events);
		if (put_tags(&r, text, (size_t)(open - text), TEMPLATE_ALL) < 0 ||
			put_events(&r, inner, (size_t)(close - inner)) < 0)
			return -1;
		text = close + sizeof close_events - 1;
	}
	return put_tags(&r, text, strlen(text), TEMPLATE_ALL);
}
