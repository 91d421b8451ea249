/*
 * fleet: keys, trust, checks and status for the administrator. The table below is the whole
 * of its dispatch and of its help.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "console/console.h"
#include "lib/log.h"
#include "lib/process.h"

static const struct command commands[] = {
	{ "check", "[--connect] [--mail]", "tries configuration, keys, database, clients, mail",
		cmd_check },
	{ "forget", "[--local] CLIENT", "clears a client, and what is stored here about it",
		cmd_forget },
	{ "init", "[DIR]", "makes configuration, keys and tables where they are missing",
		cmd_init },
	{ "keygen", "[--rotate]", "makes the server's key, or a new one beside the old",
		cmd_keygen },
	{ "status", "[--json]", "how every client is", cmd_status },
	{ "trust", "[--replace] CLIENT...|--all", "records the host keys of clients", cmd_trust },
};

static void print_help(FILE *out)
{
	fputs("usage: fleet [-c FILE] COMMAND [ARGUMENT...]\n\n", out);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  fleet %-6s %-28s %s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
	fputs("\nWithout -c: ./config.xml, then /etc/fleet-health/config.xml.\n"
	      "Exit codes are those of sysexits(3).\n",
		out);
}

static int run_command(const char *config_path, int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			return commands[i].run(config_path, argc, argv);
	log_error("there is no command '%s'; see fleet --help", argv[0]);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	const char *config_path = NULL;
	process_prepare();
	log_setup("fleet", LOG_WARNING);
	int at = 1;
	if (at + 1 < argc && strcmp(argv[at], "-c") == 0) {
		config_path = argv[at + 1];
		at += 2;
	}
	if (at < argc && (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)) {
		print_help(stdout);
		return EX_OK;
	}
	if (at < argc && strcmp(argv[at], "--version") == 0) {
		puts("fleet " FLEET_VERSION);
		return EX_OK;
	}
	if (at == argc) {
		print_help(stderr);
		return EX_USAGE;
	}
	struct error err;
	if (seal_init(&err) != 0) {
		log_error("%s", err.text);
		return EX_SOFTWARE;
	}
	int status = run_command(config_path, argc - at, argv + at);
	if (fflush(stdout) != 0 && status == EX_OK)
		status = EX_IOERR;
	return status;
}
