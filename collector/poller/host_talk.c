/* From the request to the last ack. */
#include "collector/poller/host_run_private.h"

#include <string.h>

#include "collector/spool/spool.h"
#include "lib/clock.h"

enum { READ_SIZE = 16 * 1024 };

static bool take_verdict(struct host_run *h)
{
	h->verdict = h->dialog.verdict;
	return host_finish(h);
}

/* The connection died. What the dialog makes of it counts, unless a cap was passed, or it had
 * nothing to go by: a lost connection does not speak against the shell. */
static bool lose(struct host_run *h)
{
	char reason[sizeof h->verdict.reason];
	enum stage at = host_stage(h);
	enum outcome o = ssh_session_failure(h->session, reason, sizeof reason);
	dialog_end(&h->dialog, ssh_session_complaint(h->session));
	host_blame(h);
	h->verdict = h->dialog.verdict;
	if (o == OUTCOME_TOO_LARGE || h->verdict.outcome == OUTCOME_NO_SHELL)
		verdict_set(&h->verdict, o, at, "%s", reason);
	else
		verdict_set(&h->verdict, h->dialog.verdict.outcome, at, "%s (%s)",
			h->dialog.verdict.reason, reason);
	return host_finish(h);
}

/* SSH_DONE when everything is written. */
static enum ssh_status write_all(struct host_run *h)
{
	const void *data;
	size_t len, wrote;
	while (dialog_chunk(&h->dialog, &data, &len)) {
		if (dialog_is_asking(&h->dialog))
			h->asked_at = clock_wall_ms();
		enum ssh_status s = ssh_session_write(h->session, data, len, &wrote);
		if (s != SSH_DONE)
			return s;
		dialog_wrote(&h->dialog, wrote);
	}
	return SSH_DONE;
}

static int keep_frame(struct host_run *h, struct error *err)
{
	struct spool_head head = {
		.attempt_id = h->row.attempt_id,
		.cycle_id = h->env->cycle_id,
		.received_at = clock_wall_ms(),
		.length = (uint32_t)h->dialog.frame.len,
		.asked_at = h->asked_at,
		.has_digest = true,
	};
	memcpy(head.client, h->row.name, strlen(h->row.name) + 1);
	memcpy(head.digest, h->dialog.digest, sizeof head.digest);
	if (spool_put(h->env->frames_fd, &head, h->dialog.frame.data, &h->env->is_torn, err))
		return -1;
	h->files++;
	h->unsynced = true;
	return 0;
}

/* All is said and durable; the acks may still have to be written. */
bool host_part(struct host_run *h)
{
	h->verdict = h->dialog.verdict;
	host_enter(h, HOST_FAREWELL);
	return true;
}

/* False when the talk is over: done, or `verdict` stands. */
static bool feed(struct host_run *h, const char *data, size_t len)
{
	enum dialog_status status = DIALOG_FRAME;
	struct error err;
	for (size_t used = 0; status == DIALOG_FRAME;) {
		used += dialog_take(&h->dialog, data + used, len - used, &status);
		if (status == DIALOG_FRAME && keep_frame(h, &err))
			return host_fail(h, OUTCOME_INTERNAL, err.text);
	}
	if (status != DIALOG_OVER)
		return true;
	if (h->dialog.verdict.outcome != OUTCOME_OK)
		return take_verdict(h);
	return h->unsynced ? false : host_part(h); /* otherwise in host_run_synced() */
}

bool host_step_talk(struct host_run *h)
{
	char data[READ_SIZE];
	size_t len;
	if (h->unsynced && h->dialog.state == DIALOG_ENDED)
		return false;
	enum ssh_status s = write_all(h);
	if (s != SSH_FAILED) /* also when it cannot write: the client may wait for us to read */
		s = ssh_session_read(h->session, data, sizeof data, &len);
	if (s == SSH_AGAIN)
		return false;
	if (s == SSH_FAILED)
		return lose(h);
	if (len)
		return feed(h, data, len);
	dialog_end(&h->dialog, ssh_session_complaint(h->session));
	return take_verdict(h);
}

/* What still comes is dropped. False when the client has ended, or the connection. */
static bool drain(struct host_run *h)
{
	char data[READ_SIZE];
	size_t len;
	enum ssh_status s;
	do
		s = ssh_session_read(h->session, data, sizeof data, &len);
	while (s == SSH_DONE && len);
	return s == SSH_AGAIN;
}

bool host_step_farewell(struct host_run *h)
{
	enum ssh_status s = write_all(h);
	if (s == SSH_DONE)
		s = ssh_session_send_eof(h->session);
	if (s == SSH_FAILED)
		return host_finish(h);
	if (s == SSH_AGAIN)
		return drain(h) ? false : host_finish(h);
	host_enter(h, HOST_LINGER);
	return true;
}

bool host_step_linger(struct host_run *h)
{
	return drain(h) ? false : host_finish(h);
}
