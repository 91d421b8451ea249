#include "lib/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 64 * 1024 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) char data[];
};

static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
	size_t size = need > CHUNK_SIZE ? need : CHUNK_SIZE;
	struct arena_chunk *c = calloc(1, sizeof *c + size);
	if (!c)
		return NULL;
	c->size = size;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t unit = alignof(max_align_t);
	if (size > (size_t)-1 / 2)
		return NULL;
	size = (size + unit - 1) / unit * unit;
	struct arena_chunk *c = a->chunks;
	if (!c || c->size - c->used < size)
		c = add_chunk(a, size);
	if (!c)
		return NULL;
	void *p = c->data + c->used;
	c->used += size;
	return p;
}

char *arena_copy(struct arena *a, const void *data, size_t len)
{
	char *copy = len < (size_t)-1 ? arena_alloc(a, len + 1) : NULL;
	if (copy && len)
		memcpy(copy, data, len);
	return copy;
}

void arena_finish(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;
		a->chunks = c->next;
		explicit_bzero(c->data, c->used);
		free(c);
	}
}
