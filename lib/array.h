#ifndef FLEET_ARRAY_H
#define FLEET_ARRAY_H

#include <stddef.h>

#include "lib/compiler.h"

/*
 * Arrays on the heap that grow as items come, in a time that does not depend on how many there are:
 *
 *	struct thing *items = array_reserve(a->items, a->count + 1, &a->size, sizeof *items);
 *	if (!items)
 *		return -1;
 *	a->items = items;
 *	a->items[a->count++] = new;
 */

/* Room for `count` items (1 or more) in an array that has it for `*size`; `items` is NULL while
 * that is 0. Returns the array, which may have moved. NULL without memory: then it is as it was. */
void *array_reserve(void *items, size_t count, size_t *size, size_t item_size) MUST_CHECK;

#endif
