/*
 * What went wrong, as an outcome and as words that a person can act on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/ssh/session_private.h"

/* When a connection ends, what that says depends on how far it had come. */
static const struct {
	enum outcome outcome;
	const char *when, *hint;
} stages[STAGE_COUNT] = {
	[STAGE_CONNECT] = { OUTCOME_REFUSED, "when it was to connect on", "its log says why" },
	[STAGE_HANDSHAKE] = { OUTCOME_REFUSED, "before the key exchange was done",
		"its sshd may be at its limit (MaxStartups) or refuse this address" },
	[STAGE_AUTH] = { OUTCOME_AUTH, "during the login",
		"its log says why (AllowUsers, MaxAuthTries, penalties)" },
	[STAGE_EXEC] = { OUTCOME_NO_SHELL, "when a command was to be run", "its log says why" },
	[STAGE_RUN] = { OUTCOME_TRUNCATED, "while the command ran", "" },
};

static const char *when(const struct ssh_session *s)
{
	bool carries = s->is_carrier && s->stage == STAGE_RUN;
	return carries ? "while it carried another" : stages[s->stage].when;
}

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

/* Whether what came so far has no version line. libssh2 knows it too, but takes it, depending on
 * its version, for a bad banner or for a closed connection. */
static bool is_stranger(const struct ssh_session *s)
{
	struct hello hello;
	const struct buffer *head = &s->stream.head;
	return s->stage == STAGE_HANDSHAKE && head->len > 0 &&
	       hello_parse((const uint8_t *)head->data, head->len, &hello) == HELLO_MORE &&
	       hello.version.len == 0;
}

/* An sshd that is at its limit says so in a line of text, too. */
static enum ssh_status fail_stranger(struct ssh_session *s)
{
	char text[sizeof s->reason], said[128] = "";
	const struct buffer *head = &s->stream.head;
	const char *end = head->len > 0 ? memchr(head->data, '\n', head->len) : NULL;
	size_t len = end ? (size_t)(end - head->data) : head->len;
	if (len > 0)
		len -= head->data[len - 1] == '\r';
	if (len > 0)
		(void)escape_text(said, sizeof said, head->data, len);
	(void)snprintf(text, sizeof text,
		"what answers there is not an SSH server, or one that takes no more connections "
		"(MaxStartups, penalties)%s%s",
		said[0] ? "; it says: " : "", said);
	return fail(s, OUTCOME_REFUSED, text);
}

static enum ssh_status fail_starved(struct ssh_session *s)
{
	return fail(s, OUTCOME_INTERNAL, "out of memory");
}

static enum ssh_status fail_closed(struct ssh_session *s)
{
	if (is_stranger(s))
		return fail_stranger(s);
	char text[sizeof s->reason];
	const char *hint = stages[s->stage].hint;
	(void)snprintf(text, sizeof text, "the host closed the connection %s%s%s%s%s", when(s),
		s->farewell[0] ? "; it says: " : "", s->farewell, hint[0] ? "; " : "", hint);
	return fail(s, stages[s->stage].outcome, text);
}

/* What carries it failed, which says more than that the bytes ended here. */
static enum ssh_status fail_carrier(struct ssh_session *s)
{
	s->carrier_failed = true;
	if (s->carrier->outcome == OUTCOME_TOO_LARGE)
		return fail(s, OUTCOME_TOO_LARGE, s->carrier->reason);
	return fail(
		s, s->stage == STAGE_RUN ? OUTCOME_TRUNCATED : OUTCOME_REFUSED, s->carrier->reason);
}

static enum ssh_status fail_socket(struct ssh_session *s)
{
	char text[sizeof s->reason];
	bool connected = s->stream.received > 0;
	if (s->stream.errnum == ENOMEM)
		return fail_starved(s);
	if (connected && (s->stream.errnum == ECONNRESET || s->stream.errnum == EPIPE))
		return fail_closed(s);
	(void)snprintf(text, sizeof text, "%s %s", strerror(s->stream.errnum),
		connected ? when(s) : "when connecting");
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

static enum ssh_status fail_protocol(struct ssh_session *s, const char *what)
{
	char text[sizeof s->reason];
	(void)snprintf(text, sizeof text,
		"it does not keep to the SSH protocol, or what it sends is damaged on the way: %s",
		what);
	return fail(s, OUTCOME_PROTOCOL, text);
}

static enum ssh_status fail_kex(struct ssh_session *s)
{
	static const int kinds[HELLO_LISTS] = { LIBSSH2_METHOD_KEX, LIBSSH2_METHOD_HOSTKEY,
		LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC, LIBSSH2_METHOD_MAC_CS,
		LIBSSH2_METHOD_MAC_SC, LIBSSH2_METHOD_COMP_CS, LIBSSH2_METHOD_COMP_SC };
	char names[HELLO_LISTS][SESSION_METHODS_MAX], text[sizeof s->reason];
	const char *ours[HELLO_LISTS];
	struct hello hello;
	for (int i = 0; i < HELLO_LISTS; i++) {
		session_supported(s->lib, kinds[i], names[i], sizeof names[i]);
		ours[i] = i == HELLO_HOST_KEY ? s->host_key_methods : names[i];
	}
	if (hello_parse((const uint8_t *)s->stream.head.data, s->stream.head.len, &hello) !=
		HELLO_OK)
		return fail_protocol(s, "its lists of algorithms make no sense");
	enum hello_list list = hello_mismatch(&hello, ours);
	if (list == HELLO_LISTS)
		return fail(s, OUTCOME_NO_COMMON_ALGORITHM, "the algorithms do not fit together");
	hello_explain(&hello, list, ours[list], s->recorded, text, sizeof text);
	return fail(s, OUTCOME_NO_COMMON_ALGORITHM, text);
}

static enum ssh_status fail_auth(struct ssh_session *s)
{
	if (s->sign_failed)
		return fail(s, OUTCOME_INTERNAL, "the login could not be signed");
	if (s->sign)
		return fail(s, OUTCOME_AUTH,
			"the host does not take this key: is its public half in the user's "
			"authorized_keys there?");
	if (s->odd_prompts)
		return fail(s, OUTCOME_AUTH,
			"the host asks for more than a password, or would show it; use a key");
	return fail(s, OUTCOME_AUTH, "the host does not take this password");
}

static enum ssh_status fail_methods(struct ssh_session *s)
{
	char text[sizeof s->reason];
	(void)snprintf(text, sizeof text, "the host takes no password, only: %s", s->login_methods);
	return fail(s, OUTCOME_AUTH, text);
}

/* Of the two reasons that an SSH server gives by number (RFC 4254, section 5.1), libssh2 passes on
 * the words; the server's own words it drops. */
static enum ssh_status fail_channel(struct ssh_session *s)
{
	char *message = NULL;
	if (!s->is_carrier)
		return fail(s, OUTCOME_NO_SHELL, "the host refuses to run a command");
	(void)libssh2_session_last_error(s->lib, &message, NULL, 0);
	if (message && strstr(message, "prohibited"))
		return fail(s, OUTCOME_REFUSED,
			"it may not connect on: see AllowTcpForwarding and PermitOpen in its "
			"sshd_config, and restrict in authorized_keys, which needs port-forwarding "
			"behind it");
	return fail(s, OUTCOME_REFUSED,
		"it cannot connect on: the port is closed, or the address cannot be reached, or "
		"the name is not known there");
}

static enum ssh_status fail_new_keys(struct ssh_session *s)
{
	char text[sizeof s->reason];
	(void)snprintf(text, sizeof text,
		"the host asked for new keys %s, which so short a session does without; raise "
		"RekeyLimit there, to 16M or more",
		stages[s->stage].when);
	return fail(s, stages[s->stage].outcome, text);
}

static enum ssh_status fail_library(struct ssh_session *s, int rc)
{
	char text[256], *message = NULL;
	int len = 0;
	(void)libssh2_session_last_error(s->lib, &message, &len, 0);
	(void)snprintf(text, sizeof text, "%s (libssh2 error %d)",
		len > 0 ? message : "a packet that makes no sense", rc);
	return fail_protocol(s, text);
}

static enum ssh_status fail_for_want(struct ssh_session *s)
{
	if (s->memory.lack == MEMORY_STARVED)
		return fail_starved(s);
	return fail(s, OUTCOME_TOO_LARGE, "it asks for more memory than a session may take");
}

enum ssh_status session_conclude(struct ssh_session *s, int rc)
{
	if (rc >= 0)
		return SSH_DONE;
	if (s->lists == LISTS_REFUSED)
		return fail_kex(s);
	if (s->wants_keys)
		return fail_new_keys(s);
	if (rc == LIBSSH2_ERROR_EAGAIN || rc == LIBSSH2_ERROR_TIMEOUT)
		switch (s->stream.loss) {
		case STREAM_FINE:
			return rc == LIBSSH2_ERROR_EAGAIN
				       ? SSH_AGAIN
				       : fail(s, OUTCOME_TIMEOUT, "no answer to the login");
		case STREAM_EOF:
			return fail_closed(s);
		case STREAM_ERROR:
			return s->carrier && s->carrier->failed ? fail_carrier(s) : fail_socket(s);
		case STREAM_FLOOD:
			return fail_flood(s);
		case STREAM_STUFFED:
			return fail(s, OUTCOME_TOO_LARGE, "it asks and does not take answers");
		}
	if (s->memory.lack)
		return fail_for_want(s);
	if (s->hung_up) /* libssh2 often returns something less telling */
		return fail_closed(s);
	switch (rc) {
	case LIBSSH2_ERROR_KEX_FAILURE:
		return fail_kex(s);
	case LIBSSH2_ERROR_BANNER_RECV:
		return fail_stranger(s);
	case LIBSSH2_ERROR_METHOD_NONE:
		return fail_methods(s);
	case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
	case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
	case LIBSSH2_ERROR_PASSWORD_EXPIRED:
		return fail_auth(s);
	case LIBSSH2_ERROR_CHANNEL_FAILURE:
	case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
		return fail_channel(s);
	case LIBSSH2_ERROR_ALLOC: /* of libcrypto, whose memory is not counted */
		return fail_starved(s);
	default:
		return fail_library(s, rc);
	}
}
