#include "lib/ssh/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct memory_block {
	struct memory_block *prev, *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

/* About what malloc(3) adds, too: a host may ask for very many very small blocks. */
enum { BESIDE = sizeof(struct memory_block) + 16 };

static struct memory_block *block_of(void *p)
{
	return (struct memory_block *)((char *)p - offsetof(struct memory_block, data));
}

static void *refuse(struct memory *m, enum memory_lack lack)
{
	if (!m->lack)
		m->lack = lack;
	return NULL;
}

void *memory_alloc(struct memory *m, size_t size)
{
	if (size > m->max || size + BESIDE > m->max - m->used)
		return refuse(m, MEMORY_SPENT);
	struct memory_block *b = malloc(sizeof *b + size);
	if (!b)
		return refuse(m, MEMORY_STARVED);
	*b = (struct memory_block){ .next = m->blocks, .size = size };
	if (b->next)
		b->next->prev = b;
	m->blocks = b;
	m->used += size + BESIDE;
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
	m->used -= b->size + BESIDE;
	if (m->is_secret)
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
