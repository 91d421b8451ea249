#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/dispatch/request.h"
#include "collector/plan.h"
#include "lib/file.h"

enum { NOW = 1000000, MINUTE = 60000, FIVE = 5 * MINUTE, HOUR = 60 * MINUTE };

#define T (INT64_C(6000000) * FIVE)

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
	{ { 0 }, 0, "dab", 1 }, /* b was down, c is not due, a is new */
	{ { "c" }, 1, "c", 0 }, /* due or not, who is named is polled */
	{ { "d", "b", "a" }, 3, "dab", 0 },
	{ { "a", "a" }, 2, "a", 0 },
};

/* Periods begin at T. `early`: then it is remembered as of the next period. */
static const struct {
	int64_t every_ms, last_at, now;
	bool due, early;
} periods[] = {
	{ 0, T, T, true, false },
	{ FIVE, 0, T + FIVE - 1, true, false }, /* never tried */
	{ FIVE, T, T, false, false },
	{ FIVE, T, T + FIVE - 10001, false, false },
	{ FIVE, T, T + FIVE - 10000, true, true },
	{ FIVE, T + 1000, T + FIVE - 1000, true, true }, /* cron a little late, then a little early */
	{ FIVE, T + 9000, T + FIVE - 2000, false, false }, /* too soon after the last */
	{ FIVE, T + FIVE, T + FIVE - 1, false, false }, /* an early one, of the next period */
	{ FIVE, T + FIVE, T + FIVE + 1000, false, false },
	{ FIVE, T + FIVE - 1, T + FIVE, true, false }, /* new, or late: soon again, at its moment */
	{ FIVE, T, T + FIVE, true, false },
	{ FIVE, T, T + HOUR + MINUTE, true, false }, /* an hour without a run */
	{ FIVE, T + HOUR + MINUTE, T + HOUR + FIVE - 1, false, false },
	{ FIVE, T + HOUR + MINUTE, T + HOUR + FIVE, true, false }, /* at the moment it always had */
	{ FIVE, T, T + 2 * HOUR, true, false }, /* the clock jumped forth */
	{ FIVE, T + 2 * HOUR, T, true, false }, /* and back */
	{ FIVE, T, T - 10000, false, false }, /* it was adjusted */
	{ FIVE, T, T - 10001, true, false },
	{ MINUTE, T, T + 53999, false, false },
	{ MINUTE, T, T + 54000, true, true },
	{ MINUTE, T, T + 60000, true, false },
	{ 5, T, T + 4, false, false },
	{ 5, T, T + 5, true, false },
};
/* clang-format on */

static void assert_order(const struct plan_input *in, const char *expected, size_t not_due)
{
	struct plan plan;
	char order[32] = "";
	assert_int_equal(plan_make(in, &plan, NULL), 0);
	for (size_t i = 0; i < plan.count; i++)
		strcat(order, plan.hosts[i].client->name);
	assert_string_equal(order, expected);
	assert_int_equal(plan.not_due, not_due);
	plan_finish(&plan);
}

static void everybody_in_order(void **state)
{
	(void)state;
	struct last_host items[] = {
		{ (char *)"b", NOW - 10, 1, OUTCOME_TIMEOUT, false },
		{ (char *)"c", NOW - 10, 2, OUTCOME_OK, false },
		{ (char *)"d", NOW - 10, 3, OUTCOME_OK, false },
	};
	struct last_hosts last = { .items = items, .count = ARRAY_LEN(items) };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_input in = { config, &last, rows[i].only, rows[i].only_count, NOW };
		assert_order(&in, rows[i].order, rows[i].not_due);
	}
}

static const char jumps_xml[] = "<config>"
				"<client name='a' ip='a' jump='far'/><client name='b' ip='b'/>"
				"<client name='c' ip='c' jump='gate'/>"
				"<jump name='far' ip='f' jump='gate'/><jump name='idle' ip='i'/>"
				"<client name='gate' ip='g'/></config>";

/* Only those that are needed, and those on the way to another before it. */
static void jump_hosts_come_along(void **state)
{
	(void)state;
	static const char known_text[] = "[f]:22 ssh-ed25519 "
					 "AAAAC3NzaC1lZDI1NTE5AAAAIEYXvlWDN3R9r4zlN2p8Z0Xa7aGBnLzR"
					 "D0iYQx8n5X1k\nf ssh-ed25519 "
					 "AAAAC3NzaC1lZDI1NTE5AAAAIEYXvlWDN3R9r4zlN2p8Z0Xa7aGBnLzR"
					 "D0iYQx8n5X1k\n";
	struct config_problems problems = { 0 };
	struct config *c;
	struct known_hosts *known;
	struct plan plan;
	assert_int_equal(file_write(path, jumps_xml, sizeof jumps_xml - 1, 0600, NULL), 0);
	assert_int_equal(config_load(path, &c, &problems), 0);
	config_problems_finish(&problems);
	assert_int_equal(known_hosts_parse("known_hosts", known_text, sizeof known_text - 1, NULL,
				 NULL, &known, NULL),
		0);
	struct last_hosts last = { 0 };
	struct plan_input in = { c, &last, NULL, 0, NOW };
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	plan_find_keys(&plan, known);
	assert_int_equal(plan.count, 4);
	assert_int_equal(plan.jump_count, 2);
	assert_string_equal(plan.jumps[0].client->name, "gate");
	assert_int_equal(plan.jumps[0].jump, 0);
	assert_int_equal(plan.jumps[0].keys.count, 0);
	assert_string_equal(plan.jumps[1].client->name, "far");
	assert_int_equal(plan.jumps[1].jump, 1);
	assert_true(plan.jumps[1].keys.count > 0);
	static const uint32_t jump[] = { 2, 0, 1, 0 }, is_jump[] = { 0, 0, 0, 1 };
	for (size_t i = 0; i < plan.count; i++) {
		assert_int_equal(plan.hosts[i].jump, jump[i]);
		assert_int_equal(plan.hosts[i].is_jump, is_jump[i]);
	}
	plan_finish(&plan);
	known_hosts_destroy(known);
	config_destroy(c);
}

static void hosts_have_their_deadlines_and_turns(void **state)
{
	(void)state;
	struct last_host items[] = {
		{ (char *)"b", NOW - 10, 1, OUTCOME_TIMEOUT, true },
		{ (char *)"d", NOW - 10, 1, OUTCOME_OK, true },
	};
	struct last_hosts last = { .items = items, .count = ARRAY_LEN(items) };
	struct plan_input in = { config, &last, NULL, 0, NOW };
	struct plan plan;
	static const enum feed_turn turns[] = { TURN_MISSED, TURN_FINE, TURN_FINE, TURN_DOWN };
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	assert_int_equal(plan.count, 4); /* d, a, c, b */
	for (size_t i = 0; i < plan.count; i++) {
		assert_int_equal(plan.hosts[i].turn, turns[i]);
		assert_int_equal(plan.hosts[i].deadline_ms, plan.hosts[i].client->timeout_ms);
		assert_int_equal(plan.hosts[i].keys.count, 0);
	}
	assert_int_equal(plan.hosts[1].deadline_ms, 11000);
	plan_finish(&plan);
}

/* The longest unsampled before all, due by the time of its last attempt, or for the first time;
 * but not who was down before it missed its turn: a dark rack would be the first of every run. */
static void who_missed_its_turn_goes_first(void **state)
{
	(void)state;
	struct last_host items[] = {
		{ (char *)"a", NOW - 60000, 1, OUTCOME_OK, false },
		{ (char *)"b", NOW - 120000, 1, OUTCOME_OK, true },
		{ (char *)"c", 0, 0, OUTCOME_NOT_DONE, true },
		{ (char *)"d", NOW - 180000, 1, OUTCOME_OK, true },
	};
	struct last_hosts last = { .items = items, .count = ARRAY_LEN(items) };
	struct plan_input in = { config, &last, NULL, 0, HOUR };
	assert_order(&in, "cdba", 0);
	items[3].outcome = OUTCOME_TIMEOUT;
	assert_order(&in, "cbad", 0);
	items[1].outcome = OUTCOME_REFUSED;
	assert_order(&in, "cadb", 0); /* the longest untried of those, too */
}

/* Behind those that were down, and each time in another order. */
static void suspects_go_last(void **state)
{
	(void)state;
	struct last_host items[] = {
		{ (char *)"a", NOW - 60000, 1, OUTCOME_INTERNAL, false },
		{ (char *)"b", NOW - 60000, 1, OUTCOME_INTERNAL, true },
		{ (char *)"c", NOW - 10, 1, OUTCOME_TIMEOUT, false },
		{ (char *)"d", NOW - 60000, 1, OUTCOME_INTERNAL, false },
	};
	struct last_hosts last = { .items = items, .count = ARRAY_LEN(items) };
	unsigned first = 0;
	for (int i = 0; i < 64; i++) {
		struct plan_input in = { config, &last, NULL, 0, T + i * MINUTE };
		struct plan plan;
		assert_int_equal(plan_make(&in, &plan, NULL), 0);
		assert_string_equal(plan.hosts[0].client->name, "c");
		assert_int_equal(plan.hosts[0].turn, TURN_DOWN);
		assert_int_equal(plan.hosts[1].turn, TURN_SUSPECT);
		first |= 1U << (plan.hosts[1].client->name[0] - 'a');
		plan_finish(&plan);
	}
	assert_int_equal(first, 1 | 2 | 8);
}

static void slow_ones_go_early(void **state)
{
	(void)state;
	struct last_host items[] = {
		{ (char *)"a", NOW, 20, OUTCOME_OK, false },
		{ (char *)"c", NOW - HOUR, 10, OUTCOME_OK, false },
		{ (char *)"d", NOW, 5000, OUTCOME_OK, false },
	};
	struct last_hosts last = { .items = items, .count = ARRAY_LEN(items) };
	struct plan_input in = { config, &last, NULL, 0, NOW };
	assert_order(&in, "dabc", 0); /* of b nothing is known */
	items[1].duration_ms = 20;
	assert_order(&in, "dabc", 0);
	items[0].duration_ms = 9000;
	assert_order(&in, "adbc", 0);
}

/* Ten thousand in an order that a simple sort takes minutes for. */
static void a_large_fleet_is_ordered_at_once(void **state)
{
	(void)state;
	enum { HOSTS = 10000 };
	struct client *clients = calloc(HOSTS, sizeof *clients);
	struct last_host *items = calloc(HOSTS, sizeof *items);
	char(*names)[16] = calloc(HOSTS, sizeof *names);
	for (int i = 0; i < HOSTS; i++) {
		(void)snprintf(names[i], sizeof names[i], "h%05d", i);
		clients[i] = (struct client){ .name = names[i], .ip = names[i], .every_ms = FIVE };
		items[i] = (struct last_host){ names[i], T - 2 * FIVE, (uint32_t)i, OUTCOME_OK,
			false };
	}
	const struct config large = { .clients = clients, .client_count = HOSTS };
	struct last_hosts last = { .items = items, .count = HOSTS };
	struct plan_input in = { &large, &last, NULL, 0, T };
	struct plan plan;
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	assert_int_equal(plan.count, HOSTS);
	for (int i = 0; i < HOSTS; i++)
		assert_ptr_equal(plan.hosts[i].client, &clients[HOSTS - 1 - i]);
	plan_finish(&plan);
	free(names);
	free(items);
	free(clients);
}

static void unknown_names_are_all_told(void **state)
{
	(void)state;
	static const char *const only[] = { "x", "a", "y" };
	struct last_hosts last = { 0 };
	struct plan_input in = { config, &last, only, ARRAY_LEN(only), NOW };
	struct plan plan;
	struct error err;
	assert_int_equal(plan_make(&in, &plan, &err), -1);
	assert_non_null(strstr(err.text, "/config.xml: no client of the name x y"));
}

static void periods_are_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(periods); i++) {
		int64_t every = periods[i].every_ms, last = periods[i].last_at;
		for (int64_t offset = 0; offset < every || offset == 0; offset += 1 + every / 7) {
			int64_t then = last ? last + offset : 0, now = periods[i].now + offset;
			int64_t at = periods[i].early ? T + every + offset : now;
			if (plan_is_due(every, offset, then, now) != periods[i].due ||
				plan_attempt_at(every, offset, then, now) != at)
				fail_msg("row %zu, offset %d", i, (int)offset);
		}
	}
}

/* Runs so far apart, each up to 1.5 s late: after so many of them the client is due again, at the
 * least and at the most. One whose moment is just when cron starts may take another of its runs
 * once. */
static void assert_pace(int64_t interval_ms, int64_t every, int64_t offset, int least, int most)
{
	int64_t last = 0;
	int since = 0, times = 0;
	uint32_t random = 7;
	for (int i = 0; i < 300; i++) {
		random = random * 1103515245 + 12345;
		int64_t now = T + i * interval_ms + (random >> 16) % 1500;
		since++;
		if (!plan_is_due(every, offset, last, now))
			continue;
		if (++times > 2 && (since < least || since > most))
			fail_msg("every %d, offset %d: after %d runs", (int)every, (int)offset,
				since);
		last = plan_attempt_at(every, offset, last, now);
		since = 0;
	}
	assert_in_range(times, 300 / most, 3 + 300 / least);
}

static void the_pace_is_steady_at_any_moment(void **state)
{
	(void)state;
	for (int64_t offset = 0; offset < FIVE; offset += 250) {
		assert_pace(MINUTE, FIVE, offset, 4, 5);
		assert_pace(FIVE, FIVE, offset, 1, 1);
		assert_pace(MINUTE, MINUTE, offset % MINUTE, 1, 1);
		assert_pace(MINUTE, 90000, offset % 90000, 1, 2);
		assert_pace(MINUTE, HOUR, 12 * offset, 59, 60);
		assert_pace(HOUR, MINUTE, offset % MINUTE, 1, 1);
		assert_pace(2000, MINUTE, offset % MINUTE, 27, 32);
	}
}

/* Every minute its fifth of a new fleet, once that was polled at once. */
static void a_fleet_is_spread(void **state)
{
	(void)state;
	enum { HOSTS = 1000, RUNS = 16 };
	int64_t last[HOSTS] = { 0 };
	int due[RUNS] = { 0 };
	for (int run = 0; run < RUNS; run++)
		for (int i = 0; i < HOSTS; i++) {
			char name[16];
			(void)snprintf(name, sizeof name, "web%d", i);
			if (!plan_is_due(FIVE, plan_offset(name, FIVE), last[i], T + run * MINUTE))
				continue;
			last[i] = T + run * MINUTE;
			due[run]++;
		}
	assert_int_equal(due[0], HOSTS);
	for (int run = 1; run < RUNS; run++)
		if (due[run] < 140 || due[run] > 260)
			fail_msg("%d in run %d", due[run], run);
}

static void an_offset_is_a_name_s_own(void **state)
{
	(void)state;
	assert_int_equal(plan_offset("web1", 0), 0);
	assert_int_equal(plan_offset("web1", 1), 0);
	assert_int_equal(plan_offset("web1", HOUR), plan_offset("web1", HOUR));
	assert_int_not_equal(plan_offset("web1", HOUR), plan_offset("web2", HOUR));
	for (int every = 1; every < 1000; every++)
		assert_in_range(plan_offset("web1", every), 0, every - 1);
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
	struct plan_input in = { config, &last, NULL, 0, NOW };
	struct plan plan;
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	plan_find_keys(&plan, known);
	assert_int_equal(plan.count, 4);
	assert_int_equal(plan.hosts[0].keys.count, 1);
	assert_string_equal(plan.hosts[0].keys.items[0].type, "ssh-ed25519");
	assert_int_equal(plan.hosts[1].keys.count, 0);
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
	struct plan_input in = { config, &last, NULL, 0, NOW };
	struct attempt_clock clock = { .last = 5 };
	struct plan plan;
	assert_int_equal(plan_make(&in, &plan, NULL), 0);
	plan_stamp(&plan, &clock, INT64_C(1763785952000));
	for (size_t i = 0; i < plan.count; i++) {
		const struct poll_host *h = &plan.hosts[i];
		struct wire_request r;
		uint8_t nonce[SEAL_NONCE_SIZE];
		request_make(&r, ring, h->client, h->attempt_id);
		assert_int_equal(r.attempt_id, h->attempt_id);
		assert_ptr_equal(r.asks, h->client->asks);
		keyring_nonce(ring, 0, h->client->name, h->attempt_id, nonce);
		assert_memory_equal(r.nonce, nonce, sizeof nonce);
		assert_memory_equal(r.public_key, keyring_entry(ring, 0)->public_key, 32);
		char folders[2][17];
		keyring_folder(ring, 0, h->client->name, folders[0]);
		keyring_folder(ring, 1, h->client->name, folders[1]);
		assert_string_equal(r.key_id.hex, folders[0]);
		assert_int_equal(r.open_count, 2);
		assert_string_equal(r.open[0].hex, folders[0]);
		assert_string_equal(r.open[1].hex, folders[1]);
		if (i)
			assert_true(h->attempt_id > plan.hosts[i - 1].attempt_id);
	}
	assert_int_equal(clock.last, plan.hosts[plan.count - 1].attempt_id);
	plan_finish(&plan);
	keyring_destroy(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_in_order),
		cmocka_unit_test(hosts_have_their_deadlines_and_turns),
		cmocka_unit_test(who_missed_its_turn_goes_first),
		cmocka_unit_test(suspects_go_last),
		cmocka_unit_test(slow_ones_go_early),
		cmocka_unit_test(a_large_fleet_is_ordered_at_once),
		cmocka_unit_test(jump_hosts_come_along),
		cmocka_unit_test(unknown_names_are_all_told),
		cmocka_unit_test(periods_are_kept),
		cmocka_unit_test(the_pace_is_steady_at_any_moment),
		cmocka_unit_test(a_fleet_is_spread),
		cmocka_unit_test(an_offset_is_a_name_s_own),
		cmocka_unit_test(known_keys_come_along),
		cmocka_unit_test(every_request_is_its_own),
	};
	return cmocka_run_group_tests(tests, load_config, destroy_config);
}
