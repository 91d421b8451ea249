/*
 * The handle: opening, and the one loop through which every transaction goes.
 */
#include "lib/storage/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/storage/private.h"

enum {
	PATIENCE_MS = 10000, /* with locks and deadlocks, in all */
	CONNECTS_MAX = 3,    /* after a lost connection */
	PAUSE_MAX_MS = 100,
};

/* Longer every time, and never the same for two programs that met. */
static void pause_after(int tries)
{
	uint8_t noise = 0;
	(void)!getrandom(&noise, 1, GRND_NONBLOCK);
	int longest = tries < 6 ? 4 << tries : PAUSE_MAX_MS;
	long ms = 1 + longest * (64 + noise) / (64 + UINT8_MAX);
	struct timespec t = { .tv_nsec = ms * 1000000 };
	(void)nanosleep(&t, NULL);
}

static void disconnect(struct storage *s)
{
	if (s->db)
		s->driver->close(s->db);
	s->db = NULL;
}

static int connect_once(struct storage *s, bool create, enum db_fault *ret_fault, struct error *err)
{
	if (s->driver->open(s->config, create, &s->db, ret_fault, err))
		return -1;
	(void)snprintf(s->description, sizeof s->description, "%s", s->db->description);
	if (watch_connect(s, err)) {
		*ret_fault = s->db->fault;
		disconnect(s);
		return -1;
	}
	return 0;
}

/* One run of a transaction, on a new connection when there is none. */
static int run_once(struct storage *s, bool write, storage_work *work, void *arg,
	enum db_fault *ret_fault, struct error *err)
{
	if (!s->db && connect_once(s, false, ret_fault, err))
		return -1;
	s->db->fault = DB_FATAL; /* for failures that are not the database's */
	int rc = s->driver->begin(s->db, write, err);
	if (rc == 0) {
		rc = work(s, arg, err);
		if (rc == 0 && s->driver->commit(s->db, err))
			rc = -1;
		if (rc != 0)
			s->driver->rollback(s->db);
	}
	if (rc != 0) {
		cache_clear(&s->cache);
		watch_unload(&s->watch);
	}
	*ret_fault = s->db->fault;
	if (rc < 0 && *ret_fault == DB_LOST)
		disconnect(s);
	return rc;
}

static int run(struct storage *s, bool write, storage_work *work, void *arg, struct error *err)
{
	int lost = 0;
	int64_t end = clock_monotonic_ms() + PATIENCE_MS;
	for (int tries = 1;; tries++) {
		enum db_fault fault;
		int rc = run_once(s, write, work, arg, &fault, err);
		s->has_failed = rc < 0;
		if (rc >= 0)
			return rc;
		lost += fault == DB_LOST;
		if (fault == DB_FATAL || clock_monotonic_ms() >= end || lost >= CONNECTS_MAX)
			return error_context(err, "%s", s->description);
		pause_after(tries);
	}
}

int storage_write(struct storage *s, storage_work *work, void *arg, struct error *err)
{
	return run(s, true, work, arg, err);
}

int storage_read(struct storage *s, storage_work *work, void *arg, struct error *err)
{
	return run(s, false, work, arg, err);
}

bool storage_has_failed(const struct storage *s)
{
	return s->has_failed;
}

static int connect_patiently(struct storage *s, bool create, struct error *err)
{
	int64_t end = clock_monotonic_ms() + PATIENCE_MS;
	for (int tries = 1;; tries++) {
		enum db_fault fault;
		if (connect_once(s, create, &fault, err) == 0)
			return 0;
		if (fault != DB_RETRY || clock_monotonic_ms() >= end)
			return -1;
		pause_after(tries);
	}
}

int storage_open(const struct storage_config *config, bool migrate, struct storage **ret_storage,
	struct error *err)
{
	struct storage *s = calloc(1, sizeof *s);
	if (!s)
		return error_no_memory(err);
	s->config = config;
	s->driver = config->engine == STORAGE_MARIADB ? &mariadb_driver : &sqlite_driver;
	if (connect_patiently(s, migrate, err) ||
		(migrate ? migrate_run(s, err) : migrate_check(s, err))) {
		storage_close(s);
		return -1;
	}
	*ret_storage = s;
	return 0;
}

void storage_close(struct storage *s)
{
	if (!s)
		return;
	cache_clear(&s->cache);
	watch_finish(&s->watch);
	disconnect(s);
	free(s);
}

const char *storage_describe(const struct storage *s)
{
	return s->description;
}
