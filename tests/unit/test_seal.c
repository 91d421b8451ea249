#include "tests/unit/unit.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/crypto/seal.h"
#include "lib/file.h"
#include "lib/hex.h"

struct place {
	char dir[64], key[80], pub[80];
};

static int make_place(void **state)
{
	static struct place place;
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(place.dir, sizeof place.dir, "%.40s/fleet-seal-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(place.dir))
		return -1;
	(void)snprintf(place.key, sizeof place.key, "%s/server.key", place.dir);
	(void)snprintf(place.pub, sizeof place.pub, "%s/server.pub", place.dir);
	*state = &place;
	return 0;
}

/* A folder that is not empty by then holds a temporary file that was left behind. */
static int remove_place(void **state)
{
	struct place *place = *state;
	(void)unlink(place->key);
	(void)unlink(place->pub);
	return rmdir(place->dir);
}

static struct keyring *load(const struct place *place)
{
	struct keyring *ring = NULL;
	struct error err = { "" };
	if (keyring_load(place->key, &ring, &err) < 0)
		fail_msg("%s", err.text);
	return ring;
}

static void generate(const struct place *place, int rotate)
{
	struct error err = { "" };
	if (keyring_generate(place->key, place->pub, rotate, &err) < 0)
		fail_msg("%s", err.text);
}

static void read_text(const char *path, struct buffer *out)
{
	assert_int_equal(file_read(path, FILE_ANY, 1 << 20, out, NULL), 0);
}

/* What the probe does. */
static size_t seal_to(const struct keyring_entry *e, const char *text, uint8_t *out)
{
	size_t len = strlen(text);
	assert_int_equal(crypto_box_seal(out, (const uint8_t *)text, len, e->public_key), 0);
	return len + crypto_box_SEALBYTES;
}

static void a_new_key_opens_what_is_sealed_to_it(void **state)
{
	generate(*state, 0);
	struct keyring *ring = load(*state);
	assert_int_equal(keyring_count(ring), 1);
	uint8_t sealed[200];
	size_t len = seal_to(keyring_entry(ring, 0), "hello", sealed);
	struct buffer out = { 0 };
	size_t key = 9;
	assert_int_equal(buffer_append_text(&out, "> "), 0);
	assert_int_equal(keyring_open(ring, sealed, len, &out, &key, NULL), 0);
	assert_string_equal(out.data, "> hello");
	assert_int_equal(key, 0);
	buffer_finish(&out);
	keyring_destroy(ring);
}

static void damaged_and_foreign_boxes_stay_shut(void **state)
{
	generate(*state, 0);
	struct keyring *ring = load(*state);
	uint8_t sealed[200];
	size_t len = seal_to(keyring_entry(ring, 0), "hello", sealed);
	struct buffer out = { 0 };
	size_t key = 9;
	struct error err;
	for (size_t i = 0; i < len; i++) {
		sealed[i] ^= 1;
		assert_int_equal(keyring_open(ring, sealed, len, &out, &key, &err), -1);
		sealed[i] ^= 1;
		assert_int_equal(keyring_open(ring, sealed, i, &out, &key, &err), -1);
	}
	struct buffer small = { .cap = 4 };
	assert_int_equal(keyring_open(ring, sealed, len, &small, &key, &err), -1);
	struct keyring_entry foreign;
	uint8_t secret[32];
	assert_int_equal(crypto_box_keypair(foreign.public_key, secret), 0);
	len = seal_to(&foreign, "hello", sealed);
	assert_int_equal(keyring_open(ring, sealed, len, &out, &key, &err), -1);
	assert_string_equal(err.text, "none of 1 keys opens it");
	assert_int_equal(out.len, 0);
	assert_int_equal(key, 9);
	buffer_finish(&out);
	buffer_finish(&small);
	keyring_destroy(ring);
}

static void a_rotated_key_still_opens(void **state)
{
	generate(*state, 0);
	struct keyring *before = load(*state);
	uint8_t sealed[200];
	size_t len = seal_to(keyring_entry(before, 0), "hello", sealed);
	generate(*state, 1);
	struct keyring *after = load(*state);
	assert_int_equal(keyring_count(after), 2);
	assert_string_not_equal(keyring_entry(after, 0)->id, keyring_entry(before, 0)->id);
	assert_memory_equal(
		keyring_entry(after, 1), keyring_entry(before, 0), sizeof(struct keyring_entry));
	struct buffer out = { 0 };
	size_t key = 9;
	assert_int_equal(keyring_open(after, sealed, len, &out, &key, NULL), 0);
	assert_int_equal(key, 1);
	buffer_finish(&out);
	keyring_destroy(before);
	keyring_destroy(after);
}

static void a_full_ring_is_not_rotated(void **state)
{
	const struct place *place = *state;
	generate(place, 0);
	for (int i = 1; i < KEYRING_KEYS_MAX; i++)
		generate(place, 1);
	struct error err = { "" };
	assert_int_equal(keyring_generate(place->key, place->pub, 1, &err), -1);
	assert_non_null(strstr(err.text, "remove the last line"));
	struct keyring *ring = load(place);
	assert_int_equal(keyring_count(ring), KEYRING_KEYS_MAX);
	keyring_destroy(ring);
}

static void files_have_their_modes_and_say_what_they_are(void **state)
{
	const struct place *place = *state;
	(void)umask(0);
	generate(place, 0);
	(void)umask(077);
	generate(place, 1);
	struct stat st;
	assert_int_equal(stat(place->key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(place->pub, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	struct keyring *ring = load(place);
	struct buffer pub = { 0 };
	read_text(place->pub, &pub);
	for (size_t i = 0; i < 2; i++) {
		const struct keyring_entry *e = keyring_entry(ring, i);
		char hex[65], line[200];
		(void)snprintf(line, sizeof line, "%s %s %s\n", e->id, e->created,
			hex_encode(hex, e->public_key, 32));
		assert_non_null(strstr(pub.data, line));
	}
	buffer_finish(&pub);
	keyring_destroy(ring);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
	const struct place *place = *state;
	generate(place, 0);
	assert_int_equal(chmod(place->key, 0640), 0);
	struct keyring *ring = NULL;
	struct error err = { "" };
	assert_int_equal(keyring_load(place->key, &ring, &err), -1);
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_null(ring);
}

static void a_missing_key_is_told_from_a_bad_one(void **state)
{
	const struct place *place = *state;
	struct keyring *ring = NULL;
	struct error err;
	assert_int_equal(keyring_load(place->key, &ring, &err), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(keyring_generate(place->key, place->pub, 1, &err), -1);
	assert_int_equal(errno, ENOENT);
}

static void the_first_key_is_never_overwritten(void **state)
{
	const struct place *place = *state;
	generate(place, 0);
	struct buffer before = { 0 }, after = { 0 };
	read_text(place->key, &before);
	struct error err;
	assert_int_equal(keyring_generate(place->key, place->pub, 0, &err), -1);
	assert_int_equal(errno, EEXIST);
	read_text(place->key, &after);
	assert_string_equal(before.data, after.data);
	buffer_finish(&before);
	buffer_finish(&after);
}

/* Many at once: one makes the key, the others are told; and the key is whole when they are. */
static void race(const struct place *place)
{
	struct keyring *ring = NULL;
	if (keyring_generate(place->key, place->pub, 0, NULL) == 0)
		_exit(1);
	int loaded = errno == EEXIST && keyring_load(place->key, &ring, NULL) == 0;
	keyring_destroy(ring);
	_exit(loaded ? 0 : 2);
}

static void of_many_at_once_one_wins(void **state)
{
	enum { RACERS = 8 };
	pid_t pids[RACERS];
	for (int i = 0; i < RACERS; i++)
		if ((pids[i] = fork()) == 0)
			race(*state);
	int winners = 0;
	for (int i = 0; i < RACERS; i++) {
		int status = 0;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		winners += WEXITSTATUS(status);
	}
	assert_int_equal(winners, 1);
}

static void many_rotations_at_once_lose_no_key(void **state)
{
	const struct place *place = *state;
	enum { RACERS = KEYRING_KEYS_MAX - 1 };
	pid_t pids[RACERS];
	generate(place, 0);
	for (int i = 0; i < RACERS; i++)
		if ((pids[i] = fork()) == 0)
			_exit(keyring_generate(place->key, place->pub, 1, NULL) == 0 ? 0 : 1);
	for (int i = 0; i < RACERS; i++) {
		int status = 1;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	struct keyring *ring = load(place);
	struct buffer pub = { 0 };
	assert_int_equal(keyring_count(ring), KEYRING_KEYS_MAX);
	read_text(place->pub, &pub);
	for (size_t i = 0; i < keyring_count(ring); i++)
		assert_non_null(strstr(pub.data, keyring_entry(ring, i)->id));
	buffer_finish(&pub);
	keyring_destroy(ring);
}

static void nothing_is_rotated_when_the_public_file_cannot_be_written(void **state)
{
	const struct place *place = *state;
	struct error err;
	generate(place, 0);
	assert_int_equal(unlink(place->pub), 0);
	assert_int_equal(mkdir(place->pub, 0700), 0);
	assert_int_equal(keyring_generate(place->key, place->pub, 1, &err), -1);
	assert_non_null(strstr(err.text, place->pub));
	struct keyring *ring = load(place);
	assert_int_equal(keyring_count(ring), 1);
	keyring_destroy(ring);
	assert_int_equal(unlink(place->key), 0);
	assert_int_equal(keyring_generate(place->key, place->pub, 0, &err), -1);
	assert_int_equal(access(place->key, F_OK), -1);
	assert_int_equal(rmdir(place->pub), 0);
}

#define ID  "6ee44f4b4f4f3ae6"
#define NUL "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void bad_key_files_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "", "holds no key" },
		{ "\n# comment\n\n", "holds no key" },
		{ "x\n", "line 1: is not `KEY-ID CREATED KEY`" },
		{ "# c\n\n0011223344556677 2026-11-22T12:00:00.000Z\n", "line 3: is not" },
		{ ID " 2026-11-22T12:00:00.000Z " NUL " more\n", "line 1: is not" },
		{ ID " 2026-11-22T12:00:00.000Z " NUL "00\n", "line 1: is not" },
		{ ID " 2026-11-22T12:00:00.000Zandlonger " NUL "\n", "line 1: is not" },
		{ "0011223344556677 2026-11-22T12:00:00.000Z " NUL, "not the one of this key id" },
	};
	const struct place *place = *state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct keyring *ring = NULL;
		struct error err = { "" };
		assert_int_equal(
			file_write(place->key, rows[i].text, strlen(rows[i].text), 0600, NULL), 0);
		assert_int_equal(keyring_load(place->key, &ring, &err), -1);
		if (!strstr(err.text, rows[i].reason))
			fail_msg("%s lacks: %s", err.text, rows[i].reason);
	}
	assert_int_equal(file_write(place->key, "# \0 x\n", 6, 0600, NULL), 0);
	assert_int_equal(keyring_load(place->key, &(struct keyring *){ NULL }, NULL), -1);
}

static void nonces_depend_on_key_client_and_attempt(void **state)
{
	generate(*state, 0);
	generate(*state, 1);
	struct keyring *ring = load(*state);
	struct keyring *again = load(*state);
	uint8_t a[SEAL_NONCE_SIZE], b[SEAL_NONCE_SIZE];
	keyring_nonce(ring, 0, "web1", 7, a);
	keyring_nonce(again, 0, "web1", 7, b);
	assert_memory_equal(a, b, sizeof a);
	keyring_nonce(ring, 1, "web1", 7, b);
	assert_memory_not_equal(a, b, sizeof a);
	keyring_nonce(ring, 0, "web2", 7, b);
	assert_memory_not_equal(a, b, sizeof a);
	keyring_nonce(ring, 0, "web1", 8, b);
	assert_memory_not_equal(a, b, sizeof a);
	keyring_nonce(ring, 0, "web1", UINT64_C(7) << 56, b);
	assert_memory_not_equal(a, b, sizeof a);
	keyring_destroy(ring);
	keyring_destroy(again);
}

static void folders_depend_on_key_and_client(void **state)
{
	generate(*state, 0);
	generate(*state, 1);
	struct keyring *ring = load(*state);
	char a[17], b[17];
	keyring_folder(ring, 0, "web1", a);
	keyring_folder(ring, 0, "web1", b);
	assert_string_equal(a, b);
	assert_int_equal(strspn(a, "0123456789abcdef"), 16);
	keyring_folder(ring, 1, "web1", b);
	assert_string_not_equal(a, b);
	keyring_folder(ring, 0, "web2", b);
	assert_string_not_equal(a, b);
	keyring_destroy(ring);
}

int main(void)
{
	if (seal_init(NULL) < 0)
		return 1;
#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
	const struct CMUnitTest tests[] = {
		WITH_PLACE(a_new_key_opens_what_is_sealed_to_it),
		WITH_PLACE(damaged_and_foreign_boxes_stay_shut),
		WITH_PLACE(a_rotated_key_still_opens),
		WITH_PLACE(a_full_ring_is_not_rotated),
		WITH_PLACE(files_have_their_modes_and_say_what_they_are),
		WITH_PLACE(a_key_that_others_can_read_is_refused),
		WITH_PLACE(a_missing_key_is_told_from_a_bad_one),
		WITH_PLACE(the_first_key_is_never_overwritten),
		WITH_PLACE(of_many_at_once_one_wins),
		WITH_PLACE(many_rotations_at_once_lose_no_key),
		WITH_PLACE(nothing_is_rotated_when_the_public_file_cannot_be_written),
		WITH_PLACE(bad_key_files_are_refused_with_their_line),
		WITH_PLACE(nonces_depend_on_key_client_and_attempt),
		WITH_PLACE(folders_depend_on_key_and_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
