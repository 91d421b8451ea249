/* What the console shows and removes. */
#include "tests/contract/rounds.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct reading two[] = {
	{ "memory_used_ratio", "", 0.5 },
	{ "filesystem_used_ratio", "/", 0.75 },
};

static struct rig *rig(void **state)
{
	return *state;
}

static void status_is_one_row_a_client(void **state)
{
	struct rig *r = rig(state);
	struct status_set got;
	assert_done(r, storage_get_status(r->s, &got, &r->err));
	assert_int_equal(got.count, 0);
	status_set_finish(&got);
	struct sample batch[] = { good_sample(1000, "web2", two, 2),
		good_sample(2000, "web1", two, 1), failed_sample(3000, "web2"),
		failed_sample(4000, "db1") };
	enum put_result results[4];
	assert_done(r, storage_put_samples(r->s, batch, 4, results, &r->err));
	assert_done(r, storage_get_status(r->s, &got, &r->err));
	assert_int_equal(got.count, 3);
	const struct client_status *c = got.items;
	assert_string_equal(c[0].client, "db1");
	assert_true(c[0].has_sample);
	assert_int_equal(c[0].outcome, OUTCOME_TIMEOUT);
	assert_string_equal(c[0].error, "no answer within 5 s");
	assert_int_equal(c[0].last_good_at, 0);
	assert_int_equal(c[0].reading_count, 0);
	assert_string_equal(c[1].client, "web1");
	assert_int_equal(c[1].outcome, OUTCOME_OK);
	assert_int_equal(c[1].taken_at, noon + 2000);
	assert_int_equal(c[1].last_good_at, noon + 2000);
	assert_int_equal(c[1].reading_count, 1);
	assert_string_equal(c[2].client, "web2");
	assert_int_equal(c[2].outcome, OUTCOME_TIMEOUT);
	assert_int_equal(c[2].taken_at, noon + 3000);
	assert_int_equal(c[2].last_good_at, noon + 1000);
	assert_int_equal(c[2].reading_count, 2);
	assert_string_equal(c[2].readings[0].metric, "memory_used_ratio");
	assert_string_equal(c[2].readings[1].instance, "/");
	assert_true(c[2].readings[1].value == 0.75);
	status_set_finish(&got);
	struct storage_backlog b;
	assert_done(r, storage_get_backlog(r->s, &b, &r->err));
	assert_int_equal(b.unprocessed, 4);
	assert_int_equal(b.oldest_unprocessed_at, noon + 1000);
	assert_int_equal(b.waiting + b.failed, 0);
	assert_int_equal(b.oldest_waiting_at, 0);
}

static void one_client_is_shown_alone(void **state)
{
	struct rig *r = rig(state);
	struct sample batch[] = { good_sample(0, "web1", two, 1), good_sample(1, "web2", two, 2) };
	enum put_result results[2];
	struct status_set got;
	assert_done(r, storage_put_samples(r->s, batch, 2, results, &r->err));
	assert_done(r, storage_get_client_status(r->s, "web2", &got, &r->err));
	assert_int_equal(got.count, 1);
	assert_string_equal(got.items[0].client, "web2");
	assert_int_equal(got.items[0].reading_count, 2);
	assert_string_equal(got.items[0].readings[1].instance, "/");
	status_set_finish(&got);
	assert_done(r, storage_get_client_status(r->s, "web' OR '1", &got, &r->err));
	assert_int_equal(got.count, 0);
	status_set_finish(&got);
}

static void held_alerts_are_not_counted_as_open(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch;
	bool lost;
	struct sample s = good_sample(0, "web1", two, 1);
	struct alert a = { .client = "web1",
		.rule = "cpu",
		.instance = "",
		.recipients = "",
		.state = ALERT_FIRING };
	struct transition t[] = { { .alert = a }, { .alert = a }, { .alert = a } };
	struct status_set got;
	t[1].alert.rule = "disk";
	t[1].alert.held = "silence 1";
	t[2].alert.rule = "load";
	t[2].alert.state = ALERT_PENDING;
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_done(r, storage_take_lease(r->s, "x", noon, 60000, &epoch, &r->err));
	assert_done(r, storage_apply(r->s, epoch, NULL, 0, t, 3, noon, &lost, &r->err));
	assert_done(r, storage_get_status(r->s, &got, &r->err));
	assert_int_equal(got.items[0].open_alerts, 1);
	status_set_finish(&got);
}

static void a_forgotten_client_leaves_nothing(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch, ids[2];
	bool found, lost;
	struct alert a = { .client = "web1",
		.rule = "cpu",
		.instance = "",
		.recipients = "",
		.state = ALERT_FIRING },
		     b = a;
	b.client = "web2";
	struct event e[] = { { .client = "web1",
				     .rule = "cpu",
				     .instance = "",
				     .at = noon,
				     .text = "",
				     .recipients = "" },
		{ .client = "web2",
			.rule = "cpu",
			.instance = "",
			.at = noon,
			.text = "",
			.recipients = "" } };
	struct transition t[] = { { .alert = a, .event = &e[0] }, { .alert = b, .event = &e[1] } };
	for (int i = 0; i < 40; i++) {
		struct sample s = good_sample(i, i % 2 ? "web1" : "web2", two, 2);
		s.counters = s.text = "x";
		s.counters_len = s.text_len = 1;
		assert_int_equal(put(r, &s), PUT_NEW);
	}
	assert_done(r, storage_take_lease(r->s, "x", noon, 60000, &epoch, &r->err));
	assert_done(r, storage_apply(r->s, epoch, NULL, 0, t, 2, noon, &lost, &r->err));
	struct event_set events;
	assert_done(r, storage_untold_events(r->s, 9, &events, &r->err));
	ids[0] = events.items[0].id;
	ids[1] = events.items[1].id;
	event_set_finish(&events);
	struct notification n[] = {
		{ .channel = "mail",
			.recipient = "a",
			.message_id = "1",
			.references = "",
			.subject = "",
			.text = "",
			.events = ids,
			.event_count = 1 },
		{ .channel = "mail",
			.recipient = "a",
			.message_id = "2",
			.references = "",
			.subject = "",
			.text = "",
			.events = ids,
			.event_count = 2 },
	};
	const struct composed c = { .items = n, .count = 2, .events = ids, .event_count = 2 };
	assert_done(r, storage_put_composed(r->s, epoch, &c, &lost, &r->err));
	struct storage *other = rig_open(r);
	assert_done(r, storage_forget(other, "web1", &found, &r->err));
	assert_true(found);
	assert_done(r, storage_forget(other, "web1", &found, &r->err));
	assert_false(found);
	storage_close(other);
	assert_select(r, "SELECT name FROM client", "web2\n");
	assert_select(r, "SELECT count(*) FROM sample", "20\n");
	assert_select(r, "SELECT count(*) FROM reading", "40\n");
	assert_select(r, "SELECT count(*) FROM series", "2\n");
	assert_select(r, "SELECT count(*) FROM report", "1\n");
	assert_select(r, "SELECT count(*) FROM alert", "1\n");
	assert_select(r, "SELECT count(*) FROM event", "1\n");
	assert_select(r, "SELECT message_id FROM notification", "2\n");
	/* and comes back by itself, though this connection still knows its old row */
	struct sample s = good_sample(100, "web1", two, 2);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r, "SELECT count(*) FROM latest WHERE client = 'web1'", "2\n");
}

/* An alerter that has read its samples before. */
static void nothing_is_told_of_a_forgotten_client(void **state)
{
	struct rig *r = rig(state);
	bool found, lost;
	uint64_t epoch;
	struct alert a = { .client = "web1",
		.rule = "cpu",
		.instance = "",
		.recipients = "",
		.state = ALERT_FIRING };
	struct event e = { .client = "web1",
		.rule = "cpu",
		.instance = "",
		.at = noon,
		.text = "",
		.recipients = "" };
	struct transition t[] = { { .alert = a, .event = &e }, { .alert = a } };
	struct sample s[] = { good_sample(0, "web1", two, 2), good_sample(1, "web2", two, 2) };
	enum put_result results[2];
	t[1].alert.client = "web2";
	assert_done(r, storage_put_samples(r->s, s, 2, results, &r->err));
	assert_done(r, storage_take_lease(r->s, "x", noon, 60000, &epoch, &r->err));
	assert_done(r, storage_apply(r->s, epoch, NULL, 0, &t[1], 1, noon, &lost, &r->err));
	struct storage *other = rig_open(r);
	assert_done(r, storage_forget(other, "web1", &found, &r->err));
	for (int again = 0; again < 2; again++)
		assert_done(r, storage_apply(r->s, epoch, NULL, 0, t, 2, noon, &lost, &r->err));
	assert_select(r, "SELECT client FROM open_alerts", "web2\n");
	assert_select(r, "SELECT count(*) FROM event", "0\n");
	assert_select(r, "SELECT name FROM client", "web2\n");
	/* and when it is back, made by somebody else */
	s[0].id = id_at(2);
	assert_done(r, storage_put_samples(other, s, 1, results, &r->err));
	assert_done(r, storage_apply(r->s, epoch, NULL, 0, t, 2, noon, &lost, &r->err));
	assert_select(r, "SELECT client FROM open_alerts ORDER BY client", "web1\nweb2\n");
	assert_select(r, "SELECT count(*) FROM event", "1\n");
	storage_close(other);
}

/* The collector stores on, while the client is forgotten time and again. */
static void forgotten_while_it_is_polled(void **state)
{
	enum { TIMES = 25 };
	struct rig *r = rig(state);
	pid_t pid = fork();
	if (pid == 0) {
		struct storage *s = rig_open(r);
		enum put_result result;
		for (int i = 0;; i++) {
			struct sample sample = good_sample(i, "web1", two, 2);
			if (storage_put_samples(s, &sample, 1, &result, &r->err))
				_exit(1);
			wait_ms(i % 8); /* SQLite's lock goes to whoever asks, not in turn */
		}
	}
	for (int i = 0; i < TIMES; i++) {
		bool found = false;
		while (!found)
			assert_done(r, storage_forget(r->s, "web1", &found, &r->err));
	}
	(void)kill(pid, SIGKILL);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_select(r,
		"SELECT count(*) FROM sample s LEFT JOIN client c ON c.id = s.client_id"
		" WHERE c.id IS NULL",
		"0\n");
	assert_select(r,
		"SELECT count(*) FROM reading r LEFT JOIN sample s ON s.id = r.sample_id"
		" WHERE s.id IS NULL",
		"0\n");
}

/* The alerter writes on, while the client is forgotten and comes back time and again. */
static void forgotten_while_it_is_judged(void **state)
{
	enum { TIMES = 25 };
	struct rig *r = rig(state);
	uint64_t epoch;
	enum put_result result;
	assert_done(r, storage_take_lease(r->s, "x", noon, 60000, &epoch, &r->err));
	pid_t pid = fork();
	if (pid == 0) {
		struct storage *s = rig_open(r);
		for (int i = 0;; i++) {
			struct transition t = { .alert = { .client = "web1",
							.rule = "cpu",
							.instance = "",
							.recipients = "",
							.value = i,
							.state = ALERT_FIRING } };
			bool lost;
			if (storage_apply(s, epoch, NULL, 0, &t, 1, noon, &lost, &r->err))
				_exit(1);
			wait_ms(i % 8); /* as above */
		}
	}
	for (int i = 0; i < TIMES; i++) {
		struct sample sample = good_sample(i, "web1", two, 2);
		bool found;
		assert_done(r, storage_put_samples(r->s, &sample, 1, &result, &r->err));
		for (bool has_alert = false; !has_alert;) {
			char *got = rig_select(r, "SELECT count(*) FROM alert");
			has_alert = got[0] == '1';
			free(got);
		}
		assert_done(r, storage_forget(r->s, "web1", &found, &r->err));
		assert_true(found);
	}
	(void)kill(pid, SIGKILL);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_select(r, "SELECT count(*) FROM alert", "0\n");
}

static void an_id_is_never_inherited(void **state)
{
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", two, 2);
	bool found;
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_done(r, storage_forget(r->s, "web1", &found, &r->err));
	s = good_sample(1, "web2", two, 2);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r, "SELECT name, id > 1 FROM client", "web2|1\n");
}

/* Both know the fleet from before the other added to it. */
static void two_programs_meet_a_new_client(void **state)
{
	struct rig *r = rig(state);
	struct storage *other = rig_open(r);
	struct sample s[] = { good_sample(0, "web1", two, 1), good_sample(1, "web2", two, 2),
		good_sample(2, "web2", two, 2), good_sample(3, "web1", two, 2) };
	enum put_result result;
	struct storage *turns[] = { r->s, other, r->s, other };
	assert_done(r, storage_put_samples(other, &s[0], 1, &result, &r->err));
	for (int i = 0; i < 4; i++)
		assert_done(r, storage_put_samples(turns[i], &s[i], 1, &result, &r->err));
	storage_close(other);
	assert_select(r, "SELECT count(*) FROM client", "2\n");
	assert_select(r, "SELECT count(*) FROM series", "4\n");
	assert_select(r, "SELECT count(*) FROM reading", "7\n");
}

static void it_says_what_it_is(void **state)
{
	struct rig *r = rig(state);
	const char *what = storage_describe(r->s);
	char *version = rig_select(
		r, rig_is_mariadb() ? "SELECT version()" : "SELECT 'SQLite ' || sqlite_version()");
	version[strcspn(version, "-\n")] = 0;
	assert_non_null(strstr(what, version));
	free(version);
	assert_non_null(strstr(what, rig_is_mariadb() ? r->config.socket : r->config.path));
	struct stat st;
	if (!rig_is_mariadb()) {
		assert_int_equal(stat(r->config.path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

const struct CMUnitTest status_tests[] = {
	RIG_TEST(status_is_one_row_a_client),
	RIG_TEST(one_client_is_shown_alone),
	RIG_TEST(held_alerts_are_not_counted_as_open),
	RIG_TEST(a_forgotten_client_leaves_nothing),
	RIG_TEST(nothing_is_told_of_a_forgotten_client),
	RIG_TEST(forgotten_while_it_is_judged),
	RIG_TEST(forgotten_while_it_is_polled),
	RIG_TEST(an_id_is_never_inherited),
	RIG_TEST(two_programs_meet_a_new_client),
	RIG_TEST(it_says_what_it_is),
};
const size_t status_test_count = ARRAY_LEN(status_tests);
