#include "lib/ssh/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct memory_block {
	struct memory_block *prev, *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

static struct memory_block *block_of(void *p)
{
	return (struct memory_block *)((char *)p - offsetof(struct memory_block, data));
}

void *memory_alloc(struct memory *m, size_t size)
{
	if (size > m->max || m->used > m->max - size)
		return NULL;
	struct memory_block *b = malloc(sizeof *b + size);
	if (!b)
		return NULL;
	*b = (struct memory_block){ .next = m->blocks, .size = size };
	if (b->next)
		b->next->prev = b;
	m->blocks = b;
	m->used += size;
	return b->data;
}

void memory_free(struct memory *m, void *p)
{
	if (!p)
		return;
	struct memory_block *b = block_of(p);
	if (b->prev)
		b->prev->next = b->next;
	else
		m->blocks = b->next;
	if (b->next)
		b->next->prev = b->prev;
	m->used -= b->size;
	explicit_bzero(b->data, b->size);
	free(b);
}

void *memory_realloc(struct memory *m, void *p, size_t size)
{
	void *bigger = memory_alloc(m, size);
	if (!bigger || !p)
		return bigger;
	size_t old = block_of(p)->size;
	memcpy(bigger, p, old < size ? old : size);
	memory_free(m, p);
	return bigger;
}

void memory_finish(struct memory *m)
{
	while (m->blocks)
		memory_free(m, m->blocks->data);
}
