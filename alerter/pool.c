#include "alerter/pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

enum { BLOCK_BYTES = 64 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct pool_block {
	struct pool_block *next;
	size_t used, size;
	max_align_t bytes[];
};

void pool_finish(struct pool *p)
{
	while (p->blocks) {
		struct pool_block *next = p->blocks->next;
		free(p->blocks);
		p->blocks = next;
	}
}

void *pool_alloc(struct pool *p, size_t size)
{
	if (size > SIZE_MAX / 4)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct pool_block *b = p->blocks;
	if (!b || b->size - b->used < size) {
		size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
		b = calloc(1, sizeof *b + bytes);
		if (!b)
			return NULL;
		b->size = bytes;
		b->next = p->blocks;
		p->blocks = b;
	}
	void *at = (char *)b->bytes + b->used;
	b->used += size;
	return at;
}

const char *pool_text(struct pool *p, const char *text)
{
	size_t len = strlen(text);
	char *copy = pool_alloc(p, len + 1);
	return copy ? memcpy(copy, text, len + 1) : NULL;
}

const char *pool_printf(struct pool *p, const char *fmt, ...)
{
	char raw[1024], safe[1024];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof raw, fmt, ap);
	va_end(ap);
	(void)escape_text(safe, sizeof safe, raw, strlen(raw));
	return pool_text(p, safe);
}
