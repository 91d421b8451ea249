#ifndef FLEET_SSH_HELLO_H
#define FLEET_SSH_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ssh/reader.h"

/*
 * What an SSH server says first: any lines of text, its version line (RFC 4253, section 4.2)
 * and an unencrypted packet with its algorithms (section 7.1; any before it are skipped). libssh2
 * keeps these to itself and only says that nothing was in common; a person wants to know what.
 */
enum hello_list {
	HELLO_KEX,
	HELLO_HOST_KEY,
	HELLO_CIPHER_OUT,
	HELLO_CIPHER_IN,
	HELLO_MAC_OUT,
	HELLO_MAC_IN,
	HELLO_COMPRESSION_OUT,
	HELLO_COMPRESSION_IN,
	HELLO_LISTS,
};

struct hello {
	struct slice version;		 /* "SSH-2.0-OpenSSH_9.2p1", without its line end */
	struct slice lists[HELLO_LISTS]; /* names with commas between; point into the input */
};

enum hello_result { HELLO_OK, HELLO_MORE, HELLO_BAD };

/* Pure: reads the first `len` bytes that came from a server. HELLO_MORE when they end early;
 * the version is then set as soon as it is complete. */
enum hello_result hello_parse(const uint8_t *data, size_t len, struct hello *ret_hello);

/* Pure: the first list that has no name in common with `ours`, lists in the same form.
 * HELLO_LISTS when all meet. */
enum hello_list hello_mismatch(const struct hello *h, const char *const ours[static HELLO_LISTS]);

/* Pure: whether the host offers a key exchange that is among `ours`. */
bool hello_has_exchange(const struct hello *h, const char *ours);

/* Pure: says for people what each side has and what to do. `recorded` when our host-key
 * algorithms are only those of the recorded keys. */
void hello_explain(const struct hello *h, enum hello_list list, const char *ours, bool recorded,
	char *out, size_t size);

#endif
