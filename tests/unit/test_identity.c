#include "tests/unit/folder_rig.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/ssh/bcrypt_pbkdf.h"
#include "lib/ssh/blowfish.h"
#include "lib/ssh/identity.h"

/* Schneier's published constants: the first and last of each array. */
static void blowfish_starts_from_pi(void **state)
{
	(void)state;
	struct blowfish b;
	blowfish_init(&b);
	assert_int_equal(b.p[0], 0x243f6a88);
	assert_int_equal(b.p[17], 0x8979fb1b);
	assert_int_equal(b.s[0][0], 0xd1310ba6);
	assert_int_equal(b.s[0][255], 0x6e85076a);
	assert_int_equal(b.s[1][0], 0x4b7a70e9);
	assert_int_equal(b.s[2][0], 0xe93d5a68);
	assert_int_equal(b.s[3][255], 0x3ac372e6);
}

/* Schneier's published test vectors: key, plain text, cipher text. */
static const struct {
	const char *key;
	uint32_t plain[2], cipher[2];
} vectors[] = {
	{ "\0\0\0\0\0\0\0\0", { 0, 0 }, { 0x4ef99745, 0x6198dd78 } },
	{ "\xff\xff\xff\xff\xff\xff\xff\xff", { 0xffffffff, 0xffffffff },
		{ 0x51866fd5, 0xb85ecb8a } },
	{ "\x01\x23\x45\x67\x89\xab\xcd\xef", { 0x11111111, 0x11111111 },
		{ 0x61f9c380, 0x2281b096 } },
};

static void blowfish_encrypts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct blowfish b;
		uint32_t l = vectors[i].plain[0], r = vectors[i].plain[1];
		blowfish_init(&b);
		blowfish_expand(&b, NULL, 0, (const uint8_t *)vectors[i].key, 8);
		blowfish_encrypt(&b, &l, &r);
		assert_int_equal(l, vectors[i].cipher[0]);
		assert_int_equal(r, vectors[i].cipher[1]);
	}
}

/* OpenBSD's regression test for bcrypt_pbkdf, its first row. */
static void derives_the_known_key(void **state)
{
	(void)state;
	static const uint8_t expected[32] = { 0x5b, 0xbf, 0x0c, 0xc2, 0x93, 0x58, 0x7f, 0x1c, 0x36,
		0x35, 0x55, 0x5c, 0x27, 0x79, 0x65, 0x98, 0xd4, 0x7e, 0x57, 0x90, 0x71, 0xbf, 0x42,
		0x7e, 0x9d, 0x8f, 0xbe, 0x84, 0x2a, 0xba, 0x34, 0xd9 };
	struct bcrypt_pbkdf p;
	int steps = 1;
	bcrypt_pbkdf_begin(&p, "password", 8, (const uint8_t *)"salt", 4, 4, sizeof expected);
	while (!bcrypt_pbkdf_step(&p))
		steps++;
	assert_memory_equal(p.key, expected, sizeof expected);
	assert_int_equal(steps, 4);
}

/* Signing requests. */

static void put(struct buffer *b, const void *data, size_t len)
{
	assert_int_equal(buffer_append(b, data, len), 0);
}

static void put_string(struct buffer *b, const void *data, size_t len)
{
	const uint8_t head[4] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len };
	put(b, head, 4);
	put(b, data, len);
}

static void put_text(struct buffer *b, const char *text)
{
	put_string(b, text, strlen(text));
}

struct request {
	size_t session_len;
	char message, flag;
	const char *service, *method, *algorithm;
	size_t tail;
};

/* The userauth request that `r` describes; a NULL algorithm is that of the key itself. */
static void build(struct buffer *b, const struct request *r, const uint8_t *blob, size_t blob_len)
{
	static const char session[128] = "an exchange hash";
	const char *type = r->algorithm ? r->algorithm : (const char *)blob + 4;
	size_t type_len = r->algorithm ? strlen(r->algorithm) : blob[3];
	buffer_clear(b);
	put_string(b, session, r->session_len);
	put(b, &r->message, 1);
	put_text(b, "monitor");
	put_text(b, r->service);
	put_text(b, r->method);
	put(b, &r->flag, 1);
	put_string(b, type, type_len);
	put_string(b, blob, blob_len);
	put(b, session, r->tail);
}

static const struct request good = { 32, 50, 1, "ssh-connection", "publickey", NULL, 0 };

static const struct request bad[] = {
	{ 0, 50, 1, "ssh-connection", "publickey", NULL, 0 },
	{ 100, 50, 1, "ssh-connection", "publickey", NULL, 0 },
	{ 32, 51, 1, "ssh-connection", "publickey", NULL, 0 },
	{ 32, 50, 0, "ssh-connection", "publickey", NULL, 0 },
	{ 32, 50, 2, "ssh-connection", "publickey", NULL, 0 },
	{ 32, 50, 1, "ssh-userauth", "publickey", NULL, 0 },
	{ 32, 50, 1, "ssh-connection", "hostbased", NULL, 0 },
	{ 32, 50, 1, "ssh-connection", "publickey", "ssh-rsa", 0 },
	{ 32, 50, 1, "ssh-connection", "publickey", NULL, 1 },
};

static struct identity *open_identity(const char *file, const char *passphrase)
{
	struct identity *id = NULL;
	struct error err;
	if (identity_open(file, passphrase, &id, &err) < 0)
		fail_msg("%s", err.text);
	return id;
}

static void signs(struct identity *id)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	uint8_t *sig = NULL;
	size_t len, blob_len;
	struct error err;
	const uint8_t *blob = identity_public(id, &blob_len);
	build(&b, &good, blob, blob_len);
	if (identity_sign(id, (uint8_t *)b.data, b.len, &sig, &len, &err) < 0)
		fail_msg("%s", err.text);
	if (blob_len == 51) { /* ed25519 */
		assert_int_equal(len, crypto_sign_BYTES);
		assert_int_equal(
			crypto_sign_verify_detached(sig, (uint8_t *)b.data, b.len, blob + 19), 0);
	} else { /* ecdsa: two mpints and nothing else; a real sshd verifies them elsewhere */
		size_t r = (size_t)sig[2] << 8 | sig[3];
		assert_true(len > r + 8);
		assert_int_equal(len, 8 + r + ((size_t)sig[4 + r + 2] << 8 | sig[4 + r + 3]));
	}
	free(sig);
}

static void signs_logins_only(void **state)
{
	(void)state;
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	uint8_t *sig;
	size_t len, blob_len;
	struct error err;
	rig_run("ssh-keygen -q -t ed25519 -N '' -f only && ssh-keygen -q -t ed25519 -N '' -f "
		"other");
	struct identity *id = open_identity("only", ""), *other = open_identity("other", "");
	const uint8_t *blob = identity_public(id, &blob_len);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		build(&b, &bad[i], blob, blob_len);
		if (identity_sign(id, (uint8_t *)b.data, b.len, &sig, &len, &err) == 0)
			fail_msg("row %zu was signed", i);
	}
	build(&b, &good, blob, blob_len);
	for (size_t cut = 0; cut < b.len; cut++)
		assert_int_equal(identity_sign(id, (uint8_t *)b.data, cut, &sig, &len, &err), -1);
	assert_int_equal(identity_sign(other, (uint8_t *)b.data, b.len, &sig, &len, &err), -1);
	identity_close(id);
	identity_close(other);
}

/* Keys as the real ssh-keygen makes them. */

static const struct {
	const char *options, *passphrase;
} keys[] = {
	{ "-t ed25519", "" },
	{ "-t ecdsa -b 256", "" },
	{ "-t ecdsa -b 384", "" },
	{ "-t ecdsa -b 521", "" },
	{ "-t ed25519 -a 1", "secret" },
	{ "-t ed25519 -a 2", "a longer one, with spaces" },
	{ "-t ed25519 -a 16", "secret" },
	{ "-t ed25519 -a 3 -Z aes256-cbc", "secret" },
	{ "-t ecdsa -b 256 -a 2", "secret" },
	{ "-t ecdsa -b 521 -a 5 -Z aes256-cbc", "0123456789012345678901234567890123456789012345678"
						"0123456789012345678901234567890123456789" },
};

static void opens_what_ssh_keygen_makes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		char command[512];
		(void)snprintf(command, sizeof command,
			"rm -f k k.pub && ssh-keygen -q %s -N '%s' -f k && echo '%s' >pass && "
			"chmod 600 pass",
			keys[i].options, keys[i].passphrase, keys[i].passphrase);
		rig_run(command);
		struct identity *id = open_identity("k", keys[i].passphrase[0] ? "pass" : "");
		signs(id);
		size_t blob_len;
		const uint8_t *blob = identity_public(id, &blob_len);
		char base64[400];
		(void)sodium_bin2base64(
			base64, sizeof base64, blob, blob_len, sodium_base64_VARIANT_ORIGINAL);
		(void)snprintf(command, sizeof command, "grep -qF ' %s ' k.pub", base64);
		rig_run(command);
		identity_close(id);
	}
}

static const struct {
	const char *make, *file, *passphrase, *says;
} refusals[] = {
	{ "ssh-keygen -q -t rsa -b 2048 -N '' -f rsa", "rsa", "", "ssh-keygen -t ed25519" },
	{ "ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f rsapem", "rsapem", "", "-t ed25519" },
	{ "ssh-keygen -q -t ecdsa -m PEM -N '' -f pem", "pem", "", "ssh-keygen -p -f pem" },
	{ "ssh-keygen -q -t ecdsa -m PKCS8 -N '' -f pkcs8", "pkcs8", "", "ssh-keygen -p -f" },
	{ "ssh-keygen -q -t ed25519 -a 1 -N secret -f locked", "locked", "", "passphrase-file" },
	{ "echo wrong >wrong; chmod 600 wrong", "locked", "wrong", "passphrase is wrong" },
	{ "echo secret >loose; chmod 644 loose", "locked", "loose", "loose" },
	{ "ssh-keygen -q -t ed25519 -a 1 -Z aes256-gcm@openssh.com -N secret -f gcm; cp loose "
	  "pass2;"
	  "chmod 600 pass2",
		"gcm", "pass2", "-Z aes256-ctr" },
	{ "ssh-keygen -q -t ed25519 -N '' -f open; chmod 644 open", "open", "", "chmod 600 open" },
	{ "echo hello >text; chmod 600 text", "text", "", "not a private key" },
	{ "touch none; chmod 600 none", "none", "", "not a private key" },
	{ "true", "missing", "", "missing" },
	{ "true", "agent:/nonexistent/socket", "", "/nonexistent/socket" },
	{ "true", "agent", "", "SSH_AUTH_SOCK" },
	{ "true", "open.pub", "", "SSH_AUTH_SOCK" },
	{ "echo 'ssh-ed25519 !' >bad.pub", "bad.pub", "", "not a public key" },
	{ "echo 'ssh-ed25519' >bad2.pub", "bad2.pub", "", "not a public key" },
};

static void refuses_with_a_remedy(void **state)
{
	(void)state;
	(void)unsetenv("SSH_AUTH_SOCK");
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct identity *id;
		struct error err;
		rig_run(refusals[i].make);
		if (identity_open(refusals[i].file, refusals[i].passphrase, &id, &err) == 0)
			fail_msg("%s was opened", refusals[i].file);
		if (!strstr(err.text, refusals[i].says))
			fail_msg("%s: %s", refusals[i].says, err.text);
	}
}

static void write_key(const char *lines, size_t len)
{
	FILE *f = fopen("bent", "w");
	assert_non_null(f);
	assert_int_equal(fwrite(lines, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Any bit of it bent, or its end missing: refused, or (in the comment) no matter. */
static void survives_damage(void **state)
{
	(void)state;
	static char text[2048];
	struct identity *id;
	struct error err;
	rig_run("ssh-keygen -q -t ecdsa -N '' -f whole && touch bent && chmod 600 bent");
	FILE *f = fopen("whole", "r");
	assert_non_null(f);
	size_t len = fread(text, 1, sizeof text, f);
	(void)fclose(f);
	for (size_t i = 0; i < len; i += 3) {
		write_key(text, i);
		assert_int_equal(identity_open("bent", "", &id, &err), -1);
	}
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		write_key(text, len);
		text[i] ^= 1;
		if (identity_open("bent", "", &id, &err) == 0) {
			signs(id);
			identity_close(id);
		}
	}
}

/* The real ssh-agent. */

static pid_t start_agent(void)
{
	int pid = 0;
	FILE *p = popen("ssh-agent -a $PWD/agent", "r");
	char line[256];
	assert_non_null(p);
	while (fgets(line, sizeof line, p))
		(void)sscanf(line, "SSH_AGENT_PID=%d", &pid);
	(void)pclose(p);
	assert_true(pid > 0);
	return pid;
}

static void uses_an_agent(void **state)
{
	(void)state;
	struct identity *id;
	struct error err;
	char name[128], command[64];
	pid_t pid = start_agent();
	(void)snprintf(name, sizeof name, "agent:%s/agent", rig_folder());
	assert_int_equal(identity_open(name, "", &id, &err), -1);
	assert_non_null(strstr(err.text, "ssh-add"));
	assert_int_equal(setenv("SSH_AUTH_SOCK", name + strlen("agent:"), 1), 0);
	rig_run("ssh-keygen -q -t rsa -b 2048 -N '' -f a1 && ssh-keygen -q -t ecdsa -N '' -f a2 && "
		"ssh-keygen -q -t ed25519 -N '' -f a3 && ssh-keygen -q -t ed25519 -N '' -f a4 && "
		"ssh-add -q a1 a2 a3");
	static const char *const names[] = { "agent", "a2.pub", "a3.pub" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		id = open_identity(names[i], "");
		signs(id);
		signs(id);
		identity_close(id);
	}
	id = open_identity(name, ""); /* the first usable one: not the RSA key */
	size_t len;
	assert_memory_equal(identity_public(id, &len) + 4, "ecdsa", 5);
	identity_close(id);
	assert_int_equal(identity_open("a4.pub", "", &id, &err), -1);
	assert_int_equal(identity_open("a1.pub", "", &id, &err), -1);
	(void)snprintf(command, sizeof command, "kill %d", (int)pid);
	rig_run(command);
}

/* An agent that answers nonsense, in a process of its own. */

/* clang-format off */
#define ED_TYPE "\0\0\0\13ssh-ed25519"
#define ED_BLOB "\0\0\0\63" ED_TYPE "\0\0\0\40" "0123456789abcdef0123456789abcdef"
#define LIST "\0\0\0\100\14\0\0\0\1" ED_BLOB "\0\0\0\0"

static const struct {
	const char *answer; /* to the first request, then to the second */
	size_t len;
	bool opens;
} nonsense[] = {
#define ROW(bytes, opens) { bytes, sizeof(bytes) - 1, opens }
	ROW("", false),                                   /* closes */
	ROW("\0\0\0", false),                             /* in the middle of a length */
	ROW("\0\0\0\0", false),                           /* nothing in it */
	ROW("\0\0\0\1\5", false),                         /* failure */
	ROW("\xff\xff\xff\xff\14", false),                /* 4 GiB to come */
	ROW("\0\0\0\3\14\0\0", false),                   /* no count */
	ROW("\0\0\0\5\14\xff\xff\xff\xff", false),      /* 4 thousand million keys */
	ROW("\0\0\0\11\14\0\0\0\1\xff\xff\xff\xff", false), /* a key of 4 GiB */
	ROW("\0\0\0\5\14\0\0\0\0", false),             /* none */
	ROW(LIST, true),                                  /* one, then closes */
	ROW(LIST "\0\0\0\1\5", true),                     /* one, then refuses to sign */
	ROW(LIST "\0\0\0\5\16\0\0\0\11", true),          /* or signs with less than it says */
	ROW(LIST "\0\0\0\5\16\0\0\0\0", true),
	ROW(LIST "\0\0\0\24\16\0\0\0\17\0\0\0\7ssh-rsa\0\0\0\0", true), /* or as RSA */
#undef ROW
};
/* clang-format on */

static pid_t serve_nonsense(const char *path, const char *answer, size_t len)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char request[4096];
	(void)unlink(path);
	(void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 1), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		(void)!read(fd, request, sizeof request);
		(void)!write(fd, answer, len);
		(void)shutdown(fd, SHUT_WR);
		(void)!read(fd, request, sizeof request);
		_exit(0);
	}
	(void)close(listener);
	assert_true(pid > 0);
	return pid;
}

static void survives_a_bad_agent(void **state)
{
	(void)state;
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		struct identity *id = NULL;
		struct error err;
		uint8_t *sig;
		size_t len, blob_len;
		pid_t pid = serve_nonsense("bad", nonsense[i].answer, nonsense[i].len);
		bool opens = identity_open("agent:bad", "", &id, &err) == 0;
		if (opens != nonsense[i].opens)
			fail_msg("row %zu: %s", i, opens ? "opened" : err.text);
		if (opens) {
			const uint8_t *blob = identity_public(id, &blob_len);
			build(&b, &good, blob, blob_len);
			assert_int_equal(
				identity_sign(id, (uint8_t *)b.data, b.len, &sig, &len, &err), -1);
		}
		identity_close(id);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blowfish_starts_from_pi),
		cmocka_unit_test(blowfish_encrypts),
		cmocka_unit_test(derives_the_known_key),
		cmocka_unit_test(signs_logins_only),
		cmocka_unit_test(opens_what_ssh_keygen_makes),
		cmocka_unit_test(refuses_with_a_remedy),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(uses_an_agent),
		cmocka_unit_test(survives_a_bad_agent),
	};
	return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
