/* Hashed names are resolved once, and remembered in a cache that nobody has to believe. */
#include "tests/unit/folder_rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/ssh/known_hosts.h"
#include "tests/unit/known_keys.h"

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
	rig_run("ssh-keygen -q -H -f hashed >/dev/null 2>&1 && chmod 600 hashed && rm -f "
		"hashed.old");
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
		rig_run(command);
		struct known_hosts *k = resolve(queries, count);
		expect_all(k, HASHED);
		known_hosts_destroy(k);
	}
	rig_run("chmod 666 cache && truncate -s 10 cache");
	struct known_hosts *k = resolve(queries, count);
	expect_all(k, HASHED);
	known_hosts_destroy(k);
	(void)inode_of_cache(); /* it is private again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves_hashed_names_once),
		cmocka_unit_test(believes_no_spoilt_cache),
	};
	return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
