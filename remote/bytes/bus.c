#include "remote/bytes/bus.h"

#include <string.h>

enum { METHOD_RETURN = 2, ERROR = 3, REPLY_SERIAL = 5 /* a field */, HEADER_SIZE = 16 };

static bool skip_to(struct bus_part *r, size_t to)
{
	size_t at = (r->at + to - 1) / to * to;
	if (at > r->end)
		return false;
	r->at = at;
	return true;
}

static uint32_t u32_at(const char *at, bool is_big)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < 4; i++)
		value = value << 8 | (unsigned char)at[is_big ? i : 3 - i];
	return value;
}

static bool take_u32(struct bus_part *r, uint32_t *ret_value)
{
	if (!skip_to(r, 4) || r->end - r->at < 4)
		return false;
	*ret_value = u32_at(r->start + r->at, r->is_big);
	r->at += 4;
	return true;
}

static bool take_bytes(struct bus_part *r, size_t len, struct span *ret_bytes)
{
	if (len >= r->end - r->at || r->start[r->at + len] != 0)
		return false;
	*ret_bytes = (struct span){ r->start + r->at, len };
	r->at += len + 1;
	return true;
}

/* 'g': the signature of something else */
static bool take_signature(struct bus_part *r, struct span *ret_signature)
{
	if (r->at == r->end)
		return false;
	return take_bytes(r, (unsigned char)r->start[r->at++], ret_signature);
}

static bool take_value(struct bus_part *r, char type, struct bus_value *v)
{
	uint32_t len;
	switch (type) {
	case 'g':
		return take_signature(r, &v->text);
	case 'o':
	case 's':
		return take_u32(r, &len) && take_bytes(r, len, &v->text);
	case 'u':
		return take_u32(r, &v->number);
	default:
		return false;
	}
}

/* One of the few types that there can be. */
static bool take_variant(struct bus_part *r, struct bus_value *ret_value)
{
	struct span signature;
	struct bus_value v = { .type = 0 };
	if (!take_signature(r, &signature) || signature.len != 1 ||
		!take_value(r, *signature.at, &v))
		return false;
	v.type = *signature.at;
	*ret_value = v;
	return true;
}

/* Which call a message answers; 0: none. */
static uint32_t find_reply_serial(struct bus_part fields)
{
	struct bus_value value;
	while (skip_to(&fields, 8) && fields.at < fields.end) {
		char code = fields.start[fields.at++];
		if (!take_variant(&fields, &value))
			return 0;
		if (code == REPLY_SERIAL && value.type == 'u')
			return value.number;
	}
	return 0;
}

struct message {
	unsigned type;
	struct bus_part fields, body;
	size_t len;
};

enum next { NEXT_MESSAGE, NEXT_MORE, NEXT_BAD };

static enum next parse_message(struct span s, struct message *ret_message)
{
	if (s.len < HEADER_SIZE)
		return NEXT_MORE;
	bool is_big = *s.at == 'B';
	size_t body = u32_at(s.at + 4, is_big), fields = u32_at(s.at + 12, is_big);
	if ((!is_big && *s.at != 'l') || s.at[3] != 1 || body > BUS_MESSAGE_MAX ||
		fields > BUS_MESSAGE_MAX)
		return NEXT_BAD;
	size_t start = (HEADER_SIZE + fields + 7) / 8 * 8;
	if (s.len < start + body)
		return NEXT_MORE;
	ret_message->type = (unsigned char)s.at[1];
	ret_message->fields = (struct bus_part){ s.at, HEADER_SIZE, HEADER_SIZE + fields, is_big };
	ret_message->body = (struct bus_part){ s.at, start, start + body, is_big };
	ret_message->len = start + body;
	return NEXT_MESSAGE;
}

/* Takes "OK …", which is all that may come before the first message. */
static enum next take_greeting(struct span *rest)
{
	struct span line;
	const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
	if (!end)
		return rest->len > BUS_REQUEST_MAX ? NEXT_BAD : NEXT_MORE;
	(void)span_line(rest, &line);
	return span_starts(line, "OK ") ? NEXT_MESSAGE : NEXT_BAD;
}

/* An array of structures (ListUnitsFiltered), which begin at multiples of eight. */
static bool take_units(struct bus_part body, struct bus_value *ret_value)
{
	uint32_t len;
	if (!take_u32(&body, &len) || !skip_to(&body, 8) || len > body.end - body.at)
		return false;
	body.end = body.at + len;
	*ret_value = (struct bus_value){ .type = 'a', .units = body };
	return true;
}

bool bus_next_unit(struct bus_part *units, struct span *ret_name)
{
	static const char types[] = "ssssssouso"; /* the first is the name */
	struct bus_value v, name = { .type = 0 };
	if (!skip_to(units, 8) || units->at == units->end)
		return false;
	for (size_t i = 0; types[i]; i++) {
		if (!take_value(units, types[i], &v))
			return false;
		name = i == 0 ? v : name;
	}
	*ret_name = name.text;
	return true;
}

/* Which question it answers, or BUS_QUESTIONS. */
static size_t question_of(const struct message *m)
{
	uint32_t serial = find_reply_serial(m->fields);
	bool is_reply = m->type == METHOD_RETURN || m->type == ERROR;
	bool is_ours = serial >= BUS_FIRST_SERIAL && serial < BUS_FIRST_SERIAL + BUS_QUESTIONS;
	return is_reply && is_ours ? serial - BUS_FIRST_SERIAL : BUS_QUESTIONS;
}

bool bus_answers(struct span received, struct bus_value ret_values[static BUS_QUESTIONS])
{
	bool done[BUS_QUESTIONS] = { false };
	size_t left = BUS_QUESTIONS;
	struct message m;
	memset(ret_values, 0, BUS_QUESTIONS * sizeof *ret_values);
	enum next next = take_greeting(&received);
	while (next == NEXT_MESSAGE && left > 0 &&
		(next = parse_message(received, &m)) == NEXT_MESSAGE) {
		size_t question = question_of(&m);
		received = (struct span){ received.at + m.len, received.len - m.len };
		if (question == BUS_QUESTIONS || done[question])
			continue;
		if (m.type == METHOD_RETURN && question == BUS_FAILED_UNITS)
			(void)take_units(m.body, &ret_values[question]);
		else if (m.type == METHOD_RETURN)
			(void)take_variant(&m.body, &ret_values[question]);
		done[question] = true;
		left--;
	}
	return left == 0 || next == NEXT_BAD;
}
