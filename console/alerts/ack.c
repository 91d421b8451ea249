/* fleet alerts ack: somebody has taken an alert on, as severe as it is now. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "console/alerts/alerts.h"
#include "lib/clock.h"
#include "lib/log.h"

static int acknowledge(struct storage *storage, uint64_t id, const char *why)
{
	struct error err;
	bool found = false;
	if (storage_acknowledge(storage, id, alerts_who(), why, clock_wall_ms(), &found, &err) != 0)
		return alerts_failed(&err);
	if (!found) {
		log_error("no alert %" PRIu64 " fires; `fleet alerts` shows those that do", id);
		return EX_DATAERR;
	}
	printf("alert %" PRIu64 " is acknowledged by %s\n", id, alerts_who());
	return EX_OK;
}

int alerts_ack(const char *config_path, int argc, char **argv)
{
	const char *why = "";
	char shown[ALERTS_WHY_MAX];
	const struct choice choices[] = { { "--why", .value = &why } };
	uint64_t id;
	argc = commands_options(choices, ARRAY_LEN(choices), argc, argv);
	if (argc < 2)
		return alerts_usage("ack");
	for (int i = 1; i < argc; i++)
		if (!alerts_read_id(argv[i], &id))
			return EX_USAGE;
	if (!alerts_says_why(why))
		return EX_USAGE;
	struct alerts a CLEANUP(alerts_finish) = { 0 };
	int status = alerts_open(&a, config_path);
	for (int i = 1; i < argc && (status == EX_OK || status == EX_DATAERR); i++) {
		int one = alerts_read_id(argv[i], &id)
				  ? acknowledge(a.storage, id, alerts_why(why, shown))
				  : EX_USAGE;
		status = one != EX_OK ? one : status;
	}
	return status;
}
