#include "lib/storage/driver.h"
static int no(const struct storage_config *c, bool create, struct db **d, enum db_fault *f,
	struct error *err)
{
	(void)c;
	(void)create;
	(void)d;
	*f = DB_FATAL;
	return error_set(err, "MariaDB: not built in yet");
}
const struct driver mariadb_driver = { .engine = STORAGE_MARIADB, .open = no };
