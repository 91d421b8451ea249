/*
 * fleet: keys, trust, checks, status and alerts for the administrator. The table below is the whole
 * of its dispatch and of its help.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "console/console.h"
#include "lib/log.h"
#include "lib/process.h"

static const struct command commands[] = {
	{ "alerts", "[COMMAND]", "what fires, and what is done about it; see fleet alerts --help",
		NULL, &alerts_commands },
	{ "check", "[--connect] [--mail]", "tries what a run needs, part by part", cmd_check,
		NULL },
	{ "forget", "[--local] CLIENT", "clears a client, and what is stored here about it",
		cmd_forget, NULL },
	{ "init", "[DIR]", "makes configuration, keys and tables where they are missing", cmd_init,
		NULL },
	{ "keygen", "[--rotate]", "makes the server's key, or a new one beside the old", cmd_keygen,
		NULL },
	{ "metrics", "[--json] [CLIENT]", "every metric, and what is stored of it", cmd_metrics,
		NULL },
	{ "show", "[--raw] CLIENT", "the last report of a client, whole", cmd_show, NULL },
	{ "status", "[--programs] [--json]", "how every client is, or how the programs keep up",
		cmd_status, NULL },
	{ "trust", "[--replace] CLIENT...|--all", "records the host keys of clients", cmd_trust,
		NULL },
};

static const struct command_set all = {
	.prefix = "",
	.items = commands,
	.count = ARRAY_LEN(commands),
	.notes = "  fleet -h, --help; fleet COMMAND --help; fleet --version\n"
		 "\nWithout -c: ./config.xml, then /etc/fleet-health/config.xml.\n"
		 "Exit codes are those of sysexits(3).\n",
};

/* argv[0] is the program's name still. */
static int run(const char *config_path, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("fleet " FLEET_VERSION);
		return EX_OK;
	}
	return commands_run(&all, config_path, argc, argv);
}

int main(int argc, char **argv)
{
	const char *config_path = NULL;
	process_prepare();
	log_setup("fleet", LOG_WARNING);
	int at = 1;
	if (at < argc && strcmp(argv[at], "-c") == 0) {
		config_path = at + 1 < argc ? argv[at + 1] : NULL;
		at += 2;
	}
	if (at > argc) {
		log_error("-c names no file; write: fleet -c FILE COMMAND");
		return EX_USAGE;
	}
	int status = run(config_path, argc - at + 1, argv + at - 1);
	int told = program_told();
	return status != EX_OK ? status : told;
}
