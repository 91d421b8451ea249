#ifndef FLEET_SEND_ADDRESS_H
#define FLEET_SEND_ADDRESS_H

#include <stdbool.h>

#include "lib/buffer.h"
#include "lib/error.h"

/*
 * Mail addresses, also those with letters beyond ASCII (RFC 6531). Pure.
 */

/* Whether this is one bare address (RFC 5321 and 6531 Mailbox, no quoted local part): nothing in
 * it can end a header or an SMTP command. */
bool mail_address_valid(const char *address);

/* Whether this can name the list: a domain, in which `_` may stand too. */
bool mail_list_id_valid(const char *list_id);

/* Whether all of it is ASCII. A mail to or from an address that is not needs a server with
 * SMTPUTF8; where only the domain is not, it can be written in ASCII: smtp_address(). */
bool mail_is_ascii(const char *text);

#endif
