#ifndef FLEET_SEND_SMTP_TALK_H
#define FLEET_SEND_SMTP_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/send/send.h"

/*
 * The conversation with a mail server, as libcurl leads it and as it is overheard: which command
 * was refused, and so by whose fault (RFC 5321, section 4.2), which libcurl's result does not
 * tell. Pure. Of what we say only the verb is kept, so that no credential is.
 */

/* How far it got; the order is that of RFC 5321, section 4.1.4. */
enum smtp_stage { STAGE_CONNECT, STAGE_GREETED, STAGE_LOGIN, STAGE_FROM, STAGE_TO, STAGE_MAIL };

/* What a server may say about one mail, before it is believed to talk for ever. */
enum { SMTP_HEARD_MAX = 64 * 1024 };

struct smtp_talk {
	/* of the connection, which may be kept for the next mail */
	bool logged_in;	 /* the server said 235 */
	bool takes_utf8; /* it offers SMTPUTF8 */
	/* of this mail */
	enum smtp_stage stage;
	bool over;	  /* QUIT was said: what follows is not about the mail */
	bool sender_utf8; /* the sender is not ASCII, */
	bool needs_utf8;  /* or the recipient */
	bool held_back;	  /* it needs what is not offered, so it was broken off */
	char verb[16];	  /* the last command we sent */
	char reply[256];  /* the last line of the last answer, escaped */
	int code;	  /* of the last answer; 0 while a command waits for its own */
	size_t heard;	  /* bytes */
};

/* A mail from one to another; what is known of the connection stays. */
void smtp_talk_begin(struct smtp_talk *t, const char *from, const char *to);

/* A command that goes out. */
void smtp_talk_said(struct smtp_talk *t, const char *line, size_t len);

/* A line that came. False: that is too much. */
bool smtp_talk_heard(struct smtp_talk *t, const char *line, size_t len);

/* The mail itself is to go out. False: it must not, as it has addresses that this server does not
 * know, whatever it said to them. */
bool smtp_talk_mail(struct smtp_talk *t);

/* It failed: by whose fault. `with_login`: we have one. *reason, libcurl's words, gets those of the
 * server instead where there are any, and `url` before it. */
enum send_result smtp_talk_judge(
	const struct smtp_talk *t, bool with_login, const char *url, struct error *reason);

#endif
