#include "lib/ssh/openssh_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "lib/crypto/ed25519.h"
#include "lib/crypto/guarded.h"
#include "lib/ssh/openssh_file.h"

static const struct key_kind {
	const char *type;
	const char *curve, *group, *digest; /* ecdsa: names in SSH and in libcrypto */
} kinds[] = {
	{ "ssh-ed25519", NULL, NULL, NULL },
	{ "ecdsa-sha2-nistp256", "nistp256", "prime256v1", "SHA256" },
	{ "ecdsa-sha2-nistp384", "nistp384", "secp384r1", "SHA384" },
	{ "ecdsa-sha2-nistp521", "nistp521", "secp521r1", "SHA512" },
};

struct openssh_key {
	const struct key_kind *kind;
	uint8_t *public_blob;
	size_t public_len;
	uint8_t *ed25519; /* guarded_alloc() */
	EVP_PKEY *ecdsa;
	struct openssh_file source; /* until it is loaded */
	uint32_t rounds;
	char *name; /* of the file */
};

static const struct key_kind *find_kind(struct slice type)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_is_text(type, kinds[i].type))
			return &kinds[i];
	return NULL;
}

bool openssh_key_type_usable(struct slice type)
{
	return find_kind(type) != NULL;
}

static bool load_ed25519(struct openssh_key *key, struct reader *r)
{
	struct slice public, secret;
	uint8_t derived[ED25519_PUBLIC_SIZE];
	if (!reader_string(r, &public) || !reader_string(r, &secret) ||
		public.len != ED25519_PUBLIC_SIZE || secret.len != ED25519_SECRET_SIZE)
		return false;
	key->ed25519 = guarded_alloc(ED25519_SECRET_SIZE);
	if (!key->ed25519)
		return false;
	/* The public half is made anew from the seed: a signature under another one would give
	 * the seed away. */
	ed25519_from_seed(secret.data, derived, key->ed25519);
	return slice_is(public, derived, sizeof derived) &&
	       slice_is(secret, key->ed25519, ED25519_SECRET_SIZE);
}

static OSSL_PARAM *ecdsa_params(const struct key_kind *kind, struct slice point, const BIGNUM *d)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	if (b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, kind->group, 0) &&
		OSSL_PARAM_BLD_push_octet_string(
			b, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) &&
		OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d))
		params = OSSL_PARAM_BLD_to_param(b);
	OSSL_PARAM_BLD_free(b);
	return params;
}

static bool make_ecdsa(struct openssh_key *key, struct slice point, const BIGNUM *d)
{
	OSSL_PARAM *params = ecdsa_params(key->kind, point, d);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	bool good = params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
		    EVP_PKEY_fromdata(ctx, &key->ecdsa, EVP_PKEY_KEYPAIR, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	if (!good)
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->ecdsa, NULL);
	good = ctx && EVP_PKEY_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

static bool load_ecdsa(struct openssh_key *key, struct reader *r)
{
	struct slice curve, point, scalar;
	if (!reader_string(r, &curve) || !reader_string(r, &point) || !reader_string(r, &scalar) ||
		!slice_is_text(curve, key->kind->curve) || scalar.len > 128 || point.len > 256)
		return false;
	BIGNUM *d = BN_secure_new();
	bool good = d && BN_bin2bn(scalar.data, (int)scalar.len, d) && make_ecdsa(key, point, d);
	BN_clear_free(d);
	return good;
}

/* The fields of the public key stand at the start of the private one: the rest of the blob has
 * to be what was just loaded. */
static bool take_public(struct openssh_key *key, struct slice blob, struct slice fields)
{
	struct reader r = { blob.data, blob.len };
	struct slice type;
	if (!reader_string(&r, &type) || !slice_is_text(type, key->kind->type) ||
		!slice_is(fields, r.at, r.left))
		return false;
	key->public_blob = malloc(blob.len);
	if (!key->public_blob)
		return false;
	memcpy(key->public_blob, blob.data, blob.len);
	key->public_len = blob.len;
	return true;
}

static bool padding_counts_up(struct reader r)
{
	uint8_t byte;
	for (uint8_t i = 1; reader_byte(&r, &byte); i++)
		if (byte != i)
			return false;
	return true;
}

/* How many bytes of the private fields are the public ones: for ed25519 the point, for ecdsa
 * the curve and the point. */
static size_t public_fields(const struct openssh_key *key, struct reader r)
{
	size_t before = r.left;
	struct slice field;
	for (int n = key->kind->curve ? 2 : 1; n > 0; n--)
		if (!reader_string(&r, &field))
			return 0;
	return before - r.left;
}

static int load_private(struct openssh_key *key, const struct openssh_file *f)
{
	struct reader r = { f->private_part.data, f->private_part.len };
	uint32_t check1, check2; /* equal when the passphrase is right */
	struct slice type, comment;
	if (!reader_u32(&r, &check1) || !reader_u32(&r, &check2) || check1 != check2 ||
		!reader_string(&r, &type))
		return -1;
	key->kind = find_kind(type);
	if (!key->kind)
		return -1;
	struct slice fields = { r.at, public_fields(key, r) };
	bool loaded = key->kind->curve ? load_ecdsa(key, &r) : load_ed25519(key, &r);
	return loaded && reader_string(&r, &comment) && padding_counts_up(r) &&
			       take_public(key, f->public_blob, fields)
		       ? 0
		       : -1;
}

static bool needs_libcrypto(const struct openssh_file *f)
{
	struct reader r = { f->public_blob.data, f->public_blob.len };
	struct slice type;
	return f->encrypted || !reader_string(&r, &type) || !slice_is_text(type, "ssh-ed25519");
}

/* Here, since it reads its configuration at the first random number, and whoever opens keys may
 * give up files after that; and only for those who need it: it takes longer than all else. */
static bool start_libcrypto(void)
{
	unsigned char byte;
	return RAND_bytes(&byte, sizeof byte) == 1;
}

int openssh_key_begin(const char *file, const char *text, size_t len, const char *passphrase,
	struct openssh_key **ret_key, struct error *err)
{
	struct openssh_key *key = calloc(1, sizeof *key);
	if (key)
		key->name = strdup(file);
	if (!key || !key->name) {
		openssh_key_destroy(key);
		return error_set(err, "%s: no memory", file);
	}
	if (openssh_file_open(file, text, len, passphrase, &key->source, err) < 0) {
		openssh_key_destroy(key);
		return -1;
	}
	if (needs_libcrypto(&key->source) && !start_libcrypto()) {
		openssh_key_destroy(key);
		return error_set(err, "%s: libcrypto has no random numbers", file);
	}
	key->rounds = key->source.rounds;
	*ret_key = key;
	return 0;
}

int openssh_key_go_on(struct openssh_key *key, struct error *err)
{
	bool encrypted = key->source.encrypted;
	int rc = openssh_file_go_on(&key->source, key->name, err);
	if (rc != 0)
		return rc;
	rc = load_private(key, &key->source);
	openssh_file_finish(&key->source);
	return rc < 0 ? error_set(err, "%s: %s", key->name,
				encrypted ? "the passphrase is wrong, or it is damaged"
					  : "is damaged")
		      : 0;
}

uint32_t openssh_key_rounds(const struct openssh_key *key)
{
	return key->rounds;
}

void openssh_key_destroy(struct openssh_key *key)
{
	if (!key)
		return;
	openssh_file_finish(&key->source);
	guarded_free(key->ed25519);
	EVP_PKEY_free(key->ecdsa);
	free(key->public_blob);
	free(key->name);
	free(key);
}

struct slice openssh_key_public(const struct openssh_key *key)
{
	return (struct slice){ key->public_blob, key->public_len };
}

/* Signing. */

static int sign_ed25519(const struct openssh_key *key, const uint8_t *data, size_t len,
	uint8_t **ret, size_t *ret_len)
{
	uint8_t *sig = malloc(ED25519_SIGNATURE_SIZE);
	if (!sig)
		return -1;
	ed25519_sign(key->ed25519, data, len, sig);
	*ret = sig;
	*ret_len = ED25519_SIGNATURE_SIZE;
	return 0;
}

/* libcrypto gives a DER sequence; SSH wants the same two numbers as mpints, whose form
 * BN_bn2mpi() happens to share. */
static int der_to_mpints(const uint8_t *der, size_t len, uint8_t **ret, size_t *ret_len)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	if (!sig)
		return -1;
	int r_len = BN_bn2mpi(ECDSA_SIG_get0_r(sig), NULL);
	int s_len = BN_bn2mpi(ECDSA_SIG_get0_s(sig), NULL);
	uint8_t *out = malloc((size_t)r_len + (size_t)s_len);
	if (out) {
		(void)BN_bn2mpi(ECDSA_SIG_get0_r(sig), out);
		(void)BN_bn2mpi(ECDSA_SIG_get0_s(sig), out + r_len);
		*ret = out;
		*ret_len = (size_t)r_len + (size_t)s_len;
	}
	ECDSA_SIG_free(sig);
	return out ? 0 : -1;
}

static int sign_ecdsa(const struct openssh_key *key, const uint8_t *data, size_t len, uint8_t **ret,
	size_t *ret_len)
{
	uint8_t der[256];
	size_t der_len = sizeof der;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx &&
		    EVP_DigestSignInit_ex(
			    ctx, NULL, key->kind->digest, NULL, NULL, key->ecdsa, NULL) == 1 &&
		    EVP_DigestSign(ctx, der, &der_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? der_to_mpints(der, der_len, ret, ret_len) : -1;
}

int openssh_key_sign(const struct openssh_key *key, const uint8_t *data, size_t len,
	uint8_t **ret_sig, size_t *ret_len, struct error *err)
{
	int rc = key->ecdsa ? sign_ecdsa(key, data, len, ret_sig, ret_len)
			    : sign_ed25519(key, data, len, ret_sig, ret_len);
	return rc < 0 ? error_set(err, "the key cannot sign") : 0;
}
