#include "tests/unit/folder_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/fleet-unit.XXXXXX";

int rig_enter(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

int rig_leave(void **state)
{
	(void)state;
	char command[64];
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

const char *rig_folder(void)
{
	return folder;
}

void rig_run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}
