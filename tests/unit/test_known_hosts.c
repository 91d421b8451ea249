/* What lines of known_hosts say of a host, in whatever order and however many they are. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ssh/known_hosts.h"
#include "tests/unit/known_keys.h"

static int warnings, warned_line;

static void count_warning(void *arg, const char *file, int line, const char *text)
{
	(void)arg;
	assert_string_equal(file, "hosts");
	assert_true(strlen(text) > 0);
	warnings++;
	warned_line = line;
}

static struct known_hosts *parse(const char *text)
{
	struct known_hosts *k = NULL;
	struct error err;
	warnings = 0;
	assert_int_equal(
		known_hosts_parse("hosts", text, strlen(text), count_warning, NULL, &k, &err), 0);
	return k;
}

/* What one line says about one host: nothing, a key, or a revoked key. */
enum { NOTHING, KEY, REVOKED };

static const struct {
	const char *line, *host;
	uint16_t port;
	int expected;
} matches[] = {
	{ "web1 ssh-ed25519 " ED, "web1", 22, KEY },
	{ "web1 ssh-ed25519 " ED, "WEB1", 22, KEY },
	{ "WEB1 ssh-ed25519 " ED, "web1", 22, KEY },
	{ "web1 ssh-ed25519 " ED, "web1", 2222, NOTHING },
	{ "web1 ssh-ed25519 " ED, "web", 22, NOTHING },
	{ "[web1]:2222 ssh-ed25519 " ED, "web1", 2222, KEY },
	{ "[web1]:2222 ssh-ed25519 " ED, "web1", 22, NOTHING },
	{ "a,web1,192.0.2.7 ssh-ed25519 " ED, "192.0.2.7", 22, KEY },
	{ "a,web1,192.0.2.7 ssh-ed25519 " ED, "a", 22, KEY },
	{ "2001:db8::1 ssh-ed25519 " ED, "2001:db8::1", 22, KEY },
	{ "[2001:db8::1]:22022 ssh-ed25519 " ED, "2001:DB8::1", 22022, KEY },
	{ " \tweb1 \t ssh-ed25519\t" ED " a comment", "web1", 22, KEY },
	{ "web1 ssh-ed25519 " ED "\r", "web1", 22, KEY },
	{ "*.example.com ssh-ed25519 " ED, "web1.example.com", 22, KEY },
	{ "*.example.com ssh-ed25519 " ED, "example.com", 22, NOTHING },
	{ "*.EXAMPLE.com ssh-ed25519 " ED, "web1.example.com", 22, KEY },
	{ "web? ssh-ed25519 " ED, "web1", 22, KEY },
	{ "web? ssh-ed25519 " ED, "web", 22, NOTHING },
	{ "web?,!web2 ssh-ed25519 " ED, "web1", 22, KEY },
	{ "web?,!web2 ssh-ed25519 " ED, "web2", 22, NOTHING },
	{ "!web2,* ssh-ed25519 " ED, "web2", 22, NOTHING },
	{ "!web2,* ssh-ed25519 " ED, "web3", 22, KEY },
	{ "!web2 ssh-ed25519 " ED, "web3", 22, NOTHING },
	{ "*a*a*a*a*a*b ssh-ed25519 " ED, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 22,
		NOTHING },
	{ "[*]:2222 ssh-ed25519 " ED, "web1", 2222, KEY },
	{ "* ssh-ed25519 " ED, "web1", 2222, KEY },
	{ "@revoked * ssh-ed25519 " ED, "web1", 22, REVOKED },
	{ "@revoked web1 ssh-ed25519 " ED, "web1", 22, REVOKED },
	{ "@revoked web1 ssh-ed25519 " ED, "web2", 22, NOTHING },
	{ "@cert-authority * ssh-ed25519 " ED, "web1", 22, NOTHING },
	{ "# web1 ssh-ed25519 " ED, "web1", 22, NOTHING },
	{ "", "web1", 22, NOTHING },
	{ "web1 ecdsa-sha2-nistp256 " EC, "web1", 22, KEY },
};

static void matches_as_openssh_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
		struct host_key key;
		struct known_hosts *k = parse(matches[i].line);
		size_t n = known_hosts_find(k, matches[i].host, matches[i].port, &key, 1);
		int got = n == 0 ? NOTHING : key.revoked ? REVOKED : KEY;
		if (got != matches[i].expected || n > 1 || warnings)
			fail_msg("%s: %s: %d", matches[i].line, matches[i].host, got);
		known_hosts_destroy(k);
	}
}

static const char *const malformed[] = {
	"web1",
	"web1 ssh-ed25519",
	"web1 ssh-ed25519 not-base64!",
	"web1 ssh-ed25519 AAAA",
	"web1 ssh-ed25519 " ED "=",
	"web1 ssh-rsa " ED,
	"@strange web1 ssh-ed25519 " ED,
	"@revoked",
	"web1 1024 35 1234567890",
	"|1|AAAA|BBBB ssh-ed25519 " ED,
	"|1|AAAA ssh-ed25519 " ED,
	"|2|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 " ED,
};

static void warns_and_uses_the_rest(void **state)
{
	(void)state;
	char text[2048];
	struct host_key keys[4];
	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		(void)snprintf(text, sizeof text, "web1 ssh-ed25519 %s\n\n%s\nweb1 %s %s", ED,
			malformed[i], "ecdsa-sha2-nistp256", EC);
		struct known_hosts *k = parse(text);
		if (warnings != 1 || warned_line != 3)
			fail_msg("%s: %d warnings, line %d", malformed[i], warnings, warned_line);
		assert_int_equal(known_hosts_find(k, "web1", 22, keys, 4), 2);
		assert_string_equal(keys[0].type, "ssh-ed25519");
		assert_string_equal(keys[1].type, "ecdsa-sha2-nistp256");
		known_hosts_destroy(k);
	}
}

static void gives_no_more_than_asked(void **state)
{
	(void)state;
	struct host_key key = { 0 };
	struct known_hosts *k = parse("a ssh-ed25519 " ED "\na ecdsa-sha2-nistp256 " EC "\n");
	assert_int_equal(known_hosts_find(k, "a", 22, &key, 1), 2);
	assert_string_equal(key.type, "ssh-ed25519");
	assert_int_equal(key.blob_len, 51);
	assert_int_equal(known_hosts_find(k, "a", 22, NULL, 0), 2);
	known_hosts_destroy(k);
}

/* However many others stand before it. */
static void gives_revoked_keys_first(void **state)
{
	(void)state;
	enum { PLAIN = 8 };
	char text[PLAIN * 128 + 256], *at = text;
	struct host_key keys[PLAIN];
	for (int i = 0; i < PLAIN; i++)
		at += sprintf(at, "a ssh-ed25519 %s\n", ED);
	(void)strcpy(at, "@revoked * ecdsa-sha2-nistp256 " EC "\n");
	struct known_hosts *k = parse(text);
	assert_int_equal(known_hosts_find(k, "a", 22, keys, PLAIN), PLAIN + 1);
	assert_true(keys[0].revoked);
	assert_string_equal(keys[0].type, "ecdsa-sha2-nistp256");
	assert_false(keys[1].revoked);
	known_hosts_destroy(k);
}

static void finds_each_of_many(void **state)
{
	(void)state;
	enum { MANY = 3000 };
	char *text = malloc(MANY * 128), *at = text, host[32];
	struct host_key key;
	assert_non_null(text);
	for (int i = 0; i < MANY; i++)
		at += sprintf(at, "host%d ssh-ed25519 %s\n", i, ED);
	struct known_hosts *k = parse(text);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(host, sizeof host, "host%d", i);
		assert_int_equal(known_hosts_find(k, host, 22, &key, 1), 1);
	}
	known_hosts_destroy(k);
	free(text);
}

static void survives_every_truncation(void **state)
{
	(void)state;
	static const char text[] =
		"@revoked a*,!b ssh-ed25519 " ED "\n"
		"|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 " ED "\n"
		"[c]:2222,d ecdsa-sha2-nistp256 " EC " comment\n";
	struct host_key keys[4];
	for (size_t len = 0; len < sizeof text; len++) {
		struct known_hosts *k;
		struct error err;
		assert_int_equal(known_hosts_parse("hosts", text, len, NULL, NULL, &k, &err), 0);
		assert_true(known_hosts_find(k, "d", 22, keys, 4) <= 1);
		assert_true(known_hosts_find(k, "192.0.2.1", 22, keys, 4) <= 1);
		known_hosts_destroy(k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_as_openssh_does),
		cmocka_unit_test(warns_and_uses_the_rest),
		cmocka_unit_test(gives_no_more_than_asked),
		cmocka_unit_test(gives_revoked_keys_first),
		cmocka_unit_test(finds_each_of_many),
		cmocka_unit_test(survives_every_truncation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
