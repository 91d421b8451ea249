#ifndef FLEET_MAIL_SMTP_H
#define FLEET_MAIL_SMTP_H

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/error.h"

/*
 * A mail server, by libcurl, which stays inside smtp.c. One mail has one recipient; the
 * connection is kept from one mail to the next.
 *
 * TLS is verified, and when the configuration asks for it (STARTTLS or SMTPS) a server that
 * does not offer it gets nothing.
 */
struct smtp;

/* What became of a mail, by whose fault (RFC 5321, section 4.2). */
enum smtp_result {
	SMTP_SENT,
	SMTP_LATER,   /* this mail, for now: 4xx */
	SMTP_LOST,    /* the connection, half-way. After the final dot the mail may have been
			 delivered: send it again under its Message-ID. */
	SMTP_REFUSED, /* this mail, for good: 5xx to its recipient or its content */
	SMTP_CHANNEL, /* every mail: no connection, TLS, greeting, login or sender refused */
};

/* Connects at the first mail only. `config` must outlive it. */
int smtp_open(
	const struct mail_config *config, struct smtp **ret_smtp, struct error *err) MUST_CHECK;

/* Sends a mail that mail_build() made. Whatever the result but SMTP_SENT, *ret_reason says why,
 * with the command that failed and the server's answer. */
enum smtp_result smtp_send(struct smtp *s, const char *recipient, const struct buffer *mail,
	struct error *ret_reason) MUST_CHECK;

/* Says goodbye. Accepts NULL. */
void smtp_close(struct smtp *s);

#endif
