#ifndef FLEET_STORAGE_PRIVATE_H
#define FLEET_STORAGE_PRIVATE_H

#include "lib/arena.h"
#include "lib/storage/cache.h"
#include "lib/storage/driver.h"
#include "lib/storage/storage.h"
#include "lib/storage/watch.h"

/*
 * Shared by the files of the façade; nobody else includes it.
 */
struct storage {
	const struct driver *driver;
	const struct storage_config *config;
	struct db *db; /* NULL after a lost connection, until the next call */
	struct cache cache;
	struct watched watch;
	bool has_failed;   /* the last transaction */
	uint64_t refused;  /* readings, by the last storage_put_samples() */
	int64_t forgotten; /* clients, when the cache was filled; see lease_hold() */
	char description[512];
};

/* Work inside one transaction: 0 commits, 1 rolls back without an error, -1 is an error. It
 * may be called several times and must give the same result then. */
typedef int storage_work(struct storage *s, void *arg, struct error *err);

/* Runs `work` in a transaction, again after locks, deadlocks and lost connections (bounded).
 * Returns what the last run of it returned, or -1. */
int storage_write(struct storage *s, storage_work *work, void *arg, struct error *err) MUST_CHECK;
int storage_read(struct storage *s, storage_work *work, void *arg, struct error *err) MUST_CHECK;

/* Schema, see migrate.c. */
int migrate_check(struct storage *s, struct error *err) MUST_CHECK;
int migrate_run(struct storage *s, struct error *err) MUST_CHECK;

/* Partitions, see partitions.c; nothing to do on an engine without them. `floor` is the
 * smallest id that stays. */
int partitions_extend(struct storage *s, int64_t now, struct error *err) MUST_CHECK;
int partitions_drop(
	struct storage *s, uint64_t floor, uint32_t *ret_samples, struct error *err) MUST_CHECK;

/* Deletes samples, and before them their readings. */
int samples_delete(
	struct storage *s, const struct db_value *ids, size_t count, struct error *err) MUST_CHECK;

/* Within a write: 0 when the alerter of this epoch is still the one, else 1 and *ret_lost. It
 * writes, so that two alerters cannot both pass, on one server or on two of a cluster. From then
 * on the cache holds no client that was forgotten. */
int lease_hold(struct storage *s, uint64_t epoch, bool *ret_lost, struct error *err) MUST_CHECK;

/* Text as both engines hold it: valid UTF-8 of at most `max` bytes, the rest cut; what is not
 * UTF-8 becomes '?'. Returns `text` itself when it is so already, else a copy in `a`; NULL
 * without memory. A name must not end with a blank either, which MariaDB ignores when it
 * compares: it becomes "\x20". */
const char *clean_text(struct arena *a, const char *text, size_t max);
const char *clean_name(struct arena *a, const char *text, size_t max);

/* NULL is no text. */
static inline const char *text_or_none(const char *text)
{
	return text ? text : "";
}

/* Most bytes of a column. */
enum {
	CLIENT_MAX = 255,
	RULE_MAX = 255,
	METRIC_MAX = 255,
	INSTANCE_MAX = 400,
	RECIPIENT_MAX = 320,
	HELD_MAX = 1000,
	WHO_MAX = 255,
	WEEKLY_MAX = 255,
	PLACE_MAX = 400,
	ERROR_MAX = 2000,
	TEXT_MAX = 60000,
	BODY_MAX = 1 << 20,
};

#endif
