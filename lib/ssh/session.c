/*
 * libssh2, tamed. It is only ever called in its non-blocking mode, over a socket of ours
 * (stream.h) and memory of ours (memory.h), which between them cure most of what a hostile
 * host could do to it. What is left of its manners to mind stands beside the call.
 */
#include "lib/ssh/session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/escape.h"
#include "lib/ssh/session_private.h"

enum {
	WINDOW_SIZE = 512 * 1024,
	PACKET_SIZE = 32 * 1024,
};

static bool begin(struct ssh_session *s, enum stage stage)
{
	s->stage = stage;
	s->sign_waits = false;
	stream_flush(&s->stream);
	return !s->failed;
}

/* The step is over. What is left to be sent may go through a carrier that had no room for it when
 * the step began, and that no poll event will tell of. */
static enum ssh_status end(struct ssh_session *s, int rc)
{
	if (s->carrier)
		stream_flush(&s->stream);
	return session_conclude(s, rc);
}

static void take_host_key(struct ssh_session *s)
{
	struct slice type;
	s->key_blob.data = (const uint8_t *)libssh2_session_hostkey(s->lib, &s->key_blob.len, NULL);
	struct reader r = { s->key_blob.data, s->key_blob.data ? s->key_blob.len : 0 };
	if (reader_string(&r, &type))
		(void)escape_text(
			s->key_type, sizeof s->key_type, (const char *)type.data, type.len);
}

enum ssh_status ssh_session_handshake(struct ssh_session *s)
{
	if (!begin(s, STAGE_HANDSHAKE))
		return SSH_FAILED;
	int rc = libssh2_session_handshake(s->lib, ssh_session_fd(s));
	s->in_handshake = rc == LIBSSH2_ERROR_EAGAIN;
	enum ssh_status status = end(s, rc);
	if (status == SSH_DONE) {
		s->has_keys = true;
		stream_forget_head(&s->stream);
		s->stream.left = s->budget.session_bytes;
		take_host_key(s);
	}
	return status;
}

void ssh_session_host_key(const struct ssh_session *s, struct host_key *ret_key)
{
	*ret_key = (struct host_key){
		.type = s->key_type,
		.blob = s->key_blob.data,
		.blob_len = s->key_blob.len,
	};
}

bool ssh_session_heard(const struct ssh_session *s)
{
	return s->stream.received > 0;
}

const char *ssh_session_banner(const struct ssh_session *s)
{
	const char *banner = libssh2_session_banner_get(s->lib);
	return banner ? banner : "";
}

/* While a login is being signed nothing is read: of a reset connection every poll event would
 * tell anew, and no step take notice. */
static bool is_reset(const struct ssh_session *s)
{
	struct pollfd p = { .fd = ssh_session_fd(s) };
	return poll(&p, 1, 0) == 1;
}

static void break_off(struct ssh_session *s)
{
	if (s->carrier) {
		break_off(s->carrier);
		(void)session_conclude(s->carrier, LIBSSH2_ERROR_EAGAIN);
	}
	stream_break(&s->stream);
}

enum ssh_status ssh_session_auth_key(struct ssh_session *s, const char *user,
	const uint8_t *public_blob, size_t blob_len, ssh_sign *sign, void *arg)
{
	if (!begin(s, STAGE_AUTH))
		return SSH_FAILED;
	s->sign = sign;
	s->sign_arg = arg;
	void *self = s;
	int rc = libssh2_userauth_publickey(
		s->lib, user, public_blob, blob_len, session_on_sign, &self);
	if (s->sign_waits && is_reset(s))
		break_off(s);
	return end(s, rc);
}

/* Some hosts take a password only as the answer to a prompt, so it is asked first what they
 * take; that costs a round trip and does not count as an attempt. */
static int choose_login(struct ssh_session *s, const char *user)
{
	const char *list = libssh2_userauth_list(s->lib, user, (unsigned int)strlen(user));
	if (!list && libssh2_userauth_authenticated(s->lib))
		return 0;
	if (!list)
		return libssh2_session_last_errno(s->lib);
	if (session_list_has(list, "password"))
		s->login = LOGIN_PASSWORD;
	else if (session_list_has(list, "keyboard-interactive"))
		s->login = LOGIN_INTERACTIVE;
	else
		(void)escape_text(s->login_methods, sizeof s->login_methods, list, strlen(list));
	if (s->login == LOGIN_UNKNOWN)
		return LIBSSH2_ERROR_METHOD_NONE;
	return 0;
}

static int try_login(struct ssh_session *s, const char *user, const char *password)
{
	unsigned int user_len = (unsigned int)strlen(user);
	int rc = s->login == LOGIN_UNKNOWN ? choose_login(s, user) : 0;
	if (rc != 0 || libssh2_userauth_authenticated(s->lib))
		return rc;
	if (s->login == LOGIN_PASSWORD)
		return libssh2_userauth_password_ex(
			s->lib, user, user_len, password, (unsigned int)strlen(password), NULL);
	s->password = password;
	rc = libssh2_userauth_keyboard_interactive_ex(s->lib, user, user_len, session_on_prompt);
	return rc == -1 ? LIBSSH2_ERROR_AUTHENTICATION_FAILED : rc;
}

enum ssh_status ssh_session_auth_password(
	struct ssh_session *s, const char *user, const char *password)
{
	if (!begin(s, STAGE_AUTH))
		return SSH_FAILED;
	s->memory.is_secret = true;
	return end(s, try_login(s, user, password));
}

enum ssh_status ssh_session_forward(struct ssh_session *s, const char *host, uint16_t port)
{
	if (!begin(s, STAGE_CONNECT))
		return SSH_FAILED;
	s->is_carrier = true;
	s->channel = libssh2_channel_direct_tcpip_ex(s->lib, host, port, "127.0.0.1", 0);
	return end(s, s->channel ? 0 : libssh2_session_last_errno(s->lib));
}

enum ssh_status ssh_session_exec(struct ssh_session *s, const char *command)
{
	if (!begin(s, STAGE_EXEC))
		return SSH_FAILED;
	if (!s->channel)
		s->channel = libssh2_channel_open_ex(
			s->lib, "session", strlen("session"), WINDOW_SIZE, PACKET_SIZE, NULL, 0);
	if (!s->channel)
		return end(s, libssh2_session_last_errno(s->lib));
	return end(s, libssh2_channel_process_startup(s->channel, "exec", strlen("exec"), command,
			      (unsigned int)strlen(command)));
}

/* A write takes in what the host sent, and a read the room it gives for writing. What one of
 * them took in after the other had looked, no poll event will tell. */
static void look(const struct ssh_session *s, struct session_look *look, bool waits)
{
	*look = (struct session_look){ .waits = waits, .received = s->stream.received };
}

enum ssh_status ssh_session_write(
	struct ssh_session *s, const void *data, size_t len, size_t *ret_len)
{
	*ret_len = 0;
	if (!begin(s, STAGE_RUN))
		return SSH_FAILED;
	if (s->stream.out.len > 0) /* the kernel is full: let the caller wait, not the queue grow */
		return end(s, LIBSSH2_ERROR_EAGAIN);
	ssize_t n = libssh2_channel_write_ex(s->channel, 0, data, len);
	look(s, &s->write, n <= 0);
	if (n > 0)
		*ret_len = (size_t)n;
	return end(s, n == 0 && len > 0 ? LIBSSH2_ERROR_EAGAIN : (int)n);
}

enum ssh_status ssh_session_send_eof(struct ssh_session *s)
{
	if (!begin(s, STAGE_RUN))
		return SSH_FAILED;
	return end(s, libssh2_channel_send_eof(s->channel));
}

/* Nobody reads standard error here, but left alone it would fill the window and stop the
 * rest. Its beginning is kept: it may say why a command did not run. */
static ssize_t drain_stderr(struct ssh_session *s)
{
	char text[1024];
	ssize_t n = libssh2_channel_read_ex(s->channel, 1, text, sizeof text);
	if (n > 0 && s->complaint[0] == 0) {
		const char *end = memchr(text, '\n', (size_t)n);
		(void)escape_text(s->complaint, sizeof s->complaint, text,
			end ? (size_t)(end - text) : (size_t)n);
	}
	return n;
}

static ssize_t queued(const struct ssh_session *s)
{
	unsigned long bytes = 0;
	(void)libssh2_channel_window_read_ex(s->channel, &bytes, NULL);
	return (ssize_t)bytes;
}

/* A read of either stream takes in what came for both, so EAGAIN may only be said when neither
 * took anything in: no poll event would ever tell of what is queued. (Something queued that
 * nobody takes is data of a stream that does not exist, or waits for new keys.) */
static ssize_t read_stdout(struct ssh_session *s, void *data, size_t size)
{
	for (;;) {
		uint64_t before = s->stream.received;
		ssize_t n = libssh2_channel_read_ex(s->channel, 0, data, size);
		if (n > 0 || (n < 0 && n != LIBSSH2_ERROR_EAGAIN))
			return n;
		if (libssh2_channel_eof(s->channel))
			return 0;
		if (queued(s) == 0)
			return LIBSSH2_ERROR_EAGAIN;
		n = drain_stderr(s);
		if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
			return n;
		if (n <= 0 && s->stream.received == before)
			return LIBSSH2_ERROR_EAGAIN;
	}
}

enum ssh_status ssh_session_read(struct ssh_session *s, void *data, size_t size, size_t *ret_len)
{
	*ret_len = 0;
	if (!begin(s, STAGE_RUN))
		return SSH_FAILED;
	ssize_t n = read_stdout(s, data, size);
	look(s, &s->read, n == LIBSSH2_ERROR_EAGAIN);
	if (n > 0)
		*ret_len = (size_t)n;
	return end(s, (int)n);
}

const char *ssh_session_complaint(const struct ssh_session *s)
{
	return s->complaint;
}

short ssh_session_events(const struct ssh_session *s)
{
	short in = s->sign_waits ? 0 : POLLIN;
	short out = s->stream.out.len > 0 ? POLLOUT : 0;
	if (s->carrier) /* may wait for its window, which is not POLLOUT */
		out = ssh_session_events(s->carrier) & POLLOUT;
	return (short)(in | out);
}

static bool has_missed(const struct ssh_session *s, const struct session_look *look)
{
	return look->waits && look->received < s->stream.received;
}

bool ssh_session_has_more(const struct ssh_session *s)
{
	if (s->failed || s->sign_waits)
		return false;
	return stream_has_more(&s->stream) || has_missed(s, &s->read) || has_missed(s, &s->write) ||
	       (s->carrier && ssh_session_has_more(s->carrier));
}

/* Who does not look although told has given up reading or writing, and is not to spin. */
static void stop_telling(const struct ssh_session *s, struct session_look *look)
{
	if (has_missed(s, look) && ++look->turns > 2)
		look->waits = false;
}

void ssh_session_new_turn(struct ssh_session *s)
{
	s->stream.turn_left = s->budget.turn_bytes;
	stop_telling(s, &s->read);
	stop_telling(s, &s->write);
	if (s->carrier)
		ssh_session_new_turn(s->carrier);
}

int ssh_session_fd(const struct ssh_session *s)
{
	return s->carrier ? ssh_session_fd(s->carrier) : s->stream.fd;
}

enum outcome ssh_session_failure(const struct ssh_session *s, char *reason, size_t size)
{
	(void)snprintf(reason, size, "%s", s->reason);
	return s->outcome;
}

size_t ssh_session_failed_below(const struct ssh_session *s)
{
	return s->carrier_failed ? 1 + ssh_session_failed_below(s->carrier) : 0;
}

size_t ssh_session_memory(const struct ssh_session *s, size_t *ret_below)
{
	size_t sum = 0, most = 0;
	*ret_below = 0;
	for (size_t below = 0; s; s = s->carrier, below++) {
		size_t own = s->memory.used + s->stream.out.size + s->stream.head.size;
		sum += own;
		if (own > most)
			*ret_below = below;
		most = own > most ? own : most;
	}
	return sum;
}

/* From here on nothing is received and nothing waits: every call into libssh2 that would, in
 * order to end things politely, sees a broken connection instead. A handshake that is under way
 * is called once more, for it frees its keys only by failing. */
static void free_library(struct ssh_session *s)
{
	if (!s->failed && s->stream.out.len == 0 && libssh2_userauth_authenticated(s->lib))
		(void)libssh2_session_disconnect(s->lib, "done");
	s->stream.closing = true;
	if (!s->carrier)
		(void)shutdown(s->stream.fd, SHUT_RDWR);
	if (s->in_handshake)
		(void)libssh2_session_handshake(s->lib, ssh_session_fd(s));
	for (int tries = 0; tries < 8; tries++)
		if (libssh2_session_free(s->lib) != LIBSSH2_ERROR_EAGAIN)
			break;
}

void ssh_session_destroy(struct ssh_session *s)
{
	if (!s)
		return;
	if (s->lib)
		free_library(s);
	memory_finish(&s->memory);
	stream_finish(&s->stream);
	ssh_session_destroy(s->carrier);
	free(s);
}
