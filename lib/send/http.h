#ifndef FLEET_SEND_HTTP_H
#define FLEET_SEND_HTTP_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/send/transfer.h"

/*
 * One question and its answer by HTTP (RFC 9110): webhooks and heartbeats. Of the answer only the
 * status counts, also when the rest is cut off or does not come in time; no more is read than fits
 * the caps, and redirects are answers like any other.
 */
enum { HTTP_HEAD_MAX = 64 * 1024, HTTP_BODY_MAX = 64 * 1024 };

struct http_request {
	const char *url;
	const char *ca;			   /* file; "" = the system's */
	int64_t timeout_ms;		   /* in all */
	const volatile sig_atomic_t *stop; /* as in struct transfer_order */
	const char *const *headers;	   /* "Name: value", NULL-terminated; may be NULL */
	const char *body;		   /* NULL: GET, otherwise POST */
	size_t len;
};

struct http_answer {
	int status;
	int64_t retry_after_ms; /* 0 = not said */
	char text[200];		/* how its body begins: one line, escaped */
};

/* -1 when there was no final status; then *err says why. */
int http_call(struct transfer *t, const struct http_request *r, struct http_answer *ret_answer,
	struct error *err) MUST_CHECK;

/* Asks for it once, for at most HTTP_HEARTBEAT_MS: an error, which does not tell the URL, unless
 * the answer is 2xx. */
enum { HTTP_HEARTBEAT_MS = 5000 };
int http_heartbeat(const char *url, struct error *err) MUST_CHECK;

#endif
