#ifndef FLEET_TESTS_FOLDER_RIG_H
#define FLEET_TESTS_FOLDER_RIG_H

#include "tests/unit/unit.h"

/*
 * A temporary folder, which is also the current one, and a shell in it.
 */
int rig_enter(void **state); /* cmocka group set-up */
int rig_leave(void **state); /* and tear-down */

/* Its absolute path. */
const char *rig_folder(void);

/* A line of shell, which must succeed. */
void rig_run(const char *command);

#endif
