#ifndef FLEET_SSH_OPENSSH_FILE_H
#define FLEET_SSH_OPENSSH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/ssh/reader.h"

/*
 * The file around an OpenSSH private key (openssh/PROTOCOL.key): two lines, base64, a container
 * with the public key in the clear and the private one perhaps encrypted, with aes256-ctr or
 * aes256-cbc under bcrypt_pbkdf. Everything else is refused in words that say what to do.
 */
struct openssh_file {
	struct slice public_blob;
	struct slice private_part; /* in the clear once openssh_file_go_on() says so */
	bool encrypted;		   /* as it stood in the file */
	uint32_t rounds;	   /* of bcrypt, when encrypted */

	const void *cipher; /* private */
	struct bcrypt_pbkdf *derivation;
	uint8_t *decoded, *plain; /* the memory of what the slices point to; guarded */
};

/* `text` ends with a NUL that `len` does not count; `file` is only for messages; `passphrase`
 * may be NULL. The type of the public key is judged before a passphrase is asked for. On
 * failure there is nothing to finish. */
int openssh_file_open(const char *file, const char *text, size_t len, const char *passphrase,
	struct openssh_file *ret_file, struct error *err) MUST_CHECK;

/* Some milliseconds of decrypting, as often as it returns 1; 0 when the private part is there. */
int openssh_file_go_on(struct openssh_file *f, const char *file, struct error *err) MUST_CHECK;

void openssh_file_finish(struct openssh_file *f);

#endif
