/* The table of commands as dispatch and as help, and the options of one command. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "console/console.h"
#include "lib/log.h"

static bool is_help(const char *argument)
{
	return strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0;
}

/* One line, or two where much is to be written. */
static void print_command(const struct command_set *set, const struct command *c, FILE *out)
{
	enum { WIDTH = 36 };
	int used = fprintf(out, "  fleet %s%s %s", set->prefix, c->name, c->arguments);
	if (used <= WIDTH)
		fprintf(out, "%*s%s\n", WIDTH - used + 2, "", c->help);
	else
		fprintf(out, "\n%*s%s\n", WIDTH + 2, "", c->help);
}

static void print_help(const struct command_set *set, FILE *out)
{
	fprintf(out, "usage: fleet [-c FILE] %sCOMMAND [ARGUMENT...]\n\n", set->prefix);
	for (size_t i = 0; i < set->count; i++)
		print_command(set, &set->items[i], out);
	fprintf(out, "\n%s", set->notes);
}

static int run_one(const struct command_set *set, const struct command *command,
	const char *config_path, int argc, char **argv)
{
	struct error err;
	if (command->more)
		return commands_run(command->more, config_path, argc, argv);
	for (int i = 1; i < argc; i++)
		if (is_help(argv[i])) {
			printf("usage: fleet [-c FILE] %s%s %s\n\n  %s\n", set->prefix,
				command->name, command->arguments, command->help);
			return EX_OK;
		}
	if (seal_init(&err) != 0) {
		log_error("%s", err.text);
		return EX_SOFTWARE;
	}
	return command->run(config_path, argc, argv);
}

int commands_run(const struct command_set *set, const char *config_path, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	if (is_help(name)) {
		print_help(set, stdout);
		return EX_OK;
	}
	if (set->plain && (argc < 2 || name[0] == '-'))
		return run_one(set, set->plain, config_path, argc, argv);
	if (argc < 2) {
		print_help(set, stderr);
		return EX_USAGE;
	}
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->items[i].name, name) == 0)
			return run_one(set, &set->items[i], config_path, argc - 1, argv + 1);
	log_error("there is no command '%s%s'; see fleet %s--help", set->prefix, name, set->prefix);
	return EX_USAGE;
}

/* ---- options ------------------------------------------------------------------------------ */

static const struct choice *find_choice(
	const struct choice *choices, size_t count, const char *argument)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(choices[i].name);
		if (strncmp(argument, choices[i].name, len) == 0 &&
			(argument[len] == 0 || (choices[i].value && argument[len] == '=')))
			return &choices[i];
	}
	return NULL;
}

/* How many arguments it took: itself, and its value when that follows. 0: it has none. */
static int take(const struct choice *choice, const char *argument, const char *next)
{
	size_t len = strlen(choice->name);
	if (choice->flag)
		*choice->flag = true;
	else if (argument[len] == '=')
		*choice->value = argument + len + 1;
	else if (next)
		*choice->value = next;
	else
		return 0;
	return choice->value && argument[len] == 0 ? 2 : 1;
}

int commands_options(const struct choice *choices, size_t count, int argc, char **argv)
{
	int rest = 1;
	bool all_rest = false;
	for (int i = 1, taken; i < argc; i += taken) {
		const struct choice *choice = NULL;
		taken = 1;
		if (all_rest || argv[i][0] != '-' || argv[i][1] == 0) {
			argv[rest++] = argv[i];
			continue;
		}
		all_rest = strcmp(argv[i], "--") == 0;
		if (all_rest)
			continue;
		choice = find_choice(choices, count, argv[i]);
		if (!choice)
			log_error("there is no option %s here", argv[i]);
		else if ((taken = take(choice, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) == 0)
			log_error("%s needs a value", argv[i]);
		if (!choice || taken == 0)
			return -1;
	}
	return rest;
}
