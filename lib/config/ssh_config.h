#ifndef FLEET_CONFIG_SSH_CONFIG_H
#define FLEET_CONFIG_SSH_CONFIG_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

/*
 * OpenSSH's client configuration (ssh_config(5)), as far as it says where a host is and how to log
 * in there: Host with its patterns, Include, and the values below, of which the first that applies
 * wins. Match is not evaluated: what stands under it is passed over, and so is every other keyword.
 */
enum ssh_config_key {
	SSH_CONFIG_HOSTNAME,
	SSH_CONFIG_IDENTITY_FILE, /* the first */
	SSH_CONFIG_PORT,
	SSH_CONFIG_PROXY_COMMAND, /* a ProxyJump behind it does not count, nor the other way round
				   */
	SSH_CONFIG_PROXY_JUMP,
	SSH_CONFIG_USER,
	SSH_CONFIG_KEYS,
};

struct ssh_config_value {
	const char *text; /* NULL = not given; without quotes, nothing expanded */
	const char *file; /* where it stands */
	int line;
};

struct ssh_config;

typedef void ssh_config_warning(void *arg, const char *file, int line, const char *text);

/* Reads a file and what it includes; relative names in Include begin at the folder of the first
 * file. Files that others can write are refused. What cannot be used of a file is told to `warn`
 * and passed over. */
int ssh_config_load(const char *path, ssh_config_warning *warn, void *arg,
	struct ssh_config **ret_config, struct error *err) MUST_CHECK;
void ssh_config_destroy(struct ssh_config *c);

/* What it says of a host, by the name or address it is called by here. Points into `c`. Pure. */
void ssh_config_find(const struct ssh_config *c, const char *host,
	struct ssh_config_value ret_values[static SSH_CONFIG_KEYS]);

/* The value with its %-tokens replaced: "%%", and those of the list, each a letter and a text, up
 * to letter 0. -1 when there is another one, or it does not fit. Pure. */
struct ssh_config_token {
	char letter;
	const char *text;
};
int ssh_config_expand(const char *value, const struct ssh_config_token *tokens, char *out,
	size_t size) MUST_CHECK;

/* ---- for ssh_config_load() and the tests ---- */

struct ssh_config_source {
	const char *file; /* lives as long as the configuration */
	int depth;	  /* of Include, from 0 */
	/* Adds the files that an Include names, in its place; NULL: they are passed over. -1
	 * without memory. */
	int (*include)(const struct ssh_config_source *source, struct ssh_config *c,
		const char *pattern, int line);
	const char *folder; /* for it: where relative names begin */
	ssh_config_warning *warn;
	void *arg; /* of that */
};

struct ssh_config *ssh_config_create(void);

/* A copy that lives as long. NULL without memory. */
char *ssh_config_keep(struct ssh_config *c, const char *text);

/* Adds the lines of one file, within `include` of another one in its place. -1 without memory. */
int ssh_config_parse(struct ssh_config *c, const struct ssh_config_source *source, const char *text,
	size_t len) MUST_CHECK;

/* After the last file, before the first look-up. -1 without memory. */
int ssh_config_index(struct ssh_config *c) MUST_CHECK;

#endif
