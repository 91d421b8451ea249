/*
 * fleet-helper: the processes of a collector run, see helper.h. A program of its own, so that
 * those who meet the bytes of strangers have nothing in them that they do not need: no XML, no
 * database, no configuration.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "collector/helper/helper.h"

int main(int argc, char **argv)
{
	static int (*const mains[])(void) = {
		[ROLE_POLLER] = poller_main,
		[ROLE_RESOLVER] = resolver_main,
		[ROLE_SIGNER] = signer_main,
	};
	for (size_t i = 0; argc == 2 && i < ARRAY_LEN(mains); i++)
		if (mains[i] && strncmp(argv[1], "--", 2) == 0 &&
			strcmp(argv[1] + 2, role_name((enum role)i)) == 0)
			return mains[i]();
	(void)fputs("fleet-helper: this is for fleet-collector to start\n", stderr);
	return EX_USAGE;
}
