/*
 * A private key file. What is opened can sign. bcrypt_pbkdf takes seconds by design and has no
 * input of its own, so a quick one stands in for it here.
 */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ssh/bcrypt_pbkdf.h"
#include "lib/ssh/openssh_key.h"

void bcrypt_pbkdf_begin(struct bcrypt_pbkdf *p, const void *passphrase, size_t passphrase_len,
	const uint8_t *salt, size_t salt_len, uint32_t rounds, size_t key_len)
{
	assert(passphrase_len > 0 && salt_len > 0 && salt_len <= BCRYPT_SALT_MAX && rounds > 0);
	memset(p->key, ((const uint8_t *)passphrase)[0] ^ salt[0], key_len);
	p->rounds = 0;
}

bool bcrypt_pbkdf_step(struct bcrypt_pbkdf *p)
{
	return ++p->rounds == 3;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return sodium_init() < 0 ? -1 : 0;
}

static void try_key(const char *text, size_t len, const char *passphrase)
{
	struct openssh_key *key;
	uint8_t *sig;
	size_t sig_len;
	struct error err;
	int rc = openssh_key_begin("fuzz", text, len, passphrase, &key, &err);
	if (rc < 0) {
		assert(strncmp(err.text, "fuzz: ", 6) == 0);
		return;
	}
	while ((rc = openssh_key_go_on(key, &err)) == 1)
		;
	if (rc < 0) {
		assert(strncmp(err.text, "fuzz: ", 6) == 0);
		openssh_key_destroy(key);
		return;
	}
	struct slice blob = openssh_key_public(key);
	assert(blob.len > 32);
	if (openssh_key_sign(key, blob.data, blob.len, &sig, &sig_len, &err) < 0)
		abort();
	assert(sig_len >= 64 && sig_len <= 148);
	free(sig);
	openssh_key_destroy(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	try_key(text, size, NULL);
	try_key(text, size, "secret");
	free(text);
	return 0;
}
