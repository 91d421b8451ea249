/*
 * Prints what lib/wire/remote_shell.h makes, for tests that run it under real shells:
 *   remote_command run MACHINE HASH
 *   remote_command forget KEY_ID…
 */
#include <stdio.h>
#include <string.h>

#include "lib/wire/remote_shell.h"

int main(int argc, char **argv)
{
	struct buffer out = { 0 };
	int rc = -1;
	if (argc == 4 && strcmp(argv[1], "run") == 0) {
		struct remote_probe probe = { .machine = argv[2] };
		(void)snprintf(probe.hash, sizeof probe.hash, "%s", argv[3]);
		rc = remote_shell_run(&probe, 1, &out);
	} else if (argc > 1 && strcmp(argv[1], "forget") == 0) {
		rc = remote_shell_forget((const char *const *)argv + 2, (size_t)argc - 2, &out);
	}
	if (rc == 0)
		(void)puts(out.data);
	buffer_finish(&out);
	return rc == 0 ? 0 : 1;
}
