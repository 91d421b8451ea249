#include "lib/send/http.h"

#include "lib/escape.h"

/* What is read of an answer. */
struct reading {
	size_t head, body; /* bytes so far */
	struct buffer begin;
};

static bool note_head(void *arg, const char *data, size_t len)
{
	struct reading *r = arg;
	(void)data;
	r->head += len;
	return r->head <= HTTP_HEAD_MAX;
}

static bool note_body(void *arg, const char *data, size_t len)
{
	struct reading *r = arg;
	size_t room = r->begin.cap - r->begin.len;
	r->body += len;
	if (buffer_append(&r->begin, data, len < room ? len : room) < 0)
		return false;
	return r->body <= HTTP_BODY_MAX;
}

int http_call(struct transfer *t, const struct http_request *r, struct http_answer *ret_answer,
	struct error *err)
{
	struct reading reading = { .begin.cap = sizeof ret_answer->text - 1 };
	const struct transfer_order order = {
		.url = r->url,
		.protocols = "http,https",
		.ca = r->ca,
		.user = "",
		.password = "",
		.timeout_ms = r->timeout_ms,
		.stop = r->stop,
		.headers = r->headers,
		.body = r->body,
		.len = r->len,
		.hooks = { .on_heard = note_head, .on_body = note_body, .arg = &reading },
	};
	int result = transfer_run(t, &order, err);
	if (result == 0 && transfer_status(t) == 0)
		result = error_set(err, "there is no end to the head of the answer");
	if (result == 0) {
		*ret_answer =
			(struct http_answer){ transfer_status(t), transfer_retry_after_ms(t), "" };
		if (reading.begin.len > 0)
			(void)escape_line(ret_answer->text, sizeof ret_answer->text,
				reading.begin.data, reading.begin.len);
	}
	buffer_finish(&reading.begin);
	return result;
}

int http_heartbeat(const char *url, struct error *err)
{
	const struct http_request request = {
		.url = url, .ca = "", .timeout_ms = HTTP_HEARTBEAT_MS
	};
	struct transfer *t = NULL;
	struct http_answer answer;
	if (transfer_open(&t, err) < 0)
		return -1;
	int result = http_call(t, &request, &answer, err);
	transfer_close(t);
	if (result == 0 && answer.status / 100 != 2)
		result = error_set(err, "the answer is %d %s", answer.status, answer.text);
	return result;
}
