#ifndef FLEET_SEND_TRANSFER_H
#define FLEET_SEND_TRANSFER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"

/*
 * One exchange with a server at a time, over a connection that is kept for the next to the same
 * server. The only user of libcurl: smtp.h and http.h say what is exchanged.
 *
 * Certificates and names are always verified, TLS is 1.2 or later, no redirect is followed, no
 * proxy, cookie or .netrc is used, and everything is over after the order's time.
 */
struct transfer;

/* What the caller is told on the way; each may be NULL. */
struct transfer_hooks {
	/* A command, or the head of a request, that goes out. It may hold a login. */
	void (*on_said)(void *arg, const char *data, size_t len);
	/* A line of the answer that is not of its body. False: enough. */
	bool (*on_heard)(void *arg, const char *data, size_t len);
	/* Before a part of the body goes out. False: break off, the server gets no whole one. */
	bool (*on_give)(void *arg);
	/* A part of the answer's body. False: enough, the rest is not waited for. */
	bool (*on_body)(void *arg, const char *data, size_t len);
	void *arg;
};

struct transfer_order {
	const char *url;
	const char *protocols;	     /* that may be spoken, as libcurl names them: "smtp,smtps" */
	bool starttls;		     /* without TLS nothing is said but the greeting */
	const char *ca;		     /* file; "" = the system's */
	const char *user, *password; /* "" = no login */
	int64_t timeout_ms;
	const volatile sig_atomic_t *stop; /* set: it is broken off within a second; NULL */
	const char *from, *to;		   /* SMTP: the envelope; NULL */
	const char *const *headers;	   /* HTTP: NULL-terminated; NULL */
	const void *body;		   /* NULL: HTTP asks by GET */
	size_t len;
	struct transfer_hooks hooks;
};

int transfer_open(struct transfer **ret_transfer, struct error *err) MUST_CHECK;

/* Says goodbye. Accepts NULL. */
void transfer_close(struct transfer *t);

/* 0 when the exchange went through, which for HTTP says nothing of the answer; there it did so as
 * soon as the answer had a final status, whatever became of the rest, and when a hook had enough.
 * Otherwise -1 and why, without the URL. */
int transfer_run(
	struct transfer *t, const struct transfer_order *order, struct error *err) MUST_CHECK;

/* Whether the last exchange failed because its time was over. */
bool transfer_timed_out(const struct transfer *t);

/* Of the last exchange by HTTP: whether anything of the request went out; the status, 0 without an
 * answer; and for how long its Retry-After asks, in ms, 0 without one. */
bool transfer_has_asked(const struct transfer *t);
int transfer_status(const struct transfer *t);
int64_t transfer_retry_after_ms(const struct transfer *t);

/* Appends the domain with its labels in ASCII (RFC 5890, A-labels). Returns -1 when libcurl
 * cannot, or it is none: nothing was appended then. */
int transfer_ascii_domain(const char *domain, struct buffer *out) MUST_CHECK;

#endif
