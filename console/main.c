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
	{ "check", "[--connect] [--mail]", "tries what a run needs, part by part", cmd_check },
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
	fputs("\n  fleet -h, --help; fleet COMMAND --help; fleet --version\n"
	      "\nWithout -c: ./config.xml, then /etc/fleet-health/config.xml.\n"
	      "Exit codes are those of sysexits(3).\n",
		out);
}

static bool is_help(const char *argument)
{
	return strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0;
}

static int run_command(
	const struct command *command, const char *config_path, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (is_help(argv[i])) {
			printf("usage: fleet [-c FILE] %s %s\n\n  %s\n", command->name,
				command->arguments, command->help);
			return EX_OK;
		}
	struct error err;
	if (seal_init(&err) != 0) {
		log_error("%s", err.text);
		return EX_SOFTWARE;
	}
	return command->run(config_path, argc, argv);
}

static int run(const char *config_path, int argc, char **argv)
{
	if (argc == 0) {
		print_help(stderr);
		return EX_USAGE;
	}
	if (is_help(argv[0])) {
		print_help(stdout);
		return EX_OK;
	}
	if (strcmp(argv[0], "--version") == 0) {
		puts("fleet " FLEET_VERSION);
		return EX_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			return run_command(&commands[i], config_path, argc, argv);
	log_error("there is no command '%s'; see fleet --help", argv[0]);
	return EX_USAGE;
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
	int status = run(config_path, argc - at, argv + at);
	int told = program_told();
	return status != EX_OK ? status : told;
}
