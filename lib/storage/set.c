#include "lib/storage/set.h"

#include <stdlib.h>

void set_clear(struct set *set)
{
	arena_finish(&set->strings);
	buffer_finish(&set->items);
	buffer_finish(&set->readings);
	set->has_failed = false;
}

void set_destroy(struct set *set)
{
	if (!set)
		return;
	set_clear(set);
	free(set);
}

int set_read(
	struct storage *s, storage_work *work, void *arg, struct set **ret_set, struct error *err)
{
	*ret_set = calloc(1, sizeof **ret_set);
	if (!*ret_set)
		return error_no_memory(err);
	if (storage_read(s, work, arg, err) == 0)
		return 0;
	set_destroy(*ret_set);
	return -1;
}

const char *set_text(struct set *set, const struct db_value *value)
{
	if (value->type == DB_NULL || value->len == 0)
		return "";
	const char *copy = arena_copy(&set->strings, value->p, value->len);
	if (copy)
		return copy;
	set->has_failed = true;
	return "";
}

void set_add(struct set *set, const void *item, size_t size)
{
	if (buffer_append(&set->items, item, size))
		set->has_failed = true;
}

void set_add_reading(struct set *set, const struct db_value *row)
{
	struct stored_reading r = { 0, set_text(set, &row[0]), set_text(set, &row[1]),
		db_get_real(&row[2]) };
	if (buffer_append(&set->readings, &r, sizeof r))
		set->has_failed = true;
}

int set_check(const struct set *set, struct error *err)
{
	return set->has_failed ? error_no_memory(err) : 0;
}
