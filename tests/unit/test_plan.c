#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/plan.h"
#include "lib/file.h"

enum { NOW = 1000000, HOUR = 3600000 };

static const char xml[] = "<config>"
			  "<client name='a' ip='192.0.2.1' username='m' timeout='11s'/>"
			  "<client name='b' ip='192.0.2.2' username='m'/>"
			  "<client name='c' ip='192.0.2.3' username='m' every='1h'/>"
			  "<client name='d' ip='192.0.2.4' username='m'/>"
			  "</config>";
static char folder[] = "/tmp/fleet-plan-XXXXXX";
static char path[64];
static struct config *config;

static int load_config(void **state)
{
	(void)state;
	struct config_problems problems = { 0 };
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/config.xml", folder);
	assert_int_equal(file_write(path, xml, sizeof xml - 1, 0600, NULL), 0);
	int r = config_load(path, &config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		print_error("%s\n", problems.items[i].text);
	config_problems_finish(&problems);
	return r;
}

static int destroy_config(void **state)
{
	(void)state;
	config_destroy(config);
	(void)unlink(path);
	return rmdir(folder);
}

/* clang-format off */
static const struct {
	const char *only[4];
	size_t only_count;
	const char *order;
	size_t not_due;
} rows[] = {
	{ { 0 }, 0, "adb", 1 }, /* b was down, c is not due */
	{ { "c" }, 1, "c", 0 }, /* due or not, who is named is polled */
	{ { "d", "b", "a" }, 3, "adb", 0 },
	{ { "a", "a" }, 2, "a", 0 },
};

static const struct {
	int64_t every_ms, last_at, now;
	bool due;
} periods[] = {
	{ 0, NOW, NOW, true },
	{ 60000, NOW, NOW + 53999, false },
	{ 60000, NOW, NOW + 54000, true }, /* cron may be early by a tenth */
	{ 60000, NOW, NOW - 1, true }, /* the clock went back */
	{ HOUR, 0, INT64_MAX, true },
};
/* clang-format on */

static void everybody_in_order(void **state)
{
	(void)state;
	struct last_host items[] = {
		{ (char *)"b", NOW - 60000, OUTCOME_TIMEOUT },
		{ (char *)"c", NOW - 60000, OUTCOME_OK },
		{ (char *)"d", NOW - 60000, OUTCOME_OK },
	};
	struct last_hosts last = { items, ARRAY_LEN(items) };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_input in = { config, NULL, &last, rows[i].only, rows[i].only_count,
			NOW };
		struct plan plan;
		char order[8] = "";
		assert_int_equal(plan_make(&in, &plan, NULL), 0);
		for (size_t k = 0; k < plan.count; k++) {
			const struct poll_host *h = &plan.hosts[k];
			strcat(order, h->client->name);
			assert_int_equal(h->deadline_ms, h->client->timeout_ms);
			if (strcmp(h->client->name, "a") == 0)
				assert_int_equal(h->deadline_ms, 11000);
			assert_int_equal(
				h->turn, strcmp(h->client->name, "b") == 0 ? TURN_DOWN : TURN_FINE);
			assert_int_equal(h->key_count, 0);
		}
		assert_string_equal(order, rows[i].order);
		assert_int_equal(plan.not_due, rows[i].not_due);
		plan_finish(&plan);
	}
}

/* The longest unsampled before all, due by the time of its last attempt, or for the first time. */
static void who_missed_its_turn_goes_first(void **state)
{
	(void)state;
	struct last_host items[] = {
		{ (char *)"a", NOW - 60000, OUTCOME_OK },
		{ (char *)"b", NOW - 120000, OUTCOME_NOT_DONE },
		{ (char *)"c", 0, OUTCOME_NOT_DONE },
		{ (char *)"d", NOW - 180000, OUTCOME_NOT_DONE },
	};
	struct last_hosts last = { items, ARRAY_LEN(items) };
	struct plan_input in = { config, NULL, &last, NULL, 0, HOUR };
	struct plan plan;
	char order[8] = "";
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	for (size_t i = 0; i < plan.count; i++)
		strcat(order, plan.hosts[i].client->name);
	assert_string_equal(order, "cdba");
	assert_int_equal(plan.hosts[0].turn, TURN_MISSED);
	plan_finish(&plan);
}

static void unknown_names_are_all_told(void **state)
{
	(void)state;
	static const char *const only[] = { "x", "a", "y" };
	struct last_hosts last = { 0 };
	struct plan_input in = { config, NULL, &last, only, ARRAY_LEN(only), NOW };
	struct plan plan;
	struct error err;
	assert_int_equal(plan_make(&in, &plan, &err), -1);
	assert_non_null(strstr(err.text, "/config.xml: no client of the name x y"));
}

static void periods_are_kept(void **state)
{
	(void)state;
	assert_true(plan_is_due(HOUR, NULL, NOW));
	for (size_t i = 0; i < ARRAY_LEN(periods); i++) {
		struct last_host last = { .attempted_at = periods[i].last_at };
		assert_int_equal(
			plan_is_due(periods[i].every_ms, &last, periods[i].now), periods[i].due);
	}
}

static void known_keys_come_along(void **state)
{
	(void)state;
	char known_path[80];
	static const char line[] =
		"192.0.2.1 ssh-ed25519 "
		"AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n";
	(void)snprintf(known_path, sizeof known_path, "%s/known_hosts", folder);
	assert_int_equal(file_write(known_path, line, sizeof line - 1, 0600, NULL), 0);
	struct known_hosts *known;
	assert_int_equal(known_hosts_load(known_path, NULL, NULL, &known, NULL), 0);
	unlink(known_path);
	struct last_hosts last = { 0 };
	struct plan_input in = { config, known, &last, NULL, 0, NOW };
	struct plan plan;
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	assert_int_equal(plan.count, 4);
	assert_int_equal(plan.hosts[0].key_count, 1);
	assert_string_equal(plan.hosts[0].keys[0].type, "ssh-ed25519");
	assert_int_equal(plan.hosts[1].key_count, 0);
	plan_finish(&plan);
	known_hosts_destroy(known);
}

static void every_request_is_its_own(void **state)
{
	(void)state;
	char key[80], pub[80];
	(void)snprintf(key, sizeof key, "%s/key", folder);
	(void)snprintf(pub, sizeof pub, "%s/pub", folder);
	struct keyring *ring;
	assert_int_equal(seal_init(NULL), 0);
	assert_int_equal(keyring_generate(key, pub, 0, NULL), 0);
	assert_int_equal(keyring_generate(key, pub, 1, NULL), 0);
	assert_int_equal(keyring_load(key, &ring, NULL), 0);
	unlink(key);
	unlink(pub);

	struct last_hosts last = { 0 };
	struct plan_input in = { config, NULL, &last, NULL, 0, NOW };
	struct attempt_clock clock = { .last = 5 };
	struct plan plan;
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	plan_stamp(&plan, ring, &clock, INT64_C(1763785952000));
	for (size_t i = 0; i < plan.count; i++) {
		const struct wire_request *r = &plan.hosts[i].request;
		uint8_t nonce[SEAL_NONCE_SIZE];
		keyring_nonce(ring, 0, plan.hosts[i].client->name, r->attempt_id, nonce);
		assert_memory_equal(r->nonce, nonce, sizeof nonce);
		assert_memory_equal(r->public_key, keyring_entry(ring, 0)->public_key, 32);
		char folders[2][17];
		keyring_folder(ring, 0, plan.hosts[i].client->name, folders[0]);
		keyring_folder(ring, 1, plan.hosts[i].client->name, folders[1]);
		assert_string_equal(r->key_id.hex, folders[0]);
		assert_int_equal(r->open_count, 2);
		assert_string_equal(r->open[0].hex, folders[0]);
		assert_string_equal(r->open[1].hex, folders[1]);
		if (i)
			assert_true(r->attempt_id > plan.hosts[i - 1].request.attempt_id);
	}
	assert_int_equal(clock.last, plan.hosts[plan.count - 1].request.attempt_id);
	plan_finish(&plan);
	keyring_destroy(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_in_order),
		cmocka_unit_test(who_missed_its_turn_goes_first),
		cmocka_unit_test(unknown_names_are_all_told),
		cmocka_unit_test(periods_are_kept),
		cmocka_unit_test(known_keys_come_along),
		cmocka_unit_test(every_request_is_its_own),
	};
	return cmocka_run_group_tests(tests, load_config, destroy_config);
}
