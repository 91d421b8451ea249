#include "tests/fleetsim/server.h"

static int bind_error(ssh_bind b, const char *what, struct error *err)
{
	return error_set(err, "%s: %s", what, b ? ssh_get_error(b) : "out of memory");
}

static int make_bind(ssh_bind *ret_bind, struct error *err)
{
	int no = 0;
	ssh_bind b = ssh_bind_new();
	if (!b || ssh_bind_options_set(b, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no) < 0)
		return bind_error(b, "libssh", err);
	*ret_bind = b;
	return 0;
}

static int make_key(ssh_bind b, enum ssh_keytypes_e type, struct error *err)
{
	ssh_key key;
	if (ssh_pki_generate(type, 0, &key) != SSH_OK ||
		ssh_bind_options_set(b, SSH_BIND_OPTIONS_IMPORT_KEY, key) < 0)
		return bind_error(b, "another host key", err);
	return 0;
}

static int read_key(ssh_bind b, const char *path, struct error *err)
{
	if (ssh_bind_options_set(b, SSH_BIND_OPTIONS_HOSTKEY, path) < 0)
		return bind_error(b, path, err);
	return 0;
}

int server_init(struct server *s, const char *host_key, const char *authorized,
	const char *password, struct error *err)
{
	*s = (struct server){ .password = password };
	for (size_t i = 0; i < KEYS_COUNT; i++)
		if (make_bind(&s->binds[i], err) < 0)
			return -1;
	if (read_key(s->binds[KEYS_OWN], host_key, err) < 0 ||
		make_key(s->binds[KEYS_CHANGED], SSH_KEYTYPE_ED25519, err) < 0 ||
		make_key(s->binds[KEYS_ODD], SSH_KEYTYPE_ECDSA_P256, err) < 0)
		return -1;
	if (ssh_pki_import_pubkey_file(authorized, &s->authorized) != SSH_OK)
		return error_set(err, "%s: is no public key", authorized);
	return 0;
}

void server_finish(struct server *s)
{
	for (size_t i = 0; i < KEYS_COUNT; i++)
		ssh_bind_free(s->binds[i]);
	ssh_key_free(s->authorized);
}
