/*
 * libssh2, tamed. It is only ever called in its non-blocking mode, over a socket of ours
 * (stream.h) and memory of ours (memory.h), which between them cure most of what a hostile
 * host could do to it. What is left of its manners to mind stands beside the call.
 */
#include "lib/ssh/session.h"

#include <errno.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/escape.h"
#include "lib/ssh/hello.h"
#include "lib/ssh/memory.h"
#include "lib/ssh/reader.h"
#include "lib/ssh/stream.h"

enum {
	HANDSHAKE_BYTES_MAX = 64 * 1024, /* banner, lists and keys take under 8 KiB */
	MEMORY_MAX = 6 * 1024 * 1024,
	WINDOW_SIZE = 512 * 1024,
	PACKET_SIZE = 32 * 1024,
	METHODS_MAX = 512,
};

struct ssh_session {
	LIBSSH2_SESSION *lib;
	LIBSSH2_CHANNEL *channel;
	struct stream stream;
	struct memory memory;
	struct ssh_budget budget;
	enum stage stage;
	bool failed;
	bool in_handshake; /* libssh2 is in the middle of it */

	char host_key_methods[METHODS_MAX];
	char key_type[64];
	struct slice key_blob;

	ssh_sign *sign;
	void *sign_arg;
	bool sign_failed, sign_waits;
	const char *password; /* valid during the step */
	bool answered;
	enum { LOGIN_UNKNOWN, LOGIN_PASSWORD, LOGIN_INTERACTIVE } login;

	char complaint[256]; /* what the command's standard error began with */
	char farewell[128];  /* the text of the host's disconnect message */
	enum outcome outcome;
	char reason[512];
};

/* Host-key types as known_hosts names them, best first, and the algorithms that prove one. */
static const struct {
	const char *type, *methods[3];
} key_types[] = {
	{ "ssh-ed25519", { "ssh-ed25519" } },
	{ "ecdsa-sha2-nistp256", { "ecdsa-sha2-nistp256" } },
	{ "ecdsa-sha2-nistp384", { "ecdsa-sha2-nistp384" } },
	{ "ecdsa-sha2-nistp521", { "ecdsa-sha2-nistp521" } },
	{ "ssh-rsa", { "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa" } },
};

int ssh_global_init(struct error *err)
{
	if (libssh2_init(0) != 0)
		return error_set(err, "libssh2 cannot be started");
	return 0;
}

/* Callbacks. */

static void *on_alloc(size_t size, void **abstract)
{
	struct ssh_session *s = *abstract;
	return memory_alloc(&s->memory, size);
}

static void *on_realloc(void *p, size_t size, void **abstract)
{
	struct ssh_session *s = *abstract;
	return memory_realloc(&s->memory, p, size);
}

static void on_free(void *p, void **abstract)
{
	struct ssh_session *s = *abstract;
	memory_free(&s->memory, p);
}

static ssize_t on_recv(libssh2_socket_t fd, void *data, size_t size, int flags, void **abstract)
{
	(void)fd, (void)flags;
	struct ssh_session *s = *abstract;
	return stream_recv(&s->stream, data, size);
}

static ssize_t on_send(
	libssh2_socket_t fd, const void *data, size_t len, int flags, void **abstract)
{
	(void)fd, (void)flags;
	struct ssh_session *s = *abstract;
	return stream_send(&s->stream, data, len);
}

static void on_disconnect(LIBSSH2_SESSION *lib, int reason, const char *text, int len,
	const char *language, int language_len, void **abstract)
{
	(void)lib, (void)reason, (void)language, (void)language_len;
	struct ssh_session *s = *abstract;
	if (text && len > 0)
		(void)escape_text(s->farewell, sizeof s->farewell, text, (size_t)len);
}

static int on_sign(LIBSSH2_SESSION *lib, unsigned char **ret_sig, size_t *ret_len,
	const unsigned char *data, size_t len, void **abstract)
{
	(void)lib;
	struct ssh_session *s = *abstract;
	uint8_t *sig = NULL;
	size_t sig_len = 0;
	int rc = s->sign(s->sign_arg, data, len, &sig, &sig_len);
	s->sign_waits = rc == 1;
	if (s->sign_waits)
		return LIBSSH2_ERROR_EAGAIN;
	/* libssh2 frees it, so it has to be of the session's memory. */
	unsigned char *copy = rc == 0 ? memory_alloc(&s->memory, sig_len) : NULL;
	s->sign_failed = !copy;
	if (copy) {
		memcpy(copy, sig, sig_len);
		*ret_sig = copy;
		*ret_len = sig_len;
	}
	free(sig);
	return copy ? 0 : -1;
}

/* Answers one hidden prompt with the password; anything else gets an empty answer. */
static void on_prompt(const char *name, int name_len, const char *text, int text_len, int count,
	const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts, LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses,
	void **abstract)
{
	(void)name, (void)name_len, (void)text, (void)text_len;
	struct ssh_session *s = *abstract;
	if (count != 1 || prompts[0].echo || s->answered)
		return;
	size_t len = strlen(s->password);
	responses[0].text = memory_alloc(&s->memory, len + 1);
	if (!responses[0].text)
		return;
	memcpy(responses[0].text, s->password, len + 1);
	responses[0].length = (unsigned int)len;
	s->answered = true; /* one attempt */
}

static void set_callback(LIBSSH2_SESSION *lib, int type, void (*function)(void))
{
#if LIBSSH2_VERSION_NUM >= 0x010b01
	(void)libssh2_session_callback_set2(lib, type, function);
#else
	(void)libssh2_session_callback_set(lib, type, (void *)(uintptr_t)function);
#endif
}

/* Setting up. */

/* The methods of one kind that this libssh2 can do, as one list with commas. */
static void supported(LIBSSH2_SESSION *lib, int kind, char *out, size_t size)
{
	const char **names = NULL;
	int count = libssh2_session_supported_algs(lib, kind, &names);
	size_t used = 0;
	out[0] = 0;
	for (int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "", names[i]);
	if (names)
		libssh2_free(lib, names);
}

static bool list_has(const char *list, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = list; (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == 0))
			return true;
	return false;
}

static bool is_recorded(const char *type, const struct host_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!keys[i].revoked && strcmp(keys[i].type, type) == 0)
			return true;
	return false;
}

/* The host-key algorithms to offer: those of the recorded keys, or all. libssh2 1.10 would
 * prefer ecdsa, so the order is said in any case; and it strips names it does not know with an
 * overlapping memcpy, so it is only told names it knows. */
static void choose_host_key_methods(
	struct ssh_session *s, const struct host_key *keys, size_t count)
{
	char known[METHODS_MAX];
	char *out = s->host_key_methods;
	size_t used = 0;
	supported(s->lib, LIBSSH2_METHOD_HOSTKEY, known, sizeof known);
	for (size_t i = 0; i < ARRAY_LEN(key_types); i++) {
		if (count > 0 && !is_recorded(key_types[i].type, keys, count))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(key_types[i].methods); k++) {
			const char *method = key_types[i].methods[k];
			if (method && list_has(known, method))
				used += (size_t)snprintf(out + used, METHODS_MAX - used, "%s%s",
					used ? "," : "", method);
		}
	}
	if (used == 0 && count > 0) /* recorded, but as nothing that could ever be verified */
		choose_host_key_methods(s, NULL, 0);
}

static int setup(struct ssh_session *s, const struct host_key *keys, size_t count)
{
	int one = 1;
	/* Fails on a Unix socket, where it is not needed. */
	(void)setsockopt(s->stream.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	s->lib = libssh2_session_init_ex(on_alloc, on_free, on_realloc, s);
	if (!s->lib)
		return -1;
	libssh2_session_set_blocking(s->lib, 0);
	set_callback(s->lib, LIBSSH2_CALLBACK_RECV, (void (*)(void))on_recv);
	set_callback(s->lib, LIBSSH2_CALLBACK_SEND, (void (*)(void))on_send);
	set_callback(s->lib, LIBSSH2_CALLBACK_DISCONNECT, (void (*)(void))on_disconnect);
	choose_host_key_methods(s, keys, count);
	return libssh2_session_method_pref(s->lib, LIBSSH2_METHOD_HOSTKEY, s->host_key_methods);
}

int ssh_session_create(int fd, const struct ssh_budget *budget, const struct host_key *keys,
	size_t key_count, struct ssh_session **ret_session, struct error *err)
{
	struct ssh_session *s = calloc(1, sizeof *s);
	if (!s) {
		struct stream alone = { .fd = fd };
		stream_finish(&alone);
		return error_set(err, "no memory for an SSH session");
	}
	s->budget = *budget;
	s->stage = STAGE_HANDSHAKE;
	s->memory.max = MEMORY_MAX;
	s->stream = (struct stream){
		.fd = fd,
		.turn_left = budget->turn_bytes,
		.left = HANDSHAKE_BYTES_MAX,
		.keep_head = true,
	};
	if (setup(s, keys, key_count) != 0) {
		ssh_session_destroy(s);
		return error_set(err, "libssh2 cannot make a session");
	}
	*ret_session = s;
	return 0;
}

/* Failures. */

/* When a connection ends, what that says depends on how far it had come. */
static const struct {
	enum outcome outcome;
	const char *when, *hint;
} stages[STAGE_COUNT] = {
	[STAGE_HANDSHAKE] = { OUTCOME_REFUSED, "before the key exchange was done",
		"its sshd may be at its limit (MaxStartups) or refuse this address" },
	[STAGE_AUTH] = { OUTCOME_AUTH, "during the login",
		"its log says why (AllowUsers, MaxAuthTries, penalties)" },
	[STAGE_EXEC] = { OUTCOME_NO_SHELL, "when a command was to be run", "its log says why" },
	[STAGE_RUN] = { OUTCOME_TRUNCATED, "while the command ran", "" },
};

enum outcome ssh_connect_outcome(int errnum)
{
	switch (errnum) {
	case ECONNREFUSED:
	case ECONNRESET:
	case EPIPE:
	case EACCES:
	case EPERM:
		return OUTCOME_REFUSED;
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENETDOWN:
		return OUTCOME_TIMEOUT;
	default:
		return OUTCOME_INTERNAL;
	}
}

static enum ssh_status fail(struct ssh_session *s, enum outcome outcome, const char *reason)
{
	s->failed = true;
	s->outcome = outcome;
	(void)snprintf(s->reason, sizeof s->reason, "%s", reason);
	return SSH_FAILED;
}

static enum ssh_status fail_closed(struct ssh_session *s)
{
	char text[sizeof s->reason];
	const char *hint = stages[s->stage].hint;
	(void)snprintf(text, sizeof text, "the host closed the connection %s%s%s%s%s",
		stages[s->stage].when, s->farewell[0] ? "; it says: " : "", s->farewell,
		hint[0] ? "; " : "", hint);
	return fail(s, stages[s->stage].outcome, text);
}

static enum ssh_status fail_socket(struct ssh_session *s)
{
	char text[sizeof s->reason];
	bool connected = s->stream.received > 0;
	if (connected && (s->stream.errnum == ECONNRESET || s->stream.errnum == EPIPE))
		return fail_closed(s);
	(void)snprintf(text, sizeof text, "%s %s", strerror(s->stream.errnum),
		connected ? stages[s->stage].when : "when connecting");
	return fail(s, connected ? stages[s->stage].outcome : ssh_connect_outcome(s->stream.errnum),
		text);
}

static enum ssh_status fail_flood(struct ssh_session *s)
{
	char text[sizeof s->reason];
	if (s->stage == STAGE_HANDSHAKE)
		return fail(s, OUTCOME_TOO_LARGE,
			"it sends and sends before the key exchange: not an SSH server?");
	(void)snprintf(text, sizeof text, "it sent more than %llu bytes",
		(unsigned long long)s->budget.session_bytes);
	return fail(s, OUTCOME_TOO_LARGE, text);
}

static enum ssh_status fail_kex(struct ssh_session *s)
{
	static const int kinds[HELLO_LISTS] = { LIBSSH2_METHOD_KEX, LIBSSH2_METHOD_HOSTKEY,
		LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC, LIBSSH2_METHOD_MAC_CS,
		LIBSSH2_METHOD_MAC_SC, LIBSSH2_METHOD_COMP_CS, LIBSSH2_METHOD_COMP_SC };
	char names[HELLO_LISTS][METHODS_MAX], text[sizeof s->reason];
	const char *ours[HELLO_LISTS];
	struct hello hello;
	for (int i = 0; i < HELLO_LISTS; i++) {
		supported(s->lib, kinds[i], names[i], sizeof names[i]);
		ours[i] = i == HELLO_HOST_KEY ? s->host_key_methods : names[i];
	}
	if (hello_parse((const uint8_t *)s->stream.head.data, s->stream.head.len, &hello) ==
			HELLO_OK &&
		hello_mismatch(&hello, ours, text, sizeof text) == 0)
		return fail(s, OUTCOME_NO_COMMON_ALGORITHM, text);
	return fail(s, OUTCOME_NO_COMMON_ALGORITHM, "the lists of algorithms do not meet");
}

static enum ssh_status fail_auth(struct ssh_session *s)
{
	if (s->sign_failed)
		return fail(s, OUTCOME_INTERNAL, "the login could not be signed");
	if (s->sign)
		return fail(s, OUTCOME_AUTH,
			"the host does not take this key: is its public half in the user's "
			"authorized_keys there?");
	return fail(s, OUTCOME_AUTH, "the host does not take this password");
}

static enum ssh_status fail_library(struct ssh_session *s, int rc)
{
	char text[sizeof s->reason], *message = NULL;
	int len = 0;
	(void)libssh2_session_last_error(s->lib, &message, &len, 0);
	(void)snprintf(
		text, sizeof text, "%.*s (libssh2 error %d)", len, message ? message : "", rc);
	return fail(s, stages[s->stage].outcome, text);
}

/* What libssh2's result means. Trouble with the connection is remembered by the stream and
 * counts only once libssh2 has nothing more to give. */
static enum ssh_status conclude(struct ssh_session *s, int rc)
{
	if (rc >= 0)
		return SSH_DONE;
	if (rc == LIBSSH2_ERROR_EAGAIN || rc == LIBSSH2_ERROR_TIMEOUT)
		switch (s->stream.loss) {
		case STREAM_FINE:
			return rc == LIBSSH2_ERROR_EAGAIN
				       ? SSH_AGAIN
				       : fail(s, OUTCOME_TIMEOUT, "no answer to the login");
		case STREAM_EOF:
			return fail_closed(s);
		case STREAM_ERROR:
			return fail_socket(s);
		case STREAM_FLOOD:
			return fail_flood(s);
		case STREAM_STUFFED:
			return fail(s, OUTCOME_TOO_LARGE, "it asks and does not take answers");
		}
	switch (rc) {
	case LIBSSH2_ERROR_KEX_FAILURE:
		return fail_kex(s);
	case LIBSSH2_ERROR_BANNER_RECV:
		return fail(s, OUTCOME_REFUSED, "what answers there is not an SSH server");
	case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
	case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
	case LIBSSH2_ERROR_PASSWORD_EXPIRED:
		return fail_auth(s);
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
		return fail_closed(s);
	case LIBSSH2_ERROR_CHANNEL_FAILURE:
	case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
		return fail(s, OUTCOME_NO_SHELL, "the host refuses to run a command");
	case LIBSSH2_ERROR_ALLOC:
		return fail(
			s, OUTCOME_TOO_LARGE, "it asks for more memory than a session may take");
	default:
		return fail_library(s, rc);
	}
}

/* Steps. */

static bool begin(struct ssh_session *s, enum stage stage)
{
	s->stage = stage;
	s->sign_waits = false;
	stream_flush(&s->stream);
	return !s->failed;
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
	int rc = libssh2_session_handshake(s->lib, s->stream.fd);
	s->in_handshake = rc == LIBSSH2_ERROR_EAGAIN;
	enum ssh_status status = conclude(s, rc);
	if (status == SSH_DONE) {
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

const char *ssh_session_banner(const struct ssh_session *s)
{
	const char *banner = libssh2_session_banner_get(s->lib);
	return banner ? banner : "";
}

enum ssh_status ssh_session_auth_key(struct ssh_session *s, const char *user,
	const uint8_t *public_blob, size_t blob_len, ssh_sign *sign, void *arg)
{
	if (!begin(s, STAGE_AUTH))
		return SSH_FAILED;
	s->sign = sign;
	s->sign_arg = arg;
	void *self = s;
	return conclude(
		s, libssh2_userauth_publickey(s->lib, user, public_blob, blob_len, on_sign, &self));
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
	s->login = list_has(list, "password") || !list_has(list, "keyboard-interactive")
			   ? LOGIN_PASSWORD
			   : LOGIN_INTERACTIVE;
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
	rc = libssh2_userauth_keyboard_interactive_ex(s->lib, user, user_len, on_prompt);
	return rc == -1 ? LIBSSH2_ERROR_AUTHENTICATION_FAILED : rc;
}

enum ssh_status ssh_session_auth_password(
	struct ssh_session *s, const char *user, const char *password)
{
	if (!begin(s, STAGE_AUTH))
		return SSH_FAILED;
	return conclude(s, try_login(s, user, password));
}

enum ssh_status ssh_session_exec(struct ssh_session *s, const char *command)
{
	if (!begin(s, STAGE_EXEC))
		return SSH_FAILED;
	if (!s->channel)
		s->channel = libssh2_channel_open_ex(
			s->lib, "session", strlen("session"), WINDOW_SIZE, PACKET_SIZE, NULL, 0);
	if (!s->channel)
		return conclude(s, libssh2_session_last_errno(s->lib));
	return conclude(s, libssh2_channel_process_startup(s->channel, "exec", strlen("exec"),
				   command, (unsigned int)strlen(command)));
}

enum ssh_status ssh_session_write(
	struct ssh_session *s, const void *data, size_t len, size_t *ret_len)
{
	*ret_len = 0;
	if (!begin(s, STAGE_RUN))
		return SSH_FAILED;
	if (s->stream.out.len > 0) /* the kernel is full: let the caller wait, not the queue grow */
		return conclude(s, LIBSSH2_ERROR_EAGAIN);
	ssize_t n = libssh2_channel_write_ex(s->channel, 0, data, len);
	if (n > 0)
		*ret_len = (size_t)n;
	return conclude(s, n == 0 && len > 0 ? LIBSSH2_ERROR_EAGAIN : (int)n);
}

enum ssh_status ssh_session_send_eof(struct ssh_session *s)
{
	if (!begin(s, STAGE_RUN))
		return SSH_FAILED;
	return conclude(s, libssh2_channel_send_eof(s->channel));
}

/* Nobody reads standard error here, but left alone it would fill the window and stop the
 * rest. Its beginning is kept: it may say why a command did not run. */
static ssize_t drain_stderr(struct ssh_session *s)
{
	char text[1024];
	ssize_t n = libssh2_channel_read_ex(s->channel, 1, text, sizeof text);
	if (n > 0 && s->complaint[0] == 0)
		(void)escape_text(s->complaint, sizeof s->complaint, text, strcspn(text, "\n"));
	return n;
}

static ssize_t queued(struct ssh_session *s)
{
	unsigned long bytes = 0;
	(void)libssh2_channel_window_read_ex(s->channel, &bytes, NULL);
	return (ssize_t)bytes;
}

/* A read of either stream takes in what came for both, so EAGAIN may only be said while
 * nothing is queued: no poll event would ever tell of it. */
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
			return LIBSSH2_ERROR_PROTO; /* data of a stream that does not exist */
	}
}

enum ssh_status ssh_session_read(struct ssh_session *s, void *data, size_t size, size_t *ret_len)
{
	*ret_len = 0;
	if (!begin(s, STAGE_RUN))
		return SSH_FAILED;
	ssize_t n = read_stdout(s, data, size);
	if (n > 0)
		*ret_len = (size_t)n;
	return conclude(s, (int)n);
}

const char *ssh_session_complaint(const struct ssh_session *s)
{
	return s->complaint;
}

short ssh_session_events(const struct ssh_session *s)
{
	short in = s->sign_waits ? 0 : POLLIN;
	return (short)(s->stream.out.len > 0 ? in | POLLOUT : in);
}

bool ssh_session_has_more(const struct ssh_session *s)
{
	return !s->sign_waits && stream_has_more(&s->stream);
}

void ssh_session_new_turn(struct ssh_session *s)
{
	s->stream.turn_left = s->budget.turn_bytes;
}

int ssh_session_fd(const struct ssh_session *s)
{
	return s->stream.fd;
}

enum outcome ssh_session_failure(const struct ssh_session *s, char *reason, size_t size)
{
	(void)snprintf(reason, size, "%s", s->reason);
	return s->outcome;
}

/* From here on nothing is received and nothing waits: every call into libssh2 that would, in
 * order to end things politely, sees a broken connection instead. A handshake that is under way
 * is called once more, for it frees its keys only by failing. */
static void free_library(struct ssh_session *s)
{
	if (!s->failed && s->stream.out.len == 0 && libssh2_userauth_authenticated(s->lib))
		(void)libssh2_session_disconnect(s->lib, "done");
	s->stream.closing = true;
	(void)shutdown(s->stream.fd, SHUT_RDWR);
	if (s->in_handshake)
		(void)libssh2_session_handshake(s->lib, s->stream.fd);
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
	free(s);
}
