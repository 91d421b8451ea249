/*
 * fleet-heartbeat: what a run of the collector ends as, see heartbeat.h.
 */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/process.h"
#include "lib/program.h"

int main(void)
{
	char url[4096];
	(void)process_setup();
	log_setup("fleet-collector", LOG_WARNING);
	ssize_t len = read(STDIN_FILENO, url, sizeof url - 1);
	if (len <= 0) {
		(void)fputs("fleet-heartbeat: this is for fleet-collector to start\n", stderr);
		return EX_USAGE;
	}
	url[len] = 0;
	program_heartbeat(url);
	return EX_OK;
}
