/*
 * What the client sends, as a small machine: one function a state takes bytes, one function a
 * line takes words. The bytes are hostile; whatever does not fit ends the conversation.
 */
#include "lib/wire/wire.h"

#include <string.h>

#include "lib/wire/wire_value.h"

enum { TAG_LEN = sizeof WIRE_TAG - 1 };

/* Cuts `line` at single spaces. Returns how many words there are, or 0 when there are more
 * than `max` or an empty one. */
static size_t split(char *line, char **words, size_t max)
{
	size_t count = 0;
	for (char *at = line; at;) {
		char *space = strchr(at, ' ');
		if (count == max || space == at || !*at)
			return 0;
		words[count++] = at;
		at = space ? space + 1 : NULL;
		if (space)
			*space = 0;
	}
	return count;
}

void wire_parser_init(struct wire_parser *p, uint32_t files_max, uint32_t bytes_max)
{
	*p = (struct wire_parser){ .files_max = files_max, .bytes_max = bytes_max };
}

static void broken(struct wire_parser *p, struct wire_event *ev, bool too_large, const char *why)
{
	p->state = WIRE_BROKEN;
	p->too_large = too_large;
	p->why = why;
	*ev = (struct wire_event){ .type = WIRE_BAD, .text = why, .too_large = too_large };
}

static void count_noise(struct wire_parser *p, size_t len, struct wire_event *ev)
{
	p->noise += len;
	if (p->noise > WIRE_NOISE_MAX)
		broken(p, ev, true, "too much that is not of the protocol");
}

static int on_need(struct wire_parser *p, char *args, struct wire_event *ev)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-";
	if (p->files || !*args || strlen(args) > 64 || args[strspn(args, allowed)])
		return -1;
	*ev = (struct wire_event){ .type = WIRE_NEED, .text = args };
	return 0;
}

static int on_ready(struct wire_parser *p, char *args, struct wire_event *ev)
{
	if (p->files || *args)
		return -1;
	*ev = (struct wire_event){ .type = WIRE_READY };
	return 0;
}

static int on_file(struct wire_parser *p, char *args, struct wire_event *ev)
{
	char *words[4];
	struct wire_event e = { .type = WIRE_FILE };
	if (split(args, words, 4) != 4 || wire_parse_u32(words[0], &e.index) < 0 ||
		wire_parse_key_id(words[1], &e.key_id) < 0 ||
		wire_parse_u32(words[2], &e.length) < 0)
		return -1;
	e.unspooled = strcmp(words[3], "unspooled") == 0;
	if ((!e.unspooled && strcmp(words[3], "spooled") != 0) || e.index != p->files ||
		e.length == 0)
		return -1;
	if (p->files == p->files_max || e.length > WIRE_FILE_MAX ||
		e.length > p->bytes_max - p->bytes) {
		broken(p, ev, true, "more files or bytes than allowed");
		return 0;
	}
	p->files++;
	p->bytes += e.length;
	p->length = p->left = e.length;
	p->state = WIRE_IN_FILE;
	*ev = e;
	return 0;
}

static int on_end(struct wire_parser *p, char *args, struct wire_event *ev)
{
	char *words[2];
	struct wire_event e = { .type = WIRE_END, .length = p->length };
	if (split(args, words, 2) != 2 || wire_parse_u32(words[0], &e.index) < 0 ||
		e.index + 1 != p->files || !wire_is_hex(words[1], 32))
		return -1;
	e.text = words[1];
	p->state = WIRE_AT_LINE;
	*ev = e;
	return 0;
}

static int on_error(struct wire_parser *p, char *args, struct wire_event *ev)
{
	size_t len = strspn(args, "abcdefghijklmnopqrstuvwxyz-");
	if (len == 0 || (args[len] && args[len] != ' '))
		return -1;
	const char *detail = args[len] ? args + len + 1 : "";
	args[len] = 0;
	p->state = WIRE_OVER;
	*ev = (struct wire_event){ .type = WIRE_FAILED, .text = args, .detail = detail };
	return 0;
}

static int on_done(struct wire_parser *p, char *args, struct wire_event *ev)
{
	struct wire_event e = { .type = WIRE_DONE };
	if (wire_parse_u32(args, &e.files) < 0 || e.files != p->files)
		return -1;
	p->state = WIRE_OVER;
	*ev = e;
	return 0;
}

/* One row a line of the client's; a line is taken in the state of its row only. */
static const struct {
	const char *verb;
	enum wire_state state;
	int (*take)(struct wire_parser *p, char *args, struct wire_event *ev);
} verbs[] = {
	{ "done", WIRE_AT_LINE, on_done },
	{ "end", WIRE_AT_END, on_end },
	{ "error", WIRE_AT_LINE, on_error },
	{ "file", WIRE_AT_LINE, on_file },
	{ "need", WIRE_AT_LINE, on_need },
	{ "ready", WIRE_AT_LINE, on_ready },
};

static void dispatch(struct wire_parser *p, struct wire_event *ev)
{
	char *verb = p->line + TAG_LEN;
	size_t len = strcspn(verb, " ");
	char *args = verb + len + (verb[len] == ' ');
	bool is_text = strlen(p->line) == p->line_len;
	verb[len] = 0;
	for (size_t i = 0; is_text && i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].verb, verb) == 0 && verbs[i].state == p->state &&
			verbs[i].take(p, args, ev) == 0)
			return;
	broken(p, ev, false, "a malformed or misplaced line");
}

/* A whole line, or the start of one, turned out not to be ours. */
static void not_ours(struct wire_parser *p, size_t len, struct wire_event *ev)
{
	if (p->state == WIRE_AT_END)
		broken(p, ev, false, "something else in place of a file's end");
	else
		count_noise(p, len, ev);
}

static void end_line(struct wire_parser *p, struct wire_event *ev)
{
	p->line[p->line_len] = 0;
	if (p->line_len < TAG_LEN)
		not_ours(p, p->line_len + 1, ev);
	else
		dispatch(p, ev);
	p->line_len = 0;
}

static size_t take_line(struct wire_parser *p, const char *in, size_t len, struct wire_event *ev)
{
	for (size_t n = 0; n < len; n++) {
		if (in[n] == '\n') {
			end_line(p, ev);
			return n + 1;
		}
		if (p->line_len == WIRE_LINE_MAX) {
			broken(p, ev, true, "a line that is too long");
			return n;
		}
		p->line[p->line_len++] = in[n];
		if (p->line_len <= TAG_LEN && in[n] != WIRE_TAG[p->line_len - 1]) {
			if (p->state == WIRE_AT_LINE)
				p->state = WIRE_IN_NOISE;
			not_ours(p, p->line_len, ev);
			p->line_len = 0;
			return n + 1;
		}
	}
	return len;
}

static size_t take_noise(struct wire_parser *p, const char *in, size_t len, struct wire_event *ev)
{
	const char *end = p->state == WIRE_OVER ? NULL : memchr(in, '\n', len);
	size_t n = end ? (size_t)(end - in) + 1 : len;
	if (end)
		p->state = WIRE_AT_LINE;
	count_noise(p, n, ev);
	return n;
}

static size_t take_file(struct wire_parser *p, const char *in, size_t len, struct wire_event *ev)
{
	uint32_t n = len < p->left ? (uint32_t)len : p->left;
	p->left -= n;
	if (p->left == 0)
		p->state = WIRE_AFTER_FILE;
	*ev = (struct wire_event){
		.type = WIRE_DATA, .index = p->files - 1, .data = in, .length = n
	};
	return n;
}

static size_t take_newline(struct wire_parser *p, const char *in, size_t len, struct wire_event *ev)
{
	(void)len;
	p->state = WIRE_AT_END;
	if (*in != '\n')
		broken(p, ev, false, "a file longer than announced");
	return 1;
}

static size_t take_nothing(struct wire_parser *p, const char *in, size_t len, struct wire_event *ev)
{
	(void)in;
	broken(p, ev, p->too_large, p->why);
	return len;
}

size_t wire_parse(struct wire_parser *p, const char *in, size_t len, struct wire_event *ret_event)
{
	static size_t (*const takes[])(
		struct wire_parser *, const char *, size_t, struct wire_event *) = {
		[WIRE_AT_LINE] = take_line,
		[WIRE_IN_NOISE] = take_noise,
		[WIRE_IN_FILE] = take_file,
		[WIRE_AFTER_FILE] = take_newline,
		[WIRE_AT_END] = take_line,
		[WIRE_OVER] = take_noise,
		[WIRE_BROKEN] = take_nothing,
	};
	size_t used = 0;
	*ret_event = (struct wire_event){ .type = WIRE_MORE };
	while (used < len && ret_event->type == WIRE_MORE)
		used += takes[p->state](p, in + used, len - used, ret_event);
	return used;
}
