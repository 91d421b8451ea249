#include "lib/array.h"

#include <stdlib.h>

enum { FIRST = 8 };

void *array_reserve(void *items, size_t count, size_t *size, size_t item_size)
{
	if (count <= *size)
		return items;
	size_t more = *size ? 2 * *size : FIRST;
	if (more < count)
		more = count;
	void *grown = reallocarray(items, more, item_size);
	if (grown)
		*size = more;
	return grown;
}
