/*
 * Secret keys live in one guarded, locked block that is read-only once it is filled. On the
 * way there they pass through the text of server.key, whose buffer is made large enough at
 * once (a grown one would leave copies behind) and wiped.
 */
#include "lib/crypto/seal.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/hex.h"
#include "lib/lock.h"

enum { KEY_SIZE = crypto_box_SECRETKEYBYTES, KEY_FILE_MAX = 64 * 1024, KEY_LINE_MAX = 256 };

_Static_assert(KEY_SIZE == 32 && crypto_box_PUBLICKEYBYTES == 32, "see server.key in seal.h");

struct secret {
	uint8_t key[KEY_SIZE];
	uint8_t nonce_key[crypto_generichash_KEYBYTES];
};

struct keyring {
	struct keyring_entry entries[KEYRING_KEYS_MAX];
	size_t count;
	struct secret *secrets; /* guarded */
};

int seal_init(struct error *err)
{
	return sodium_init() < 0 ? error_set(err, "libsodium does not start") : 0;
}

/* ---- the ring --------------------------------------------------------------------------- */

void keyring_destroy(struct keyring *ring)
{
	if (!ring)
		return;
	sodium_free(ring->secrets);
	free(ring);
}

static void destroy_ring(struct keyring **ring)
{
	int saved = errno;
	keyring_destroy(*ring);
	errno = saved;
}

static struct keyring *create_ring(void)
{
	struct keyring *ring = calloc(1, sizeof *ring);
	if (ring)
		ring->secrets = sodium_allocarray(KEYRING_KEYS_MAX, sizeof *ring->secrets);
	if (ring && !ring->secrets) {
		free(ring);
		return NULL;
	}
	return ring;
}

size_t keyring_count(const struct keyring *ring)
{
	return ring->count;
}

const struct keyring_entry *keyring_entry(const struct keyring *ring, size_t i)
{
	return &ring->entries[i];
}

static void key_id(const uint8_t public_key[static KEY_SIZE], char ret_id[static 17])
{
	uint8_t hash[crypto_generichash_BYTES];
	(void)crypto_generichash(hash, sizeof hash, public_key, KEY_SIZE, NULL, 0);
	(void)hex_encode(ret_id, hash, 8);
}

/* Fills what follows from the secret key of entry `i`. Returns -1 when it is no X25519 key. */
static int complete_entry(struct keyring *ring, size_t i)
{
	static const char purpose[] = "fleet-health report nonce";
	struct secret *secret = &ring->secrets[i];
	struct keyring_entry *entry = &ring->entries[i];
	if (crypto_scalarmult_base(entry->public_key, secret->key) < 0)
		return -1;
	key_id(entry->public_key, entry->id);
	return crypto_generichash(secret->nonce_key, sizeof secret->nonce_key,
		(const uint8_t *)purpose, strlen(purpose), secret->key, KEY_SIZE);
}

/* ---- server.key ------------------------------------------------------------------------- */

/* Cuts the next word off a line; "" at its end. */
static char *next_word(char **line)
{
	*line += strspn(*line, " \t");
	char *word = *line;
	*line += strcspn(*line, " \t");
	if (**line)
		*(*line)++ = 0;
	return word;
}

static int parse_line(struct keyring *ring, char *line, struct error *err)
{
	const char *id = next_word(&line);
	const char *created = next_word(&line);
	const char *key = next_word(&line);
	if (!*id || *id == '#')
		return 0;
	if (ring->count == KEYRING_KEYS_MAX)
		return error_set(err, "more than %d keys; remove the oldest", KEYRING_KEYS_MAX);
	struct keyring_entry *entry = &ring->entries[ring->count];
	if (strlen(created) >= sizeof entry->created || *next_word(&line) ||
		hex_decode(ring->secrets[ring->count].key, KEY_SIZE, key) < 0)
		return error_set(err, "is not `KEY-ID CREATED KEY`");
	memcpy(entry->created, created, strlen(created) + 1);
	if (complete_entry(ring, ring->count) < 0 || strcmp(entry->id, id) != 0)
		return error_set(err, "the key is not the one of this key id");
	ring->count++;
	return 0;
}

static int parse_file(struct keyring *ring, char *text, const char *path, struct error *err)
{
	int number = 1;
	for (char *line = text, *next; *line; line = next, number++) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		if (parse_line(ring, line, err) < 0)
			return error_context(err, "%s: line %d", path, number);
	}
	return ring->count ? 0 : error_set(err, "%s: holds no key", path);
}

int keyring_load(const char *path, struct keyring **ret_ring, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	CLEANUP(destroy_ring) struct keyring *ring = create_ring();
	char *room = buffer_reserve(&text, KEY_FILE_MAX);
	if (!ring || !room)
		return error_set(err, "%s: out of memory", path);
	*room = 0; /* text, also when the file is empty */
	if (file_read(path, FILE_SECRET, KEY_FILE_MAX, &text, err) < 0)
		return -1;
	errno = EINVAL;
	if (strlen(text.data) != text.len)
		return error_set(err, "%s: is not a text file", path);
	if (parse_file(ring, text.data, path, err) < 0)
		return -1;
	(void)sodium_mprotect_readonly(ring->secrets);
	*ret_ring = ring;
	ring = NULL;
	return 0;
}

/* The first key of a new ring; its other keys are those of `old`, which may be NULL. */
static struct keyring *renew_ring(const struct keyring *old)
{
	struct keyring *ring = create_ring();
	if (!ring)
		return NULL;
	ring->count = old ? old->count + 1 : 1;
	for (size_t i = 1; i < ring->count; i++) {
		ring->entries[i] = old->entries[i - 1];
		ring->secrets[i] = old->secrets[i - 1];
	}
	randombytes_buf(ring->secrets[0].key, KEY_SIZE);
	(void)complete_entry(ring, 0); /* every 32 bytes are an X25519 key (RFC 7748, section 5) */
	(void)clock_format_utc(clock_wall_ms(), ring->entries[0].created);
	return ring;
}

static int format_ring(const struct keyring *ring, bool secret, struct buffer *out)
{
	static const char *const titles[] = {
		"# Public keys that clients seal reports to: key id, created, X25519 key\n",
		"# SECRET keys that open reports, newest first: key id, created, X25519 key\n",
	};
	if (buffer_append_text(out, titles[secret]) < 0)
		return -1;
	int result = 0;
	char hex[2 * KEY_SIZE + 1];
	for (size_t i = 0; i < ring->count && result == 0; i++) {
		const struct keyring_entry *e = &ring->entries[i];
		(void)hex_encode(hex, secret ? ring->secrets[i].key : e->public_key, KEY_SIZE);
		result = buffer_printf(out, "%s %s %s\n", e->id, e->created, hex);
	}
	sodium_memzero(hex, sizeof hex);
	return result;
}

static int write_public(const struct keyring *ring, const char *path, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	if (format_ring(ring, false, &text) < 0)
		return error_set(err, "%s: out of memory", path);
	return file_write(path, text.data, text.len, 0644, err);
}

static int write_secret(
	const struct keyring *ring, const char *path, bool replace, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	if (!buffer_reserve(&text, KEY_FILE_MAX) || format_ring(ring, true, &text) < 0)
		return error_set(err, "%s: out of memory", path);
	return (replace ? file_write : file_create)(path, text.data, text.len, 0600, err);
}

/* The public half first: a key counts from the moment it is in server.key, and from then on
 * nothing may fail any more. */
static int write_ring(const struct keyring *ring, const struct keyring *old, const char *key_path,
	const char *pub_path, struct error *err)
{
	if (write_public(ring, pub_path, err) < 0)
		return -1;
	if (write_secret(ring, key_path, old, err) == 0)
		return 0;
	int saved = errno;
	if (old)
		(void)write_public(old, pub_path, NULL);
	else
		(void)unlink(pub_path);
	errno = saved;
	return -1;
}

int keyring_generate(const char *key_path, const char *pub_path, int rotate, struct error *err)
{
	CLEANUP(lock_release) struct lock lock = { 0 };
	CLEANUP(destroy_ring) struct keyring *old = NULL;
	if (lock_take(&lock, key_path, err) < 0)
		return -1;
	if (!rotate && file_is_there(key_path)) {
		errno = EEXIST;
		return error_errno(err, "%s", key_path);
	}
	if (rotate && keyring_load(key_path, &old, err) < 0)
		return -1;
	if (old && old->count == KEYRING_KEYS_MAX)
		return error_set(err,
			"%s: holds %d keys, the most there can be; remove the last line, the "
			"oldest",
			key_path, KEYRING_KEYS_MAX);
	CLEANUP(destroy_ring) struct keyring *ring = renew_ring(old);
	if (!ring)
		return error_set(err, "%s: out of memory", key_path);
	return write_ring(ring, old, key_path, pub_path, err);
}

/* ---- nonces and opening ----------------------------------------------------------------- */

void keyring_nonce(const struct keyring *ring, size_t i, const char *client, uint64_t attempt_id,
	uint8_t ret_nonce[static SEAL_NONCE_SIZE])
{
	uint8_t id[8];
	for (size_t k = 0; k < sizeof id; k++)
		id[k] = (uint8_t)(attempt_id >> 8 * k);
	const uint8_t *key = ring->secrets[i].nonce_key;
	crypto_generichash_state state;
	(void)crypto_generichash_init(&state, key, crypto_generichash_KEYBYTES, SEAL_NONCE_SIZE);
	/* the id first: it has one length, so no other pair gives the same bytes */
	(void)crypto_generichash_update(&state, id, sizeof id);
	(void)crypto_generichash_update(&state, (const uint8_t *)client, strlen(client));
	(void)crypto_generichash_final(&state, ret_nonce, SEAL_NONCE_SIZE);
}

void keyring_folder(
	const struct keyring *ring, size_t i, const char *client, char ret_id[static 17])
{
	uint8_t hash[crypto_generichash_BYTES];
	crypto_generichash_state state;
	(void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
	/* the id first: it has one length, so no other pair gives the same bytes */
	(void)crypto_generichash_update(&state, (const uint8_t *)ring->entries[i].id, 16);
	(void)crypto_generichash_update(&state, (const uint8_t *)client, strlen(client));
	(void)crypto_generichash_final(&state, hash, sizeof hash);
	(void)hex_encode(ret_id, hash, 8);
}

int keyring_open(const struct keyring *ring, const void *sealed, size_t len, struct buffer *out,
	size_t *ret_key, struct error *err)
{
	if (len < crypto_box_SEALBYTES) {
		errno = EBADMSG;
		return error_set(err, "too short to be sealed");
	}
	size_t plain_len = len - crypto_box_SEALBYTES;
	char *plain = buffer_reserve(out, plain_len);
	if (!plain)
		return error_set(err, "no room for %zu bytes", plain_len);
	for (size_t i = 0; i < ring->count; i++)
		if (crypto_box_seal_open((uint8_t *)plain, sealed, len, ring->entries[i].public_key,
			    ring->secrets[i].key) == 0) {
			out->len += plain_len;
			out->data[out->len] = 0;
			*ret_key = i;
			return 0;
		}
	errno = EBADMSG;
	return error_set(err, "none of %zu keys opens it", ring->count);
}
