#include "remote/arena.h"

#include <stdalign.h>
#include <sys/mman.h>

int arena_init(struct arena *a, size_t size)
{
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return -1;
	*a = (struct arena){ .data = data, .size = size };
	return 0;
}

void *arena_take(struct arena *a, size_t len)
{
	size_t align = alignof(max_align_t);
	if (len > a->size - a->used)
		return NULL;
	void *data = a->data + a->used;
	size_t padded = (len + align - 1) / align * align;
	a->used += padded < a->size - a->used ? padded : a->size - a->used;
	return data;
}
