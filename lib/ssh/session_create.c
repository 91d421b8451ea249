/*
 * Making a session: libssh2 on a socket and memory of ours, and what it calls back.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/escape.h"
#include "lib/ssh/session_private.h"

enum {
	HANDSHAKE_BYTES_MAX = 64 * 1024, /* banner, lists and keys take under 8 KiB */
	MEMORY_MAX = 1024 * 1024,	 /* what comes in one turn, four times */
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
	unsigned char byte;
	if (libssh2_init(0) != 0)
		return error_set(err, "libssh2 cannot be started");
	if (RAND_bytes(&byte, sizeof byte) != 1)
		return error_set(err, "libcrypto has no random numbers");
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

/* libssh2 1.11 may agree with a host on the marker of an extension (RFC 8308, section 2.1) as if
 * that were a key exchange, and calls what a marker does not have. Lists that leave it nothing
 * else therefore never reach it. (Those for new keys come encrypted, but get nowhere.) */
static void look_at_lists(struct ssh_session *s)
{
	char ours[SESSION_METHODS_MAX];
	struct hello hello;
	const struct buffer *head = &s->stream.head;
	if (s->lists != LISTS_UNSEEN ||
		hello_parse((const uint8_t *)head->data, head->len, &hello) != HELLO_OK)
		return;
	session_supported(s->lib, LIBSSH2_METHOD_KEX, ours, sizeof ours);
	s->lists = hello_has_exchange(&hello, ours) ? LISTS_FINE : LISTS_REFUSED;
}

static ssize_t on_recv(libssh2_socket_t fd, void *data, size_t size, int flags, void **abstract)
{
	(void)fd, (void)flags;
	struct ssh_session *s = *abstract;
	ssize_t n = stream_recv(&s->stream, data, size);
	if (n > 0 && size > 1) /* the version line, which comes first, is taken by the byte */
		look_at_lists(s);
	return s->lists == LISTS_REFUSED ? -ECONNABORTED : n;
}

/* A host may ask for new keys at any time (RFC 4253, section 9). libssh2 then forgets its method of
 * exchange, sends its own lists and only after that reads the host's. */
static bool is_asked_for_new_keys(struct ssh_session *s)
{
	s->wants_keys = s->has_keys && !libssh2_session_methods(s->lib, LIBSSH2_METHOD_KEX);
	return s->wants_keys;
}

static ssize_t on_send(
	libssh2_socket_t fd, const void *data, size_t len, int flags, void **abstract)
{
	(void)fd, (void)flags;
	struct ssh_session *s = *abstract;
	if (is_asked_for_new_keys(s))
		return -ECONNABORTED;
	return stream_send(&s->stream, data, len);
}

static void on_disconnect(LIBSSH2_SESSION *lib, int reason, const char *text, int len,
	const char *language, int language_len, void **abstract)
{
	(void)lib, (void)reason, (void)language, (void)language_len;
	struct ssh_session *s = *abstract;
	s->hung_up = true;
	if (text && len > 0)
		(void)escape_text(s->farewell, sizeof s->farewell, text, (size_t)len);
}

int session_on_sign(LIBSSH2_SESSION *lib, unsigned char **ret_sig, size_t *ret_len,
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

void session_on_prompt(const char *name, int name_len, const char *text, int text_len, int count,
	const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts, LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses,
	void **abstract)
{
	(void)name, (void)name_len, (void)text, (void)text_len;
	struct ssh_session *s = *abstract;
	if (count == 0) /* a word to the user */
		return;
	s->odd_prompts |= count != 1 || prompts[0].echo || s->answered;
	if (s->odd_prompts)
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

/* The carrier's channel in place of a socket. */

static ssize_t carried(enum ssh_status status, size_t len)
{
	return status == SSH_DONE ? (ssize_t)len : status == SSH_AGAIN ? -EAGAIN : -ECONNABORTED;
}

static ssize_t receive_through(void *arg, void *data, size_t size)
{
	size_t len;
	enum ssh_status status = ssh_session_read(arg, data, size, &len);
	return carried(status, len);
}

static ssize_t transmit_through(void *arg, const void *data, size_t len)
{
	size_t taken;
	enum ssh_status status = ssh_session_write(arg, data, len, &taken);
	return carried(status, taken);
}

/* Setting up. */

static bool is_marker(const char *name)
{
	return strcmp(name, "ext-info-c") == 0 || strncmp(name, "kex-strict-", 11) == 0;
}

void session_supported(LIBSSH2_SESSION *lib, int kind, char *out, size_t size)
{
	const char **names = NULL;
	int count = libssh2_session_supported_algs(lib, kind, &names);
	size_t used = 0;
	out[0] = 0;
	for (int i = 0; i < count && used < size; i++)
		if (!is_marker(names[i]))
			used += (size_t)snprintf(
				out + used, size - used, "%s%s", used ? "," : "", names[i]);
	if (names)
		libssh2_free(lib, names);
}

bool session_list_has(const char *list, const char *name)
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

/* The host-key algorithms to offer: those of the recorded keys, or all. libssh2 would prefer
 * ecdsa, so the order is said in any case; and 1.10 strips names it does not know with an
 * overlapping memcpy, so it is only told names it knows. */
static void choose_host_key_methods(
	struct ssh_session *s, const struct host_key *keys, size_t count)
{
	char known[SESSION_METHODS_MAX];
	char *out = s->host_key_methods;
	size_t used = 0;
	session_supported(s->lib, LIBSSH2_METHOD_HOSTKEY, known, sizeof known);
	for (size_t i = 0; i < ARRAY_LEN(key_types); i++) {
		if (count > 0 && !is_recorded(key_types[i].type, keys, count))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(key_types[i].methods); k++) {
			const char *method = key_types[i].methods[k];
			if (method && session_list_has(known, method))
				used += (size_t)snprintf(out + used, SESSION_METHODS_MAX - used,
					"%s%s", used ? "," : "", method);
		}
	}
	s->recorded = used > 0 && count > 0;
	if (used == 0 && count > 0) /* recorded, but as nothing that could ever be verified */
		choose_host_key_methods(s, NULL, 0);
}

static int setup(struct ssh_session *s, const struct host_key *keys, size_t count)
{
	int one = 1;
	/* Fails on a Unix socket, where it is not needed. */
	if (!s->carrier)
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

/* One of the two carries it; it is the session's own from here on. */
static int create(int fd, struct ssh_session *carrier, const struct ssh_budget *budget,
	const struct host_key *keys, size_t key_count, struct ssh_session **ret_session,
	struct error *err)
{
	struct ssh_session *s = calloc(1, sizeof *s);
	if (!s) {
		struct stream alone = { .fd = fd };
		stream_finish(&alone);
		ssh_session_destroy(carrier);
		return error_set(err, "no memory for an SSH session");
	}
	s->carrier = carrier;
	s->budget = *budget;
	s->stage = STAGE_HANDSHAKE;
	s->memory.max = MEMORY_MAX;
	s->stream = (struct stream){
		.fd = fd,
		.turn_left = budget->turn_bytes,
		.left = HANDSHAKE_BYTES_MAX,
		.keep_head = true,
	};
	if (carrier)
		s->stream.carrier =
			(struct stream_carrier){ receive_through, transmit_through, carrier };
	if (setup(s, keys, key_count) != 0) {
		ssh_session_destroy(s);
		return error_set(err, "libssh2 cannot make a session");
	}
	*ret_session = s;
	return 0;
}

int ssh_session_create(int fd, const struct ssh_budget *budget, const struct host_key *keys,
	size_t key_count, struct ssh_session **ret_session, struct error *err)
{
	return create(fd, NULL, budget, keys, key_count, ret_session, err);
}

int ssh_session_create_through(struct ssh_session *carrier, const struct ssh_budget *budget,
	const struct host_key *keys, size_t key_count, struct ssh_session **ret_session,
	struct error *err)
{
	return create(-1, carrier, budget, keys, key_count, ret_session, err);
}
