#ifndef FLEET_CONSOLE_CONSOLE_H
#define FLEET_CONSOLE_CONSOLE_H

#include "lib/compiler.h"
#include "lib/config/config.h"
#include "lib/crypto/seal.h"
#include "lib/program.h"
#include "lib/ssh/known_hosts.h"
#include "lib/storage/storage.h"

/*
 * `fleet`: the operator's hand. One file a command; main.c holds the table of them, which is
 * dispatch and usage at once. A command returns its exit code (sysexits.h) and writes what
 * was asked for to standard output, complaints through lib/log.h.
 */
struct command_set;
struct command {
	const char *name, *arguments, *help;
	int (*run)(const char *config_path, int argc, char **argv);
	const struct command_set *more; /* commands of its own, instead of `run` */
};

struct command_set {
	const char *prefix;	     /* "", or "alerts " */
	const struct command *items; /* by name */
	size_t count;
	const struct command *plain; /* what is meant without a name, or NULL */
	const char *notes;	     /* below its help */
};

/* Finds and runs the command; argv[0] is the word that named the set itself. */
int commands_run(const struct command_set *set, const char *config_path, int argc, char **argv);

/* Options of one command: a flag or a value each, given as "--why TEXT" or "--why=TEXT". What is
 * no option comes to the front of argv, from argv[1] on; all after "--" is none. Returns its
 * number plus one, as argc has it, or -1 after saying what is wrong. */
struct choice {
	const char *name; /* "--why" */
	bool *flag;	  /* one of the two */
	const char **value;
};
int commands_options(const struct choice *choices, size_t count, int argc, char **argv) MUST_CHECK;

extern const struct command_set alerts_commands; /* alerts/alerts.c */

int cmd_check(const char *config_path, int argc, char **argv);
int cmd_forget(const char *config_path, int argc, char **argv);
int cmd_init(const char *config_path, int argc, char **argv);
int cmd_keygen(const char *config_path, int argc, char **argv);
int cmd_metrics(const char *config_path, int argc, char **argv);
int cmd_show(const char *config_path, int argc, char **argv);
int cmd_status(const char *config_path, int argc, char **argv);
int cmd_trust(const char *config_path, int argc, char **argv);

/* Shared steps, in setup.c. Each says itself on standard error what is wrong. */

/* The clients or <jump>s of these names in ret_clients (room for `count`), or -1 after naming
 * those that are not in the configuration. */
int setup_clients(const struct config *config, char **names, size_t count,
	const struct client **ret_clients) MUST_CHECK;

/* Every <jump> and client, in machines.c: first those that others are behind. `dead` is a jump host
 * on its way that did not serve, so that there is no use in trying; NULL when there is none. -1
 * without memory. */
enum visited { VISIT_DONE, VISIT_FAILED, VISIT_JUMP_FAILED };
typedef enum visited visit_machine(
	void *arg, const struct client *machine, const struct client *dead);
int machines_visit(const struct config *config, visit_machine *visit, void *arg) MUST_CHECK;

/* Wrong arguments: says how it is called. Returns EX_USAGE. */
int setup_usage(const char *command, const char *arguments);

static inline void config_cleanup(struct config **config)
{
	config_destroy(*config);
}

static inline void storage_cleanup(struct storage **storage)
{
	storage_close(*storage);
}

static inline void known_hosts_cleanup(struct known_hosts **hosts)
{
	known_hosts_destroy(*hosts);
}

static inline void keyring_cleanup(struct keyring **ring)
{
	keyring_destroy(*ring);
}

#endif
