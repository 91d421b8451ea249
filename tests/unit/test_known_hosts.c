#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ssh/known_hosts.h"

#define ED "AAAAC3NzaC1lZDI1NTE5AAAAIJ8YgdnNNeFHhnXfx9o7+A2tZ3eJtVtTCYEArXbfeDSU"
#define EC                                                                                    \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNBQQMhHsHTPQ2eLGg+3Ofq36UxxMjG" \
	"s2fBbnRSU9QkpPVmZkKDRpJ9Z8dCPyXqy4vK3p1MSlGWAOjk3wOqAVkE="

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

/* Against the real ssh-keygen, in a folder of their own. */

static char folder[] = "/tmp/test_known_hosts.XXXXXX";

static int in_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	char command[64];
	(void)snprintf(command, sizeof command, "rm -r %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void first_word_of(const char *command, int skip, char *out, size_t size)
{
	FILE *p = popen(command, "r");
	char line[4096] = "";
	assert_non_null(p);
	assert_non_null(fgets(line, sizeof line, p));
	(void)pclose(p);
	char *word = strtok(line, " \n");
	while (skip-- > 0)
		word = strtok(NULL, " \n");
	assert_non_null(word);
	(void)snprintf(out, size, "%s", word);
}

static struct known_hosts *load(const char *path)
{
	struct known_hosts *k = NULL;
	struct error err;
	if (known_hosts_load(path, NULL, NULL, &k, &err) < 0)
		fail_msg("%s", err.text);
	return k;
}

static void fingerprints_like_ssh_keygen(void **state)
{
	(void)state;
	static const char *const kinds[] = { "ed25519", "ecdsa", "rsa" };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char command[256], expected[128], got[FINGERPRINT_SIZE];
		struct host_key key;
		(void)snprintf(command, sizeof command,
			"rm -f k k.pub h && ssh-keygen -q -t %s -N '' -f k && "
			"(printf 'web1 '; cat k.pub) >h",
			kinds[i]);
		run(command);
		first_word_of("ssh-keygen -l -f k.pub", 1, expected, sizeof expected);
		struct known_hosts *k = load("h");
		assert_int_equal(known_hosts_find(k, "web1", 22, &key, 1), 1);
		assert_string_equal(host_key_fingerprint(key.blob, key.blob_len, got), expected);
		known_hosts_destroy(k);
	}
}

static void reads_names_that_ssh_keygen_hashed(void **state)
{
	(void)state;
	struct host_key key;
	run("printf 'web1 ssh-ed25519 %s\\n[web1]:2222 ssh-ed25519 %s\\n' " ED " " ED " >hashed && "
	    "ssh-keygen -H -f hashed >/dev/null 2>&1 && ! grep -q web1 hashed");
	struct known_hosts *k = load("hashed");
	assert_int_equal(known_hosts_find(k, "web1", 22, &key, 1), 1);
	assert_int_equal(known_hosts_find(k, "web1", 2222, &key, 1), 1);
	assert_int_equal(known_hosts_find(k, "web2", 22, &key, 1), 0);
	known_hosts_destroy(k);
}

static void expect_file(const char *path, const char *expected)
{
	char got[4096];
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(got, 1, sizeof got - 1, f);
	got[n] = 0;
	(void)fclose(f);
	assert_string_equal(got, expected);
}

static void replaces_one_host_and_nothing_else(void **state)
{
	(void)state;
	static const char before[] = "# a comment\r\n"
				     "web1 ssh-ed25519 " ED " old\n"
				     "web1,web2 ssh-ed25519 " ED "\n"
				     "  broken line\n"
				     "@revoked web1 ssh-ed25519 " ED "\n"
				     "[web1]:2222 ssh-ed25519 " ED;
	FILE *f = fopen("r", "w");
	assert_non_null(f);
	assert_true(fputs(before, f) >= 0);
	assert_int_equal(fclose(f), 0);
	struct error err;
	struct known_hosts *k = load("r");
	struct host_key key;
	assert_true(known_hosts_find(k, "web1", 22, &key, 1) > 0);
	key.type = "ssh-ed25519";
	assert_int_equal(known_hosts_replace("r", "WEB1", 22, &key, 1, &err), 0);
	expect_file("r", "# a comment\r\n"
			 "web1,web2 ssh-ed25519 " ED "\n"
			 "  broken line\n"
			 "@revoked web1 ssh-ed25519 " ED "\n"
			 "[web1]:2222 ssh-ed25519 " ED "\n"
			 "web1 ssh-ed25519 " ED "\n");
	assert_int_equal(known_hosts_replace("r", "web1", 2222, NULL, 0, &err), 0);
	expect_file("r", "# a comment\r\n"
			 "web1,web2 ssh-ed25519 " ED "\n"
			 "  broken line\n"
			 "@revoked web1 ssh-ed25519 " ED "\n"
			 "web1 ssh-ed25519 " ED "\n");
	known_hosts_destroy(k);
}

static void openssh_finds_what_we_write(void **state)
{
	(void)state;
	struct error err;
	struct host_key key;
	struct known_hosts *k = parse("a ssh-ed25519 " ED);
	assert_int_equal(known_hosts_find(k, "a", 22, &key, 1), 1);
	assert_int_equal(known_hosts_replace("w", "web1", 22, &key, 1, &err), 0);
	assert_int_equal(known_hosts_replace("w", "192.0.2.7", 2222, &key, 1, &err), 0);
	assert_int_equal(known_hosts_replace("w", "2001:db8::1", 22, &key, 1, &err), 0);
	run("test $(stat -c %a w) = 600");
	run("ssh-keygen -F web1 -f w | grep -q " ED);
	run("ssh-keygen -F '[192.0.2.7]:2222' -f w | grep -q " ED);
	run("ssh-keygen -F 2001:db8::1 -f w | grep -q " ED);
	run("! ssh-keygen -F web2 -f w >/dev/null");
	known_hosts_destroy(k);
}

static void appends_behind_whatever_stands_there(void **state)
{
	(void)state;
	struct error err;
	struct host_key key;
	struct known_hosts *k = parse("a ssh-ed25519 " ED);
	assert_int_equal(known_hosts_find(k, "a", 22, &key, 1), 1);
	assert_int_equal(known_hosts_append("p", "web1", 22, &key, 1, &err), 0);
	run("test $(stat -c %a p) = 600");
	run("printf '# no newline' >>p");
	assert_int_equal(known_hosts_append("p", "192.0.2.7", 2222, &key, 1, &err), 0);
	expect_file("p", "web1 ssh-ed25519 " ED "\n# no newline\n"
			 "[192.0.2.7]:2222 ssh-ed25519 " ED "\n");
	assert_int_equal(known_hosts_append("p", "a\nb", 22, &key, 1, &err), -1);
	assert_int_equal(known_hosts_append("no/such", "web1", 22, &key, 1, &err), -1);
	run("ln -s p q");
	assert_int_equal(known_hosts_append("q", "web1", 22, &key, 1, &err), -1);
	known_hosts_destroy(k);
}

/* Half of them replace, half append. */
static void edit(int i, const struct host_key *key)
{
	char host[16];
	(void)snprintf(host, sizeof host, "host%d", i);
	_exit((i % 2 ? known_hosts_replace : known_hosts_append)("c", host, 22, key, 1, NULL) != 0);
}

static void many_edits_at_once_lose_no_line(void **state)
{
	(void)state;
	enum { WRITERS = 16 };
	pid_t pids[WRITERS];
	struct host_key key;
	struct known_hosts *k = parse("a ssh-ed25519 " ED);
	assert_int_equal(known_hosts_find(k, "a", 22, &key, 1), 1);
	for (int i = 0; i < WRITERS; i++)
		if ((pids[i] = fork()) == 0)
			edit(i, &key);
	for (int i = 0; i < WRITERS; i++) {
		int status = 1;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	known_hosts_destroy(k);
	k = load("c");
	for (int i = 0; i < WRITERS; i++) {
		char host[16];
		(void)snprintf(host, sizeof host, "host%d", i);
		assert_int_equal(known_hosts_find(k, host, 22, NULL, 0), 1);
	}
	known_hosts_destroy(k);
}

/* Whoever can read a folder can lock it. */
static void waits_for_no_stranger(void **state)
{
	(void)state;
	struct error err;
	int here = open(".", O_RDONLY | O_DIRECTORY), file = open("p", O_RDONLY);
	assert_int_equal(flock(here, LOCK_EX) | flock(file, LOCK_EX), 0);
	alarm(20);
	assert_int_equal(known_hosts_append("p", "h", 22, NULL, 0, &err), 0);
	assert_int_equal(known_hosts_replace("p", "h", 22, NULL, 0, &err), 0);
	run("test ! -e p.lock");
	close(here);
	close(file);
	alarm(0);
}

static void waits_for_its_own_but_not_for_ever(void **state)
{
	(void)state;
	struct error err;
	int lock = open("p.lock", O_WRONLY | O_CREAT, 0600); /* left by one that was killed */
	assert_int_equal(known_hosts_append("p", "h", 22, NULL, 0, &err), 0);
	close(lock);
	lock = open("p.lock", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	alarm(20);
	assert_int_equal(known_hosts_append("p", "h", 22, NULL, 0, &err), -1);
	assert_string_equal(err.text, "p.lock: another program holds it; try again");
	alarm(0);
	close(lock);
	assert_int_equal(known_hosts_append("p", "h", 22, NULL, 0, &err), 0);
}

static void refuses_names_that_would_mean_more(void **state)
{
	(void)state;
	static const char *const names[] = { "", "a b", "a,b", "*", "!a", "|1|x", "#a", "@revoked",
		"a\nb" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct error err;
		assert_int_equal(known_hosts_replace("never", names[i], 22, NULL, 0, &err), -1);
		assert_int_equal(access("never", F_OK), -1);
	}
}

static void takes_a_missing_file_for_empty(void **state)
{
	(void)state;
	struct known_hosts *k = load("missing");
	assert_int_equal(known_hosts_find(k, "web1", 22, NULL, 0), 0);
	known_hosts_destroy(k);
}

static void refuses_a_file_that_others_write(void **state)
{
	(void)state;
	struct known_hosts *k;
	struct error err;
	run("touch open && chmod 666 open");
	assert_int_equal(known_hosts_load("open", NULL, NULL, &k, &err), -1);
}

/* ---- resolving hashed names ------------------------------------------------------------- */

enum { HASHED = 40 };

static char host_names[HASHED + 2][16];

/* Every host of the file by name, and one that is not in it. */
static struct known_hosts *resolve(const struct known_hosts_query *queries, size_t count)
{
	struct known_hosts *k = NULL;
	struct error err;
	if (known_hosts_load("hashed", NULL, NULL, &k, &err) < 0 ||
		known_hosts_resolve(k, queries, count, "cache", &err) < 0)
		fail_msg("%s", err.text);
	return k;
}

static void expect_all(const struct known_hosts *k, int count)
{
	struct host_key key;
	for (int i = 0; i < count; i++) {
		assert_int_equal(known_hosts_find(k, host_names[i], 22, &key, 1), 1);
		assert_int_equal(known_hosts_find(k, host_names[i], 2222, &key, 1), i % 2);
	}
	assert_int_equal(known_hosts_find(k, host_names[HASHED + 1], 22, &key, 1), 0);
}

static ino_t inode_of_cache(void)
{
	struct stat st;
	assert_int_equal(stat("cache", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	return st.st_ino;
}

/* Hosts with odd numbers are there on port 2222, too. */
static size_t write_hashed(struct known_hosts_query *queries, int from, int to, const char *mode)
{
	size_t count = 0;
	FILE *f = fopen("hashed", mode);
	assert_non_null(f);
	for (int i = from; i < to; i++) {
		(void)snprintf(host_names[i], sizeof host_names[i], "host%d", i);
		queries[count++] = (struct known_hosts_query){ host_names[i], 22 };
		queries[count++] = (struct known_hosts_query){ host_names[i], 2222 };
		fprintf(f, "%s ssh-ed25519 " ED "\n", host_names[i]);
		if (i % 2)
			fprintf(f, "[%s]:2222 ssh-ed25519 " ED "\n", host_names[i]);
	}
	assert_int_equal(fclose(f), 0);
	run("ssh-keygen -q -H -f hashed >/dev/null 2>&1 && chmod 600 hashed && rm -f hashed.old");
	return count;
}

static void resolves_hashed_names_once(void **state)
{
	(void)state;
	struct known_hosts_query queries[2 * HASHED + 4];
	(void)strcpy(host_names[HASHED + 1], "nobody");
	size_t count = write_hashed(queries, 0, HASHED, "w");
	queries[count++] = (struct known_hosts_query){ "nobody", 22 };
	struct known_hosts *k = resolve(queries, count);
	expect_all(k, HASHED);
	known_hosts_destroy(k);
	ino_t first = inode_of_cache();
	for (size_t asked = count; asked > 0; asked /= 3) { /* all is known; nothing is written */
		k = resolve(queries, asked);
		expect_all(k, HASHED);
		known_hosts_destroy(k);
		assert_true(inode_of_cache() == first);
	}
	count +=
		write_hashed(queries + count, HASHED, HASHED + 1, "a"); /* a line and a name more */
	k = resolve(queries, count);
	expect_all(k, HASHED + 1);
	known_hosts_destroy(k);
	assert_true(inode_of_cache() != first);
}

static void believes_no_spoilt_cache(void **state)
{
	(void)state;
	struct known_hosts_query queries[2 * HASHED];
	size_t count = write_hashed(queries, 0, HASHED, "w");
	known_hosts_destroy(resolve(queries, count));
	for (int i = 0; i < 8; i++) {
		char command[128];
		(void)snprintf(command, sizeof command,
			"printf X | dd of=cache bs=1 seek=%d conv=notrunc 2>/dev/null", 300 * i);
		run(command);
		struct known_hosts *k = resolve(queries, count);
		expect_all(k, HASHED);
		known_hosts_destroy(k);
	}
	run("chmod 666 cache && truncate -s 10 cache");
	struct known_hosts *k = resolve(queries, count);
	expect_all(k, HASHED);
	known_hosts_destroy(k);
	(void)inode_of_cache(); /* it is private again */
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
		cmocka_unit_test(fingerprints_like_ssh_keygen),
		cmocka_unit_test(reads_names_that_ssh_keygen_hashed),
		cmocka_unit_test(replaces_one_host_and_nothing_else),
		cmocka_unit_test(openssh_finds_what_we_write),
		cmocka_unit_test(appends_behind_whatever_stands_there),
		cmocka_unit_test(many_edits_at_once_lose_no_line),
		cmocka_unit_test(waits_for_no_stranger),
		cmocka_unit_test(waits_for_its_own_but_not_for_ever),
		cmocka_unit_test(refuses_names_that_would_mean_more),
		cmocka_unit_test(takes_a_missing_file_for_empty),
		cmocka_unit_test(refuses_a_file_that_others_write),
		cmocka_unit_test(resolves_hashed_names_once),
		cmocka_unit_test(believes_no_spoilt_cache),
	};
	return cmocka_run_group_tests(tests, in_folder, leave_folder);
}
