/*
 * What a client sends. The events must be the same however the bytes are cut, stay within the
 * caps, and end for good with the first that is bad.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/wire/wire.h"

enum { FILES_MAX = 3, BYTES_MAX = 1000 };

/* What is compared between two ways of cutting. */
struct trace {
	uint64_t hash;
	size_t bytes; /* of the file under way */
	uint32_t expected;
	bool is_bad;
};

static void mix(struct trace *t, const void *data, size_t len)
{
	const unsigned char *at = data;
	for (size_t i = 0; i < len; i++)
		t->hash = (t->hash ^ at[i]) * 0x100000001b3;
}

static void mix_text(struct trace *t, const char *text)
{
	if (text)
		mix(t, text, strlen(text) + 1);
}

static void check(struct trace *t, const struct wire_event *e)
{
	uint32_t numbers[] = { e->type, e->index, e->files };
	if (e->type == WIRE_DATA) {
		t->bytes += e->length;
		assert(e->length > 0 && t->bytes <= t->expected);
		mix(t, e->data, e->length);
		return;
	}
	if (e->type == WIRE_FILE) {
		t->expected = e->length;
		t->bytes = 0;
		assert(e->index < FILES_MAX && e->length > 0 && e->length <= BYTES_MAX);
	}
	if (e->type == WIRE_END)
		assert(t->bytes == t->expected && strlen(e->text) == 32);
	mix(t, numbers, sizeof numbers);
	mix(t, e->key_id.hex, sizeof e->key_id.hex);
	mix_text(t, e->text);
	mix_text(t, e->detail);
}

static uint64_t feed(const char *data, size_t size, size_t step)
{
	struct wire_parser p;
	struct trace t = { .hash = 1 };
	wire_parser_init(&p, FILES_MAX, BYTES_MAX);
	for (size_t at = 0; at < size;) {
		struct wire_event e;
		size_t piece = step < size - at ? step : size - at;
		size_t used = wire_parse(&p, data + at, piece, &e);
		assert(used <= piece && (used > 0 || e.type == WIRE_BAD));
		assert(used == piece || e.type != WIRE_MORE);
		assert(!t.is_bad || e.type == WIRE_BAD);
		if (e.type != WIRE_MORE && !t.is_bad)
			check(&t, &e);
		t.is_bad = e.type == WIRE_BAD;
		at += used + (t.is_bad && used == 0);
	}
	return t.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = feed((const char *)data, size, SIZE_MAX);
	assert(feed((const char *)data, size, 1) == whole);
	assert(feed((const char *)data, size, 5) == whole);
	return 0;
}
