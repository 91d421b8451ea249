#ifndef FLEET_SSH_KNOWN_HOSTS_LINE_H
#define FLEET_SSH_KNOWN_HOSTS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/ssh/known_hosts.h"

/*
 * One line of known_hosts, and what it says about a name. Pure.
 */
enum {
	KNOWN_HOSTS_LINE_MAX = 64 * 1024,
	KNOWN_HOSTS_NAME_SIZE = 512, /* "[host]:port", a host name being at most 253 characters */
	KNOWN_HOSTS_HASH_SIZE = 20,  /* of SHA-1 */
};

struct known_hosts_line {
	struct host_key key; /* within the text */
	char *names;	     /* the first field; NULL when the line says nothing */
	bool hashed;
	uint8_t salt[KNOWN_HOSTS_HASH_SIZE], hash[KNOWN_HOSTS_HASH_SIZE];
};

/* As OpenSSH writes it: the plain name for port 22, [name]:port otherwise, in lower case. -1
 * when it does not fit. */
int known_hosts_name(char out[static KNOWN_HOSTS_NAME_SIZE], const char *host, uint16_t port);

/* Cuts `text` into fields in place, and decodes the key there. Returns what is wrong with it, or
 * NULL. */
const char *known_hosts_line_parse(char *text, struct known_hosts_line *ret_line);

/* Are its names patterns? Then they cannot be looked up. */
bool known_hosts_line_is_pattern(const struct known_hosts_line *line);

/* Does it speak of this name (made by known_hosts_name())? The case of letters counts. */
bool known_hosts_line_matches(const struct known_hosts_line *line, const char *name);

/* Appends to `out` what the file holds after an edit; see known_hosts_replace(). */
int known_hosts_edit(const char *text, size_t len, const char *name, const struct host_key *keys,
	size_t count, struct buffer *out) MUST_CHECK;

#endif
