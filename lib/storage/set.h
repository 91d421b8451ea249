#ifndef FLEET_STORAGE_SET_H
#define FLEET_STORAGE_SET_H

#include "lib/storage/private.h"

/*
 * What a reading function gives out: an array, the readings that its rows point into, and the
 * strings of both; freed together.
 */
struct set {
	struct arena strings;
	struct buffer items;
	struct buffer readings; /* struct stored_reading */
	bool has_failed;	/* without memory */
};

void set_destroy(struct set *set);

/* Forgets everything: the work begins again. */
void set_clear(struct set *set);

/* Runs `work` with `arg`, as storage_read() does, to fill a new set, which stands at *ret_set
 * before and, if that went well, after. */
int set_read(struct storage *s, storage_work *work, void *arg, struct set **ret_set,
	struct error *err) MUST_CHECK;

/* A copy of a column's text; "" without memory, then has_failed. */
const char *set_text(struct set *set, const struct db_value *value);

void set_add(struct set *set, const void *item, size_t size);
void set_add_reading(struct set *set, const struct db_value *row); /* metric, instance, value */

/* -1 when something above had no memory. */
int set_check(const struct set *set, struct error *err) MUST_CHECK;

#endif
