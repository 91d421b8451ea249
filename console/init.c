/*
 * fleet init: everything that must be there before the first run, made where it is missing;
 * nothing that is there is replaced. Running it again after an update brings the tables to
 * the schema of this version.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "console/console.h"
#include "lib/file.h"
#include "lib/log.h"

static const char starter[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<!-- Fleet Health. Every element and attribute is explained in config.xml.example. -->\n"
	"<config>\n"
	"  <!-- Whom to watch: put your machines in and take the group out of this comment.\n"
	"       `ssh-keygen -t ed25519 -f id_ed25519` makes the identity. Then run `fleet trust`\n"
	"       and `fleet check`; both explain themselves.\n"
	"\n"
	"  <group name=\"servers\" username=\"monitor\" identity=\"id_ed25519\">\n"
	"    <alert type=\"cpu\" limit=\"95%\" for=\"10m\"/>\n"
	"    <alert type=\"memory\" limit=\"90%\" clear=\"85%\"/>\n"
	"    <alert type=\"disk\" limit=\"90%\" clear=\"88%\"/>\n"
	"    <client name=\"web1\" ip=\"192.0.2.10\"/>\n"
	"  </group>\n"
	"  -->\n"
	"</config>\n";

/* Says what was made; what was there already is not worth a line. */
static int make_config(const char *path, struct error *err)
{
	if (file_is_there(path)) /* then its folder need not be writable */
		return 0;
	if (file_create(path, starter, sizeof starter - 1, 0600, err) != 0)
		return errno == EEXIST ? 0 : -1;
	printf("made %s: put your clients into it\n", path);
	return 0;
}

static int make_keys(const struct collector_config *c, struct error *err)
{
	if (keyring_generate(c->key, c->pub, 0, err) != 0)
		return errno == EEXIST ? 0 : -1;
	printf("made %s and %s: keep a copy of the first in a safe place\n", c->key, c->pub);
	return 0;
}

static int make_spool(const char *path, struct error *err)
{
	if (mkdir(path, 0700) == 0)
		printf("made %s\n", path);
	else if (errno != EEXIST)
		return error_errno(err, "cannot make %s", path);
	return 0;
}

static int make_tables(const struct storage_config *config, struct error *err)
{
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	if (storage_open(config, true, &storage, err) != 0)
		return -1;
	printf("tables are ready: %s\n", storage_describe(storage));
	return 0;
}

/* config.xml in this folder, which is made; on the heap. */
static char *config_path_in(const char *dir, struct error *err)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		(void)error_errno(err, "cannot make %s", dir);
		return NULL;
	}
	char *path = path_join(dir, "config.xml");
	if (!path)
		(void)error_no_memory(err);
	return path;
}

int cmd_init(const char *config_path, int argc, char **argv)
{
	if (argc > 2 || (argc == 2 && (config_path || argv[1][0] == '-')))
		return setup_usage("init", "[DIR]");
	struct error err;
	char *made CLEANUP(path_free) =
		config_path ? NULL : config_path_in(argc == 2 ? argv[1] : ".", &err);
	const char *path = config_path ? config_path : made;
	if (!path || make_config(path, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	struct config *config CLEANUP(config_cleanup) = program_load_config(path, false);
	if (!config)
		return EX_CONFIG;
	if (make_keys(&config->collector, &err) != 0 ||
		make_spool(config->collector.spool, &err) != 0 ||
		make_tables(&config->storage, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	return EX_OK;
}
