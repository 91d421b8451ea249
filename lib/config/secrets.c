#include "lib/config/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/crypto/guarded.h"

enum { CHUNK_SIZE = 16 * 1024 };

struct secret_chunk {
	struct secret_chunk *next;
	size_t size, used;
	char *data;
};

static struct secret_chunk *add_chunk(struct secrets *s, size_t need)
{
	struct secret_chunk *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->size = need > CHUNK_SIZE ? need : CHUNK_SIZE;
	c->data = guarded_alloc(c->size);
	if (!c->data) {
		free(c);
		return NULL;
	}
	c->next = s->chunks;
	s->chunks = c;
	return c;
}

const char *secrets_add(struct secrets *s, const char *text, size_t len)
{
	if (len >= (size_t)-1 / 2)
		return NULL;
	struct secret_chunk *c = s->chunks;
	if (!c || c->size - c->used < len + 1)
		c = add_chunk(s, len + 1);
	if (!c)
		return NULL;
	char *copy = c->data + c->used;
	memcpy(copy, text, len);
	copy[len] = 0;
	c->used += len + 1;
	return copy;
}

void secrets_finish(struct secrets *s)
{
	while (s->chunks) {
		struct secret_chunk *c = s->chunks;
		s->chunks = c->next;
		guarded_free(c->data);
		free(c);
	}
}
