/* What becomes of notifications that no server is asked for. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerter/outbox.h"
#include "lib/clock.h"

static char folder[] = "/tmp/fleet-outbox-XXXXXX";
static char path[64];
static struct storage *storage;
static struct lease lease = { .holder = "test", .lock_fd = -1 };

/* Nothing is told of a client that is not known by an attempt. */
static void make_client(const char *name)
{
	const struct sample attempt = { .id = 1,
		.client = name,
		.outcome = OUTCOME_TIMEOUT,
		.first_outcome = OUTCOME_TIMEOUT,
		.error = "" };
	enum put_result result;
	assert_int_equal(storage_put_samples(storage, &attempt, 1, &result, NULL), 0);
	assert_int_equal(result, PUT_NEW);
}

static int set_up(void **state)
{
	(void)state;
	bool busy = true;
	strcpy(folder, "/tmp/fleet-outbox-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/fleet.db", folder);
	const struct storage_config database = {
		.engine = STORAGE_SQLITE, .path = path, .timeout_ms = 5000
	};
	assert_int_equal(storage_open(&database, true, &storage, NULL), 0);
	assert_int_equal(lease_take(&lease, storage, &busy, NULL), 0);
	make_client("web1");
	return busy;
}

static int tear_down(void **state)
{
	(void)state;
	char command[100];
	lease_finish(&lease);
	storage_close(storage);
	(void)snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

/* What nobody has tried yet. */
static size_t count_waiting(void)
{
	struct notification_set due;
	size_t count = 0;
	assert_int_equal(
		storage_due_notifications(storage, clock_wall_ms(), 0, 1000, &due, NULL), 0);
	for (size_t i = 0; i < due.count; i++)
		count += due.items[i].tries == 0;
	notification_set_finish(&due);
	return count;
}

/* An event that is still to be told to these. */
static uint64_t make_event(const char *recipients)
{
	static int number;
	char instance[20];
	(void)snprintf(instance, sizeof instance, "/srv/%d", ++number);
	const struct alert alert = { .client = "web1",
		.rule = "disk/warning/*",
		.instance = instance,
		.state = ALERT_FIRING,
		.recipients = "",
		.text = "" };
	const struct event event = { .kind = EVENT_FIRING,
		.at = clock_wall_ms(),
		.client = alert.client,
		.rule = alert.rule,
		.instance = instance,
		.text = "",
		.recipients = recipients };
	const struct transition t = { .alert = alert, .event = &event };
	struct event_set untold;
	bool lost = true;
	assert_int_equal(
		storage_apply(storage, lease.epoch, NULL, 0, &t, 1, clock_wall_ms(), &lost, NULL),
		0);
	assert_int_equal(storage_untold_events(storage, 10, &untold, NULL), 0);
	assert_int_equal(untold.count, 1);
	uint64_t id = untold.items[0].id;
	event_set_finish(&untold);
	return id;
}

static void put(const char *recipient)
{
	uint64_t event = make_event("");
	const struct notification n = {
		.channel = "mail",
		.recipient = recipient,
		.message_id = "event-1@example.com",
		.references = "",
		.subject = "subject",
		.text = "text",
		.last_error = "",
		.created_at = clock_wall_ms(),
		.events = &event,
		.event_count = 1,
	};
	const struct composed c = { .items = &n, .count = 1, .events = &event, .event_count = 1 };
	bool lost = true;
	assert_int_equal(storage_put_composed(storage, lease.epoch, &c, &lost, NULL), 0);
}

/* How many wait after one run with this configuration; whether nobody was left untold. */
static size_t deliver(const struct config *config, int64_t budget_ms, bool *ret_told)
{
	static const volatile sig_atomic_t stop;
	struct alert_set rows = { 0 };
	struct book book;
	assert_int_equal(book_init(&book, config, &rows, NULL), 0);
	struct outbox o = { config, storage, &book, &lease, &stop, budget_ms };
	assert_int_equal(outbox_deliver(&o, ret_told, NULL), 0);
	book_finish(&book);
	return count_waiting();
}

static struct config mail_from(const char *from, const char *list_id)
{
	return (struct config){
		.mail = { .enabled = true,
			.host = "127.0.0.1",
			.port = 1,
			.user = "",
			.password = "",
			.ca = "",
			.from = from,
			.list_id = list_id },
	};
}

static void a_bad_sender_loses_nothing(void **state)
{
	(void)state;
	const struct config bad[] = {
		mail_from("fleet@mon_server.example", "example.com"),
		mail_from("fleet@example.com", "::1"),
	};
	put("ops@example.com");
	put("night@example.com");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		bool told = true;
		assert_int_equal(deliver(&bad[i], 10000, &told), 2);
		assert_false(told);
	}
}

static void a_bad_recipient_is_final(void **state)
{
	(void)state;
	const struct config good = mail_from("fleet@example.com", "example.com");
	bool told = false;
	put("a@b@example.com");
	assert_int_equal(count_waiting(), 1);
	assert_int_equal(deliver(&good, 10000, &told), 0);
	assert_true(told);
}

static void a_run_has_only_so_much_time(void **state)
{
	(void)state;
	const struct config good = mail_from("fleet@example.com", "example.com");
	bool told = true;
	put("a@b@example.com");
	assert_int_equal(deliver(&good, 0, &told), 1);
	assert_false(told);
	assert_int_equal(deliver(&good, 10000, &told), 0);
}

static void more_than_a_batch_in_one_run(void **state)
{
	(void)state;
	const struct config good = mail_from("fleet@example.com", "example.com");
	bool told = false;
	for (int i = 0; i < 120; i++)
		put("a@b@example.com");
	assert_int_equal(deliver(&good, 60000, &told), 0);
	assert_true(told);
}

/* Mails that wait for their server keep nothing from standard output, however many they are. */
static void a_blocked_channel_hides_no_other(void **state)
{
	(void)state;
	const struct config bad = mail_from("fleet@mon_server.example", "example.com");
	bool told = true;
	for (int i = 0; i < 120; i++)
		put("ops@example.com");
	put("");
	assert_int_equal(deliver(&bad, 60000, &told), 120);
	assert_false(told);
}

/* "0@example.com", and so on. */
enum { CROWD = 900 };
static const char *crowd(void)
{
	static char names[CROWD * 20];
	char *at = names;
	for (int i = 0; i < CROWD; i++)
		at += sprintf(at, "%s%d@example.com", i ? "\n" : "", i);
	return names;
}

static void compose_once(const struct config *config, sig_atomic_t is_stopping)
{
	const volatile sig_atomic_t stop = is_stopping;
	struct alert_set rows = { 0 };
	struct book book;
	assert_int_equal(book_init(&book, config, &rows, NULL), 0);
	struct outbox o = { config, storage, &book, &lease, &stop, 0 };
	assert_int_equal(outbox_compose(&o, NULL), 0);
	book_finish(&book);
}

static size_t count_deliveries(uint64_t event)
{
	struct delivery_set set;
	assert_int_equal(storage_get_deliveries(storage, &event, 1, &set, NULL), 0);
	size_t count = set.count;
	delivery_set_finish(&set);
	return count;
}

/* What was composed before it was cut off is not composed again with what follows. */
static void composing_goes_on_where_it_was_cut(void **state)
{
	(void)state;
	struct config config = mail_from("fleet@example.com", "example.com");
	const struct client *const none[] = { NULL };
	config.clients_by_name = none;
	uint64_t event = make_event(crowd());
	struct event_set untold;
	compose_once(&config, 1);
	assert_in_range(count_deliveries(event), 1, CROWD - 1);
	compose_once(&config, 1);
	compose_once(&config, 0);
	assert_int_equal(count_deliveries(event), CROWD);
	assert_int_equal(storage_untold_events(storage, 10, &untold, NULL), 0);
	assert_int_equal(untold.count, 0);
	event_set_finish(&untold);
	compose_once(&config, 0);
	assert_int_equal(count_deliveries(event), CROWD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_bad_sender_loses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bad_recipient_is_final, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			composing_goes_on_where_it_was_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_run_has_only_so_much_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_than_a_batch_in_one_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_blocked_channel_hides_no_other, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
