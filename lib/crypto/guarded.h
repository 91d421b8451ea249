#ifndef FLEET_CRYPTO_GUARDED_H
#define FLEET_CRYPTO_GUARDED_H

#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/*
 * Memory for secrets: libsodium locks it, keeps it out of core dumps and between pages that nobody
 * may touch. Each piece costs some pages of RLIMIT_MEMLOCK.
 */

/* NULL without such memory, or when libsodium does not start. */
void *guarded_alloc(size_t size) MUST_CHECK;

/* Wipes, too. Accepts NULL. */
void guarded_free(void *p);

/* The bytes of base64 with line ends in it, in guarded memory. NULL with errno ENOMEM, or EBADMSG
 * when it is anything else. Its time does not depend on the bytes. */
uint8_t *guarded_from_base64(const char *text, size_t len, size_t *ret_len) MUST_CHECK;

/* Zeroes what is the caller's own, even when nobody reads it any more. */
void guarded_wipe(void *p, size_t len);

#endif
