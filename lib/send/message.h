#ifndef FLEET_SEND_MESSAGE_H
#define FLEET_SEND_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"

/*
 * One mail to one recipient as it goes over the wire: RFC 5322 headers, an RFC 2047 subject
 * where it is not plain ASCII, and a quoted-printable UTF-8 body (RFC 2045) whose lines end in
 * CRLF. Pure.
 */
struct mail_message {
	const char *from, *to;	/* bare addresses */
	const char *subject;	/* UTF-8, one line */
	const char *text;	/* UTF-8; lines end in LF, CRLF or CR */
	const char *message_id; /* without angle brackets */
	const char *references; /* message id of the mail this one replies to; "" */
	const char *list_id;	/* domain that names the list (RFC 2919) */
	int64_t date_ms;
};

/* Whether this is one bare address (RFC 5321 Mailbox, ASCII, no quoted local part): nothing in
 * it can end a header or an SMTP command. */
bool mail_address_valid(const char *address);

/* Whether this can name the list: a domain, in which `_` may stand too. */
bool mail_list_id_valid(const char *list_id);

/* What is wrong with these is wrong with every mail, whomever it is to. */
int mail_check_sender(const char *from, const char *list_id, struct error *err) MUST_CHECK;

/* A control character in anything but the text, an address that is none, or a subject that is
 * not UTF-8 is refused. */
int mail_check(const struct mail_message *m, struct error *err) MUST_CHECK;

/* Appends the mail. What mail_check() passes fails for want of memory only. */
int mail_build(const struct mail_message *m, struct buffer *out, struct error *err) MUST_CHECK;

#endif
