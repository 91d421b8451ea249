/* The file as OpenSSH reads and writes it, and as several programs change it at once. */
#include "tests/unit/folder_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ssh/known_hosts.h"
#include "tests/unit/known_keys.h"

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
		rig_run(command);
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
	rig_run("printf 'web1 ssh-ed25519 %s\\n[web1]:2222 ssh-ed25519 %s\\n' " ED " " ED
		" >hashed && "
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

/* A key to write. */
static struct known_hosts *one_key(struct host_key *ret_key)
{
	rig_run("echo 'a ssh-ed25519 " ED "' >a");
	struct known_hosts *k = load("a");
	assert_int_equal(known_hosts_find(k, "a", 22, ret_key, 1), 1);
	return k;
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
	struct known_hosts *k = one_key(&key);
	assert_int_equal(known_hosts_replace("w", "web1", 22, &key, 1, &err), 0);
	assert_int_equal(known_hosts_replace("w", "192.0.2.7", 2222, &key, 1, &err), 0);
	assert_int_equal(known_hosts_replace("w", "2001:db8::1", 22, &key, 1, &err), 0);
	rig_run("test $(stat -c %a w) = 600");
	rig_run("ssh-keygen -F web1 -f w | grep -q " ED);
	rig_run("ssh-keygen -F '[192.0.2.7]:2222' -f w | grep -q " ED);
	rig_run("ssh-keygen -F 2001:db8::1 -f w | grep -q " ED);
	rig_run("! ssh-keygen -F web2 -f w >/dev/null");
	known_hosts_destroy(k);
}

static void appends_behind_whatever_stands_there(void **state)
{
	(void)state;
	struct error err;
	struct host_key key;
	struct known_hosts *k = one_key(&key);
	assert_int_equal(known_hosts_append("p", "web1", 22, &key, 1, &err), 0);
	rig_run("test $(stat -c %a p) = 600");
	rig_run("printf '# no newline' >>p");
	assert_int_equal(known_hosts_append("p", "192.0.2.7", 2222, &key, 1, &err), 0);
	expect_file("p", "web1 ssh-ed25519 " ED "\n# no newline\n"
			 "[192.0.2.7]:2222 ssh-ed25519 " ED "\n");
	assert_int_equal(known_hosts_append("p", "a\nb", 22, &key, 1, &err), -1);
	assert_int_equal(known_hosts_append("no/such", "web1", 22, &key, 1, &err), -1);
	rig_run("ln -s p q");
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
	struct known_hosts *k = one_key(&key);
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
	rig_run("test ! -e p.lock");
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
	rig_run("touch open && chmod 666 open");
	assert_int_equal(known_hosts_load("open", NULL, NULL, &k, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};
	return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
