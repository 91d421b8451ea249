#ifndef FLEET_SEND_SMTP_H
#define FLEET_SEND_SMTP_H

#include <signal.h>

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/send/send.h"

/*
 * A mail server, by libcurl. One mail has one recipient; the
 * connection is kept from one mail to the next.
 *
 * TLS is verified, and when the configuration asks for it (STARTTLS or SMTPS) a server that
 * does not offer it gets nothing.
 */
struct smtp;

/* Appends an address as headers and envelope are to have it: its domain in ASCII (IDNA) where
 * libcurl can do that, so that only local parts need a server with SMTPUTF8. Fails for want of
 * memory. */
int smtp_address(const char *address, struct buffer *out) MUST_CHECK;

/* Connects at the first mail only. `config` must outlive it. */
int smtp_open(
	const struct mail_config *config, struct smtp **ret_smtp, struct error *err) MUST_CHECK;

/* Sends a mail that mail_build() made. Whatever the result but SEND_SENT, *ret_reason says why,
 * with the command that failed and the server's answer. By RFC 5321, section 4.2, 4xx is
 * SEND_LATER, 5xx SEND_REFUSED, and so is a size refused with the sender; any other refusal of the
 * sender, and whatever goes wrong before (connection, TLS, greeting, login), is SEND_CHANNEL; a
 * connection that breaks from MAIL on is SEND_LOST, for after the final dot the mail may have been delivered, and SEND_DOUBTED when that
 * is because the server says nothing more. A recipient that is not ASCII, where the server has no
 * SMTPUTF8, is SEND_REFUSED without a mail having been sent. `stop` as in struct transfer_order. */
enum send_result smtp_send(struct smtp *s, const char *from, const char *to,
	const struct buffer *mail, const volatile sig_atomic_t *stop,
	struct error *ret_reason) MUST_CHECK;

/* Says goodbye. Accepts NULL. */
void smtp_close(struct smtp *s);

#endif
