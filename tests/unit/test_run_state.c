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
#include "lib/file.h"
#include "lib/seal.h"

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
	assert_int_equal(last_hosts_add(&hosts, "web 2", 22, OUTCOME_TIMEOUT, NULL), 0);
	assert_int_equal(last_hosts_add(&hosts, "db", 11, OUTCOME_OK, NULL), 0);
	assert_int_equal(last_hosts_add(&hosts, "web1", 33, OUTCOME_HOST_KEY_UNKNOWN, NULL), 0);
	assert_int_equal(last_hosts_save(path, &hosts, NULL), 0);
	assert_int_equal(last_hosts_load(path, &back, NULL), 0);
	assert_int_equal(back.count, 3);
	const struct last_host *h = last_hosts_find(&back, "web 2");
	assert_non_null(h);
	assert_int_equal(h->attempted_at, 22);
	assert_int_equal(h->outcome, OUTCOME_TIMEOUT);
	assert_null(last_hosts_find(&back, "web"));
	last_hosts_finish(&hosts);
	last_hosts_finish(&back);
}

static void bad_host_lines_are_dropped(void **state)
{
	(void)state;
	static const char text[] = "1 ok a\n"
				   "1 great b\n"
				   "x ok c\n"
				   "\n"
				   "2 timeout d\n"
				   "3 ok cut";
	struct last_hosts hosts;
	assert_int_equal(file_write(path, text, sizeof text - 1, 0600, NULL), 0);
	assert_int_equal(last_hosts_load(path, &hosts, NULL), 0);
	assert_int_equal(hosts.count, 2);
	assert_non_null(last_hosts_find(&hosts, "a"));
	assert_non_null(last_hosts_find(&hosts, "d"));
	last_hosts_finish(&hosts);
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
