#ifndef FLEET_STORAGE_OPEN_H
#define FLEET_STORAGE_OPEN_H

#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/error.h"

/*
 * Storage in the domain's words. One contract, two engines below it (driver.h): SQLite and
 * MariaDB. All times are UTC milliseconds since 1970; in the tables they are readable
 * DATETIME(3) on MariaDB and ISO 8601 text on SQLite.
 *
 * Every function that writes is one transaction, retried whole (bounded) on deadlock, lock
 * wait and busy; when the commit's fate is unknown it is replayed by key. -1 means nothing
 * was changed, or it is unknown and calling again with the same arguments is safe. Errors
 * name the engine and the file or server; a handle goes on after one, on a new connection
 * when the old one is lost.
 *
 * Text is stored as UTF-8: what is not becomes '?', what is longer than its column is cut, and
 * a blank at the end of a name becomes "\x20" (MariaDB ignores it when it compares). Values
 * that are not finite are not stored as readings, and read back as NAN elsewhere. Times are
 * held to the years 1000 to 9999; 0 means "none" where a comment says so.
 *
 * A struct storage is one connection: open it after any fork, use it from one thread. What a
 * function gives out in a set lives until the set's finish(), independent of the handle.
 */
struct storage;

/* Opens and checks the schema version; `config` must outlive the handle. With `migrate`, creates or
 * upgrades the schema first; without, a missing or older schema is an error that names the command
 * (`fleet init`), and a newer one is refused with both versions named. */
int storage_open(const struct storage_config *config, bool migrate, struct storage **ret_storage,
	struct error *err) MUST_CHECK;
void storage_close(struct storage *s);

/* Whether the last transaction failed: tells a failure of the database from others of who uses
 * it. */
bool storage_has_failed(const struct storage *s);

/* "SQLite 3.40.1, /etc/fleet-health/fleet.db" */
const char *storage_describe(const struct storage *s);

#endif
