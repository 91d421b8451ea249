/*
 * Webhooks: the payload of the notification, by POST.
 *
 *   Content-Type: application/json
 *   Idempotency-Key: "MESSAGE-ID"      the same each time that it is sent
 *   X-Fleet-Timestamp: SECONDS         and, with a secret, HMAC-SHA256 of TIMESTAMP.BODY
 *   X-Fleet-Signature: sha256=HEX
 *   Authorization: Bearer TOKEN        with a token, unless the payload has a place for that
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/crypto/hmac.h"
#include "lib/hex.h"
#include "lib/send/channel.h"
#include "lib/send/http.h"
#include "lib/send/payload.h"

enum { TOKEN_MAX = 4096, HEADERS_MAX = 8, REST_MAX_MS = 60 * 60 * 1000 };

static int open_http(const struct config *config, void **ret_state, struct error *err)
{
	struct transfer *t = NULL;
	(void)config;
	if (transfer_open(&t, err) < 0)
		return -1;
	*ret_state = t;
	return 0;
}

static void close_http(void *state)
{
	transfer_close(state);
}

/* ---- the request -------------------------------------------------------------------------- */

/* Wiped, as the token may be in it. */
struct request {
	struct buffer url, body;
	char key[400], timestamp[64], signature[128], token[TOKEN_MAX + 32];
	const char *headers[HEADERS_MAX];
};

static void request_finish(struct request *r)
{
	buffer_finish(&r->url);
	buffer_wipe(&r->body);
	explicit_bzero(r->token, sizeof r->token);
}

/* ntfy takes JSON at its root, and the topic in it. */
static int put_url(const struct recipient *to, struct buffer *out)
{
	size_t len = strlen(to->url), topic_len;
	if (to->form == WEBHOOK_NTFY) {
		const char *topic = payload_topic(to, &topic_len);
		len = (size_t)(topic - to->url);
	}
	return buffer_append(out, to->url, len);
}

/* The payload with the token where it has a place for that. Room is made first, so that no copy of
 * it is left behind. */
static int put_body(const char *payload, const char *token, struct buffer *out)
{
	size_t places = 0;
	for (const char *c = payload; (c = strstr(c, PAYLOAD_TOKEN)); c += strlen(PAYLOAD_TOKEN))
		places++;
	if (!buffer_reserve(out, strlen(payload) + places * strlen(token)))
		return -1;
	for (const char *place; (place = strstr(payload, PAYLOAD_TOKEN));
		payload = place + strlen(PAYLOAD_TOKEN))
		if (buffer_append(out, payload, (size_t)(place - payload)) < 0 ||
			buffer_append_text(out, token) < 0)
			return -1;
	return buffer_append_text(out, payload);
}

static void sign(struct request *r, const char *secret, int64_t now)
{
	uint8_t hmac[HMAC_SIZE];
	char head[32], hex[2 * HMAC_SIZE + 1];
	(void)snprintf(head, sizeof head, "%" PRId64 ".", now / 1000);
	hmac_sha256(secret, strlen(secret), head, r->body.data, r->body.len, hmac);
	(void)snprintf(
		r->timestamp, sizeof r->timestamp, "X-Fleet-Timestamp: %" PRId64, now / 1000);
	(void)snprintf(r->signature, sizeof r->signature, "X-Fleet-Signature: sha256=%s",
		hex_encode(hex, hmac, sizeof hmac));
}

static void set_headers(
	struct request *r, const struct recipient *to, const struct notification *n, int64_t now)
{
	size_t count = 0;
	bool placed = strstr(n->payload, PAYLOAD_TOKEN) != NULL;
	(void)snprintf(r->key, sizeof r->key, "Idempotency-Key: \"%s\"", n->message_id);
	(void)snprintf(r->token, sizeof r->token, "Authorization: Bearer %s", to->token);
	r->headers[count++] = "Content-Type: application/json";
	r->headers[count++] = "User-Agent: fleet-health/" FLEET_VERSION;
	r->headers[count++] = "Expect:"; /* asks nobody whether the body may come */
	r->headers[count++] = r->key;
	if (to->token[0] && !placed)
		r->headers[count++] = r->token;
	if (!to->secret[0])
		return;
	sign(r, to->secret, now);
	r->headers[count++] = r->timestamp;
	r->headers[count++] = r->signature;
}

/* It goes into a header, or between the quotes of a string of JSON. */
static int check_token(const char *token, struct error *err)
{
	if (strlen(token) > TOKEN_MAX)
		return error_set(err, "the token is too long");
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
			return error_set(err, "there is a character in the token that none has");
	return 0;
}

/* ---- the answer --------------------------------------------------------------------------- */

/* By RFC 9110, section 15. Whoever is overloaded, does not know us or is not there says nothing
 * about the message; what a server fails at may be the message's fault all the same. */
static enum send_result judge(int status)
{
	switch (status) {
	case 401: /* who we are; what a new token mends */
	case 403:
	case 404: /* where we ask; what a new url mends */
	case 405:
	case 407:
	case 410:
	case 429: /* too many */
	case 502: /* those behind it are away */
	case 503:
	case 504:
		return SEND_CHANNEL;
	case 408: /* too slow, too early: the same again */
	case 425:
		return SEND_LATER;
	}
	if (status >= 200 && status < 300)
		return SEND_SENT;
	return status >= 400 && status < 500 ? SEND_REFUSED
	       : status >= 500		     ? SEND_DOUBTED
					     : SEND_CHANNEL; /* a redirect: the url is wrong */
}

static enum send_result call(struct transfer *t, const struct channels *c,
	const struct recipient *to, const struct notification *n, struct request *r,
	struct send_report *report)
{
	if (put_url(to, &r->url) < 0 || put_body(n->payload, to->token, &r->body) < 0) {
		(void)error_no_memory(&report->reason);
		return SEND_LATER;
	}
	set_headers(r, to, n, clock_wall_ms());
	const struct http_request request = {
		.url = r->url.data,
		.ca = to->ca,
		.timeout_ms = to->timeout_ms,
		.stop = c->stop,
		.headers = r->headers,
		.body = r->body.data,
		.len = r->body.len,
	};
	struct http_answer answer;
	if (http_call(t, &request, &answer, &report->reason) < 0)
		return transfer_has_asked(t) ? SEND_DOUBTED : SEND_CHANNEL;
	enum send_result result = judge(answer.status);
	if (result != SEND_SENT)
		(void)error_set(&report->reason, "the answer is %d%s%s%s", answer.status,
			answer.status / 100 == 3 ? " (redirects are not followed)" : "",
			answer.text[0] ? ": " : "", answer.text);
	report->rest_ms = answer.retry_after_ms < REST_MAX_MS ? answer.retry_after_ms : REST_MAX_MS;
	return result;
}

static enum send_result send_payload(void *state, const struct channels *c,
	const struct recipient *to, const struct notification *n, struct send_report *report)
{
	struct request r CLEANUP(request_finish) = { .headers = { NULL } };
	if (!n->payload || !n->payload[0]) {
		(void)error_set(&report->reason, "it was composed without what a webhook is sent");
		return SEND_REFUSED;
	}
	if (check_token(to->token, &report->reason) < 0)
		return SEND_CHANNEL;
	return call(state, c, to, n, &r, report);
}

const struct channel_way channel_webhook = {
	.channel = CHANNEL_WEBHOOK,
	.is_own = true,
	.rests = true,
	.open = open_http,
	.send = send_payload,
	.close = close_http,
};
