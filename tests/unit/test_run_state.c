#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/claim.h"
#include "collector/last_hosts.h"
#include "collector/run_state.h"
#include "lib/crypto/seal.h"
#include "lib/file.h"

static char folder[] = "/tmp/fleet-state-XXXXXX";
static char path[64];
static int folder_fd;

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/fleet-state-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/file", folder);
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd < 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlinkat(folder_fd, "lock", 0);
	close(folder_fd);
	return rmdir(folder);
}

static void one_run_at_a_time(void **state)
{
	(void)state;
	enum run_lock lock;
	int fd = -1, other = -1;
	uint32_t refused = 0;
	assert_int_equal(run_lock_take(folder_fd, &lock, &fd, &refused, NULL), 0);
	assert_int_equal(lock, RUN_LOCK_TAKEN);
	for (uint32_t i = 1; i <= 4; i++) {
		assert_int_equal(run_lock_take(folder_fd, &lock, &other, &refused, NULL), 0);
		assert_int_equal(lock, RUN_LOCK_BUSY);
		assert_int_equal(refused, i);
	}
	close(fd);
	assert_int_equal(run_lock_take(folder_fd, &lock, &fd, &refused, NULL), 0);
	assert_int_equal(lock, RUN_LOCK_TAKEN);
	assert_int_equal(run_lock_take(folder_fd, &lock, &other, &refused, NULL), 0);
	assert_int_equal(refused, 1);
	close(fd);
	assert_int_equal(other, -1);
}

static void state_goes_there_and_back(void **state)
{
	(void)state;
	struct run_state s = { { 0x0123456789abcdef, 42, 7 }, 11, 12, 1763785952123 }, back;
	assert_int_equal(run_state_load(path, &back, NULL), 0);
	assert_int_equal(back.clock.last, 0);
	assert_int_equal(run_state_save(path, &s, NULL), 0);
	assert_int_equal(run_state_load(path, &back, NULL), 0);
	assert_int_equal(back.clock.last, s.clock.last);
	assert_int_equal(back.clock.wall_ms, 42);
	assert_int_equal(back.clock.collector, 7);
	assert_int_equal(back.seed, 11);
	assert_int_equal(back.claim, 12);
	assert_int_equal(back.complained_at, s.complained_at);
}

static void damaged_state_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"\n",
		"fleet1 state 0123456789abcdef 42 7 0000000000000001 0000000000000002\n",
		"fleet1 state 0123456789abcdef 42 255 0000000000000001 0000000000000002 0\n",
		"fleet1 state f123456789abcdef 42 7 0000000000000001 0000000000000002 0\n",
		"fleet1 state 0123456789abcdef 42 7 0000000000000001 2 0\n",
		"fleet1 state 0123456789abcdef -1 7 0000000000000001 0000000000000002 0\n",
		"fleet1 state 0123456789abcdef 42 7 0000000000000001 0000000000000002 0 \n",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct run_state s = { .complained_at = 42 };
		struct error err = { "" };
		assert_int_equal(file_write(path, bad[i], strlen(bad[i]), 0600, NULL), 0);
		assert_int_equal(run_state_load(path, &s, &err), -1);
		assert_non_null(strstr(err.text, path));
		assert_int_equal(s.complained_at, 42);
	}
}

static void whatever_is_another_claims_another_number(void **state)
{
	(void)state;
	struct config c = { .storage = { .path = "/srv/fleet.db" },
		.collector.spool = "/srv/spool" };
	struct config others[] = { c, c, c, c, c, c, c };
	others[0].storage.engine = STORAGE_MARIADB;
	others[1].storage.path = "/srv/fleet.d";
	others[2].storage.host = "db1";
	others[3].storage.socket = "db1";
	others[4].storage.port = 3306;
	others[5].storage.database = "fleet";
	others[6].collector.spool = "/srv/spool2";
	assert_int_equal(seal_init(NULL), 0);
	uint64_t mine = claim_of(1, "m", &c);
	assert_true(mine > 0 && mine <= INT64_MAX);
	assert_int_equal(claim_of(1, "m", &c), mine);
	assert_int_not_equal(claim_of(2, "m", &c), mine);
	assert_int_not_equal(claim_of(1, "n", &c), mine);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_not_equal(claim_of(1, "m", &others[i]), mine);
}

static void hosts_go_there_and_back(void **state)
{
	(void)state;
	struct last_hosts hosts, back;
	assert_int_equal(last_hosts_load(path, &hosts, NULL), 0);
	assert_int_equal(hosts.count, 0);
	assert_null(last_hosts_find(&hosts, "web1"));
	static const struct last_host items[] = {
		{ (char *)"web 2", 22, 7000, OUTCOME_TIMEOUT, true },
		{ (char *)"db", 11, 2, OUTCOME_OK, false },
		{ (char *)"web1", 33, 3, OUTCOME_HOST_KEY_UNKNOWN, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		assert_int_equal(last_hosts_add(&hosts, &items[i], NULL), 0);
	assert_int_equal(last_hosts_save(path, &hosts, NULL), 0);
	assert_int_equal(last_hosts_load(path, &back, NULL), 0);
	assert_int_equal(back.count, 3);
	const struct last_host *h = last_hosts_find(&back, "web 2");
	assert_non_null(h);
	assert_int_equal(h->attempted_at, 22);
	assert_int_equal(h->outcome, OUTCOME_TIMEOUT);
	assert_int_equal(h->duration_ms, 7000);
	assert_true(h->missed);
	assert_false(last_hosts_find(&back, "db")->missed);
	assert_null(last_hosts_find(&back, "web"));
	last_hosts_finish(&hosts);
	last_hosts_finish(&back);
}

static void bad_host_lines_are_dropped(void **state)
{
	(void)state;
	static const char text[] = "1 5 ok 0 a\n"
				   "1 5 great 0 b\n"
				   "x 5 ok 0 c\n"
				   "\n"
				   "2 5 timeout 1 d\n"
				   "2 5 timeout 2 e\n"
				   "2 4294967296 ok 0 f\n"
				   "2 ok g\n"
				   "3 5 ok 0 cut";
	struct last_hosts hosts;
	assert_int_equal(file_write(path, text, sizeof text - 1, 0600, NULL), 0);
	assert_int_equal(last_hosts_load(path, &hosts, NULL), 0);
	assert_int_equal(hosts.count, 2);
	assert_non_null(last_hosts_find(&hosts, "a"));
	assert_non_null(last_hosts_find(&hosts, "d"));
	last_hosts_finish(&hosts);
}

/* clang-format off */
static const struct {
	bool was_there;
	struct last_host last;
	enum outcome outcome;
	bool was_begun;
	struct last_host next;
} nexts[] = {
	{ false, { 0 }, OUTCOME_OK, true, { NULL, 9, 5, OUTCOME_OK, false } },
	{ false, { 0 }, OUTCOME_NOT_DONE, false, { NULL, 0, 0, OUTCOME_NOT_DONE, true } },
	{ false, { 0 }, OUTCOME_NOT_DONE, true, { NULL, 9, 5, OUTCOME_NOT_DONE, true } },
	{ true, { NULL, 1, 2, OUTCOME_OK, false }, OUTCOME_TIMEOUT, true, { NULL, 9, 5, OUTCOME_TIMEOUT, false } },
	{ true, { NULL, 1, 2, OUTCOME_OK, true }, OUTCOME_OK, true, { NULL, 9, 5, OUTCOME_OK, false } },
	/* its turn stands out, and how it was stays known */
	{ true, { NULL, 1, 2, OUTCOME_OK, false }, OUTCOME_NOT_DONE, false, { NULL, 1, 2, OUTCOME_OK, true } },
	{ true, { NULL, 1, 2, OUTCOME_REFUSED, true }, OUTCOME_NOT_DONE, false, { NULL, 1, 2, OUTCOME_REFUSED, true } },
	{ true, { NULL, 1, 2, OUTCOME_OK, false }, OUTCOME_NOT_DONE, true, { NULL, 9, 5, OUTCOME_OK, true } },
	/* not through with the second time either */
	{ true, { NULL, 1, 2, OUTCOME_OK, true }, OUTCOME_NOT_DONE, true, { NULL, 9, 5, OUTCOME_DEADLINE, false } },
	/* a fault of ours: before anybody had it, and while somebody had it */
	{ true, { NULL, 1, 2, OUTCOME_OK, false }, OUTCOME_INTERNAL, false, { NULL, 1, 2, OUTCOME_OK, true } },
	{ true, { NULL, 1, 2, OUTCOME_OK, true }, OUTCOME_INTERNAL, false, { NULL, 1, 2, OUTCOME_OK, true } },
	{ true, { NULL, 1, 2, OUTCOME_INTERNAL, false }, OUTCOME_INTERNAL, false, { NULL, 1, 2, OUTCOME_INTERNAL, true } },
	{ true, { NULL, 1, 2, OUTCOME_OK, true }, OUTCOME_INTERNAL, true, { NULL, 9, 5, OUTCOME_INTERNAL, false } },
};
/* clang-format on */

static void what_is_remembered_of_a_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nexts); i++) {
		struct last_host h = last_host_next(nexts[i].was_there ? &nexts[i].last : NULL, 9,
			nexts[i].outcome, nexts[i].was_begun, 5);
		if (h.attempted_at != nexts[i].next.attempted_at ||
			h.duration_ms != nexts[i].next.duration_ms ||
			h.outcome != nexts[i].next.outcome || h.missed != nexts[i].next.missed)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_run_at_a_time, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			state_goes_there_and_back, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			damaged_state_is_refused, make_folder, remove_folder),
		cmocka_unit_test(whatever_is_another_claims_another_number),
		cmocka_unit_test_setup_teardown(
			hosts_go_there_and_back, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			bad_host_lines_are_dropped, make_folder, remove_folder),
		cmocka_unit_test(what_is_remembered_of_a_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
