#ifndef FLEET_REMOTE_BYTES_DER_H
#define FLEET_REMOTE_BYTES_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/*
 * When a certificate ends: as much of X.690 (DER) and RFC 5280 as lies on the way there. The bytes
 * are hostile.
 */

/* `der` begins with a certificate; what follows it is not looked at. In seconds since 1970, of
 * years from 1950 to 9999. */
bool der_certificate_end(struct span der, int64_t *ret_seconds);

#endif
