#include "lib/ssh/openssh_file.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>

#include "lib/crypto/guarded.h"
#include "lib/ssh/bcrypt_pbkdf.h"
#include "lib/ssh/openssh_key.h"

enum {
	FILE_SIZE_MAX = 64 * 1024,
	ROUNDS_MAX = 65536, /* `ssh-keygen -a`: some minutes */
	BLOCK_SIZE = 16,    /* of AES; also the length of its IV */
	PLAIN_BLOCK_SIZE = 8,
	AES_KEY_SIZE = 32,
};

static const char begin_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char end_line[] = "-----END OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* its NUL included */

/* All slices point into the decoded text. */
struct container {
	struct slice cipher, kdf, salt, public_blob, private_part;
	uint32_t rounds;
};

static int refuse_rsa(const char *file, struct error *err)
{
	return error_set(err,
		"%s: RSA keys are not supported; make another with: ssh-keygen -t ed25519", file);
}

static int refuse_text(const char *file, const char *text, struct error *err)
{
	if (strstr(text, "-----BEGIN RSA PRIVATE KEY"))
		return refuse_rsa(file, err);
	if (strstr(text, "PRIVATE KEY-----"))
		return error_set(err,
			"%s: is not in OpenSSH's own format; convert it with: ssh-keygen -p -f %s",
			file, file);
	return error_set(err, "%s: is not a private key", file);
}

/* Decodes what stands between the two lines into guarded memory. */
static int decode_text(const char *file, const char *text, size_t len, uint8_t **ret_data,
	size_t *ret_len, struct error *err)
{
	const char *start = strstr(text, begin_line);
	const char *end = start ? strstr(start, end_line) : NULL;
	if (len > FILE_SIZE_MAX || !end)
		return refuse_text(file, text, err);
	start += sizeof begin_line - 1;
	*ret_data = guarded_from_base64(start, (size_t)(end - start), ret_len);
	if (*ret_data)
		return 0;
	return errno == EBADMSG ? error_set(err, "%s: is damaged: not base64", file)
				: error_set(err, "%s: no guarded memory (ulimit -l)", file);
}

static bool read_container(struct reader r, struct container *ret)
{
	struct slice start, options;
	uint32_t count;
	if (!reader_bytes(&r, sizeof magic, &start) || !slice_is(start, magic, sizeof magic))
		return false;
	if (!reader_string(&r, &ret->cipher) || !reader_string(&r, &ret->kdf) ||
		!reader_string(&r, &options) || !reader_u32(&r, &count) || count != 1 ||
		!reader_string(&r, &ret->public_blob) || !reader_string(&r, &ret->private_part))
		return false;
	if (!slice_is_text(ret->kdf, "bcrypt"))
		return true;
	struct reader o = { options.data, options.len };
	return reader_string(&o, &ret->salt) && reader_u32(&o, &ret->rounds) && o.left == 0;
}

static int decrypt(const EVP_CIPHER *cipher, const uint8_t *key, struct slice in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, rest = 0;
	bool good = ctx && EVP_DecryptInit_ex(ctx, cipher, NULL, key, key + AES_KEY_SIZE) == 1 &&
		    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		    EVP_DecryptUpdate(ctx, out, &len, in.data, (int)in.len) == 1 &&
		    EVP_DecryptFinal_ex(ctx, out + len, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good ? 0 : -1;
}

static const EVP_CIPHER *find_cipher(struct slice name)
{
	if (slice_is_text(name, "aes256-ctr"))
		return EVP_aes_256_ctr();
	return slice_is_text(name, "aes256-cbc") ? EVP_aes_256_cbc() : NULL;
}

static int check_lock(
	const char *file, const struct container *c, const char *passphrase, struct error *err)
{
	if (!find_cipher(c->cipher) || !slice_is_text(c->kdf, "bcrypt"))
		return error_set(err,
			"%s: is encrypted in a way not known here; change that with: "
			"ssh-keygen -p -Z aes256-ctr -f %s",
			file, file);
	if (c->salt.len == 0 || c->salt.len > BCRYPT_SALT_MAX || c->rounds == 0 ||
		c->private_part.len % BLOCK_SIZE != 0)
		return error_set(err, "%s: is damaged", file);
	if (c->rounds > ROUNDS_MAX)
		return error_set(err,
			"%s: to open it takes %" PRIu32 " rounds, which is for ever; make them "
			"fewer with: ssh-keygen -p -a 16 -f %s",
			file, c->rounds, file);
	if (!passphrase)
		return error_set(err,
			"%s: is encrypted; name a file with its passphrase (passphrase-file), or "
			"use an agent",
			file);
	return 0;
}

/* Begins to decrypt the private part. */
static int begin_unlock(struct openssh_file *f, const char *file, const struct container *c,
	const char *passphrase, struct error *err)
{
	if (check_lock(file, c, passphrase, err) < 0)
		return -1;
	f->plain = guarded_alloc(c->private_part.len + BLOCK_SIZE);
	f->derivation = guarded_alloc(sizeof *f->derivation);
	if (!f->plain || !f->derivation)
		return error_set(err, "%s: no guarded memory (ulimit -l)", file);
	f->cipher = find_cipher(c->cipher);
	f->rounds = c->rounds;
	bcrypt_pbkdf_begin(f->derivation, passphrase, strlen(passphrase), c->salt.data, c->salt.len,
		c->rounds, AES_KEY_SIZE + BLOCK_SIZE);
	return 0;
}

int openssh_file_go_on(struct openssh_file *f, const char *file, struct error *err)
{
	if (!f->derivation)
		return 0;
	if (!bcrypt_pbkdf_step(f->derivation))
		return 1;
	int rc = decrypt(f->cipher, f->derivation->key, f->private_part, f->plain);
	guarded_free(f->derivation);
	f->derivation = NULL;
	f->private_part.data = f->plain;
	return rc < 0 ? error_set(err, "%s: cannot be decrypted", file) : 0;
}

/* The public part is readable without the passphrase, so an unusable type is told first. */
static int check_type(const char *file, struct slice public_blob, struct error *err)
{
	struct reader r = { public_blob.data, public_blob.len };
	struct slice type;
	if (!reader_string(&r, &type) || type.len > 64)
		return error_set(err, "%s: is damaged", file);
	if (openssh_key_type_usable(type))
		return 0;
	if (slice_is_text(type, "ssh-rsa"))
		return refuse_rsa(file, err);
	return error_set(err, "%s: %.*s keys are not supported; use ed25519 or ecdsa", file,
		(int)type.len, (const char *)type.data);
}

static int open_container(struct openssh_file *f, const char *file, struct reader decoded,
	const char *passphrase, struct error *err)
{
	struct container c = { 0 };
	if (!read_container(decoded, &c))
		return error_set(err, "%s: is damaged", file);
	if (check_type(file, c.public_blob, err) < 0)
		return -1;
	f->public_blob = c.public_blob;
	f->private_part = c.private_part;
	f->encrypted = !slice_is_text(c.cipher, "none");
	if (f->encrypted)
		return begin_unlock(f, file, &c, passphrase, err);
	return c.private_part.len % PLAIN_BLOCK_SIZE == 0 ? 0
							  : error_set(err, "%s: is damaged", file);
}

int openssh_file_open(const char *file, const char *text, size_t len, const char *passphrase,
	struct openssh_file *ret_file, struct error *err)
{
	struct openssh_file f = { 0 };
	struct reader decoded = { 0 };
	if (decode_text(file, text, len, &f.decoded, &decoded.left, err) < 0)
		return -1;
	decoded.at = f.decoded;
	if (open_container(&f, file, decoded, passphrase, err) < 0) {
		openssh_file_finish(&f);
		return -1;
	}
	*ret_file = f;
	return 0;
}

void openssh_file_finish(struct openssh_file *f)
{
	guarded_free(f->derivation);
	guarded_free(f->decoded);
	guarded_free(f->plain);
	*f = (struct openssh_file){ 0 };
}
