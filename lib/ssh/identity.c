#include "lib/ssh/identity.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/buffer.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/ssh/agent.h"
#include "lib/ssh/openssh_key.h"
#include "lib/ssh/reader.h"

enum {
	KEY_FILE_MAX = 64 * 1024,
	PASSPHRASE_MAX = 1024,
	MSG_USERAUTH_REQUEST = 50,
	SESSION_ID_MIN = 20, /* the exchange hash: SHA-1 to SHA-512 */
	SESSION_ID_MAX = 64,
};

/* One of the two. */
struct identity {
	struct openssh_key *key;
	struct agent *agent;
	char *public_file;   /* for messages; NULL when any key of the agent will do */
	uint8_t *agent_blob; /* as that file has it, then as the agent has */
	size_t agent_blob_len;
};

static struct slice public_of(const struct identity *id)
{
	return id->key ? openssh_key_public(id->key)
		       : (struct slice){ id->agent_blob, id->agent_blob_len };
}

/* Its answer comes in identity_go_on(). */
static int open_agent(struct identity *id, const char *path, struct error *err)
{
	if (!path)
		path = getenv("SSH_AUTH_SOCK");
	if (!path || !*path)
		return error_set(err, "agent: SSH_AUTH_SOCK is not set; write agent:PATH");
	return agent_open(path, &id->agent, err) < 0 ? -1 : agent_ask_keys(id->agent, err);
}

static int take_agent_key(struct identity *id, struct error *err)
{
	uint8_t *blob;
	size_t len;
	if (agent_take_key(id->agent, public_of(id), &blob, &len, err) < 0)
		return -1;
	free(id->agent_blob);
	id->agent_blob = blob;
	id->agent_blob_len = len;
	return 0;
}

/* FILE.pub: the agent at $SSH_AUTH_SOCK has to hold the private half. */
static int open_public(struct identity *id, const char *file, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	if (file_read(file, FILE_TRUSTED, KEY_FILE_MAX, &text, err) < 0)
		return -1;
	const char *base64 = text.data ? strchr(text.data, ' ') : NULL;
	size_t len = base64 ? strcspn(base64 + 1, " \t\r\n") : 0;
	id->agent_blob = malloc(len + 1);
	id->public_file = strdup(file);
	if (!id->agent_blob || !id->public_file)
		return error_set(err, "%s: no memory", file);
	if (len == 0 ||
		base64_decode(id->agent_blob, len, base64 + 1, len, &id->agent_blob_len) < 0)
		return error_set(err, "%s: is not a public key", file);
	return open_agent(id, NULL, err) < 0 ? error_context(err, "%s", file) : 0;
}

static int open_private(
	struct identity *id, const char *file, const char *passphrase_file, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	CLEANUP(buffer_wipe) struct buffer passphrase = { 0 };
	if (file_read(file, FILE_SECRET, KEY_FILE_MAX, &text, err) < 0)
		return -1;
	if (*passphrase_file &&
		file_read(passphrase_file, FILE_SECRET, PASSPHRASE_MAX, &passphrase, err) < 0)
		return -1;
	if (passphrase.data)
		passphrase.data[strcspn(passphrase.data, "\r\n")] = 0;
	return openssh_key_begin(
		file, text.data ? text.data : "", text.len, passphrase.data, &id->key, err);
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);
	return len >= tail && strcmp(text + len - tail, suffix) == 0;
}

static int open_any(
	struct identity *id, const char *file, const char *passphrase_file, struct error *err)
{
	if (strcmp(file, "agent") == 0)
		return open_agent(id, NULL, err);
	if (strncmp(file, "agent:", strlen("agent:")) == 0)
		return open_agent(id, file + strlen("agent:"), err);
	if (has_suffix(file, ".pub"))
		return open_public(id, file, err);
	return open_private(id, file, passphrase_file, err);
}

int identity_begin(const char *file, const char *passphrase_file, struct identity **ret_identity,
	struct error *err)
{
	struct identity *id = calloc(1, sizeof *id);
	if (!id)
		return error_set(err, "%s: no memory", file);
	if (open_any(id, file, passphrase_file, err) < 0) {
		identity_close(id);
		return -1;
	}
	*ret_identity = id;
	return 0;
}

int identity_go_on(struct identity *id, struct error *err)
{
	if (id->key)
		return openssh_key_go_on(id->key, err);
	int rc = agent_go_on(id->agent, err);
	if (rc == 0)
		rc = take_agent_key(id, err);
	return rc < 0 && id->public_file ? error_context(err, "%s", id->public_file) : rc;
}

bool identity_waits(const struct identity *id, struct pollfd *ret_fd, int64_t *ret_deadline_ms)
{
	return id->agent && agent_waits(id->agent, ret_fd, ret_deadline_ms);
}

/* For those who have nothing else to do. */
static void wait_for(const struct identity *id)
{
	struct pollfd fd;
	int64_t deadline_ms, left;
	if (identity_waits(id, &fd, &deadline_ms) &&
		(left = deadline_ms - clock_monotonic_ms()) > 0)
		(void)poll(&fd, 1, (int)left);
}

int identity_open(const char *file, const char *passphrase_file, struct identity **ret_identity,
	struct error *err)
{
	struct identity *id;
	int rc;
	if (identity_begin(file, passphrase_file, &id, err) < 0)
		return -1;
	do
		wait_for(id);
	while ((rc = identity_go_on(id, err)) == 1);
	if (rc < 0)
		identity_close(id);
	else
		*ret_identity = id;
	return rc;
}

uint32_t identity_rounds(const struct identity *id)
{
	return id->key ? openssh_key_rounds(id->key) : 0;
}

void identity_close(struct identity *id)
{
	if (!id)
		return;
	openssh_key_destroy(id->key);
	agent_close(id->agent);
	free(id->agent_blob);
	free(id->public_file);
	free(id);
}

const uint8_t *identity_public(const struct identity *id, size_t *ret_len)
{
	struct slice blob = public_of(id);
	*ret_len = blob.len;
	return blob.data;
}

/* RFC 4252, section 7: what is signed to log in, and nothing else. */
static bool is_login_with(struct slice blob, const uint8_t *data, size_t len)
{
	struct reader r = { data, len }, b = { blob.data, blob.len };
	struct slice session, user, service, method, algorithm, key, type;
	uint8_t message, with_signature;
	return reader_string(&r, &session) && session.len >= SESSION_ID_MIN &&
	       session.len <= SESSION_ID_MAX && reader_byte(&r, &message) &&
	       message == MSG_USERAUTH_REQUEST && reader_string(&r, &user) &&
	       reader_string(&r, &service) && slice_is_text(service, "ssh-connection") &&
	       reader_string(&r, &method) && slice_is_text(method, "publickey") &&
	       reader_byte(&r, &with_signature) && with_signature == 1 &&
	       reader_string(&r, &algorithm) && reader_string(&b, &type) &&
	       slice_is(algorithm, type.data, type.len) && reader_string(&r, &key) &&
	       slice_is(key, blob.data, blob.len) && r.left == 0;
}

int identity_sign_begin(struct identity *id, const uint8_t *data, size_t len, uint8_t **ret_sig,
	size_t *ret_len, struct error *err)
{
	struct slice blob = public_of(id);
	if (!is_login_with(blob, data, len))
		return error_set(err, "refused to sign what is not a login with this key");
	if (id->key)
		return openssh_key_sign(id->key, data, len, ret_sig, ret_len, err);
	return agent_ask_signature(id->agent, blob, (struct slice){ data, len }, err) < 0 ? -1 : 1;
}

int identity_sign_go_on(struct identity *id, uint8_t **ret_sig, size_t *ret_len, struct error *err)
{
	int rc = agent_go_on(id->agent, err);
	return rc == 0 ? agent_take_signature(id->agent, ret_sig, ret_len, err) : rc;
}

int identity_sign(struct identity *id, const uint8_t *data, size_t len, uint8_t **ret_sig,
	size_t *ret_len, struct error *err)
{
	int rc = identity_sign_begin(id, data, len, ret_sig, ret_len, err);
	while (rc == 1) {
		wait_for(id);
		rc = identity_sign_go_on(id, ret_sig, ret_len, err);
	}
	return rc;
}
