#ifndef FLEET_SSH_KNOWN_HOSTS_H
#define FLEET_SSH_KNOWN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/*
 * known_hosts as OpenSSH writes and reads it (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), parsed
 * and indexed with care of our own: libssh2's reader stops at the first bad line, ignores
 * wildcards and negations, and takes @revoked for a plain entry.
 *
 * Handles plain names, [host]:port, comma lists, `*` `?` and `!` patterns, hashed names,
 * @revoked. @cert-authority lines are skipped. A malformed line is a warning with its number;
 * the rest is used.
 */
struct known_hosts;

struct host_key {
	const char *type;    /* "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa", … */
	const uint8_t *blob; /* as on the wire (RFC 4253, section 6.6) */
	size_t blob_len;
	bool revoked;
};

typedef void known_hosts_warning(void *arg, const char *file, int line, const char *text);

/* A missing file is an empty one. `warn` may be NULL. */
int known_hosts_load(const char *path, known_hosts_warning *warn, void *arg,
	struct known_hosts **ret_hosts, struct error *err) MUST_CHECK;

/* The same from memory; `path` is only for warnings. */
int known_hosts_parse(const char *path, const char *text, size_t len, known_hosts_warning *warn,
	void *arg, struct known_hosts **ret_hosts, struct error *err) MUST_CHECK;
void known_hosts_destroy(struct known_hosts *k);

/* Who is to be looked up. */
struct known_hosts_query {
	const char *host;
	uint16_t port;
};

/* Finds the hashed lines of all these at once, after which known_hosts_find() of one of them costs
 * no comparisons; without it each costs a microsecond for every hashed line. What is found is kept
 * in the file `cache` (0600), and only new lines and new names are compared another time; it is
 * to lie where nobody else can write. -1 when it cannot be written, or without memory: look-ups
 * are right all the same. */
int known_hosts_resolve(struct known_hosts *k, const struct known_hosts_query *queries,
	size_t count, const char *cache, struct error *err) MUST_CHECK;

/* The keys recorded for this name or address and port, the revoked ones first, lest they be
 * those that do not fit: at most `max` into ret_keys, which point into `k`. Returns how many
 * there are. A plain name costs one look
 * into the index; each hashed or patterned line costs its own comparison. */
size_t known_hosts_find(const struct known_hosts *k, const char *host, uint16_t port,
	struct host_key *ret_keys, size_t max);

/* Rewrites the file atomically: lines that name only this host and port go (removed keys may
 * be put back by the caller), other lines stay byte for byte, @revoked ones too; `keys` are
 * appended, unhashed. 0600. It and known_hosts_append() wait for one another, so that of many
 * programs at once none loses another's lines. */
int known_hosts_replace(const char *path, const char *host, uint16_t port,
	const struct host_key *keys, size_t count, struct error *err) MUST_CHECK;

/* Appends lines for a host, whatever is recorded for it, by one write(2) with O_APPEND, so that
 * thousands of new hosts do not mean thousands of rewritten files. Made with 0600 when it is
 * not there. */
int known_hosts_append(const char *path, const char *host, uint16_t port,
	const struct host_key *keys, size_t count, struct error *err) MUST_CHECK;

enum { FINGERPRINT_SIZE = 51 }; /* "SHA256:" + 43 base64 characters + NUL */

/* As `ssh-keygen -l` prints it. Returns `out`. */
char *host_key_fingerprint(const uint8_t *blob, size_t len, char out[static FINGERPRINT_SIZE]);

#endif
