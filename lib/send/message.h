#ifndef FLEET_SEND_MESSAGE_H
#define FLEET_SEND_MESSAGE_H

#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"

/*
 * One mail to one recipient as it goes over the wire: RFC 5322 headers, those that people wrote as
 * RFC 2047 has them, and a body of plain text, or of that and HTML as its alternative (RFC 2046,
 * section 5.1.4), in ASCII lines that end in CRLF. Headers are ASCII too, save addresses whose
 * local part is not (RFC 6532): those need a server with SMTPUTF8. Pure.
 */
struct mail_message {
	const char *from, *to;	/* bare addresses */
	const char *to_name;	/* before the latter, UTF-8; NULL or "" = none */
	const char *subject;	/* UTF-8, one line */
	const char *text;	/* UTF-8; lines end in LF, CRLF or CR */
	const char *html;	/* the same for a reader of HTML; NULL or "" = none */
	const char *message_id; /* without angle brackets */
	const char *references; /* message id of the mail this one replies to; "" */
	const char *list_id;	/* domain that names the list (RFC 2919) */
	int64_t date_ms;
};

/* What is wrong with these is wrong with every mail, whomever it is to. */
int mail_check_sender(const char *from, const char *list_id, struct error *err) MUST_CHECK;

/* A control character in anything but the texts, an address that is none, or a name or subject
 * that is not UTF-8 is refused. */
int mail_check(const struct mail_message *m, struct error *err) MUST_CHECK;

/* Appends the mail. What mail_check() passes fails for want of memory only. */
int mail_build(const struct mail_message *m, struct buffer *out, struct error *err) MUST_CHECK;

#endif
