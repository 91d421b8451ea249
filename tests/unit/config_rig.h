#ifndef FLEET_TESTS_CONFIG_RIG_H
#define FLEET_TESTS_CONFIG_RIG_H

#include <sys/types.h>

#include "lib/config/config.h"
#include "tests/unit/unit.h"

/*
 * A temporary folder for config.xml and the files it names, which is also the current one.
 */
int rig_make(void **state);   /* cmocka set-up: the folder and the files below */
int rig_remove(void **state); /* and tear-down */
#define CONFIG_TEST(f) cmocka_unit_test_setup_teardown(f, rig_make, rig_remove)

/* The folder's absolute path. */
const char *rig_dir(void);

/* Writes a file there; a folder in its name must exist. */
void rig_put(const char *name, const char *text, mode_t mode);

/* Writes config.xml (0600) and loads it; fails the test when it is refused or warned of. */
struct config *rig_load(const char *xml);

/* Writes config.xml, which must be refused; the caller finishes the problems. */
void rig_refuse(const char *xml, struct config_problems *ret_problems);

/* The one mistake among the problems of this text; warnings are passed over. */
const struct config_problem *rig_only_mistake(const struct config_problems *p, const char *xml);

/* Does it tell what is to be done about it? */
bool rig_says_what_to_do(const char *text);

/* That it is the absolute path of this file in the folder. */
void rig_assert_path(const char *path, const char *name);

/* That these are its texts, with a blank between. */
void rig_assert_list(const char *const *list, const char *expected);

/* What `rig_make` has put there, each 0600: id_ed25519, passphrase, db.password, mail.password,
 * web.password, db-ca.pem, mail-ca.pem, ssh_config; open.password and open.key are 0644; folders
 * clients.d and probes. */

#endif
