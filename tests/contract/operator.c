/* What people say of alerts, and what they ask. */
#include "tests/contract/moves.h"

static struct rig *rig(void **state)
{
	return *state;
}

/* web1's alert fires; the event that opened it. */
static uint64_t open_alert(struct rig *r, uint64_t epoch, struct alert *a)
{
	struct event e = event_of(a, EVENT_FIRING, noon);
	struct transition t = { .alert = *a, .event = &e };
	struct alert_set got;
	apply(r, epoch, &t, 1);
	assert_done(r, storage_get_alerts(r->s, &got, &r->err));
	uint64_t opened = got.items[0].opened_event;
	alert_set_finish(&got);
	return opened;
}

static bool acknowledge(struct rig *r, uint64_t opened, const char *who, const char *why)
{
	bool found = false;
	assert_done(r, storage_acknowledge(r->s, opened, who, why, noon + 5, &found, &r->err));
	return found;
}

static void an_alert_is_taken_on(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a = firing("web1", "/");
	a.severity = SEVERITY_WARNING;
	uint64_t opened = open_alert(r, epoch, &a);
	struct alert_set got;
	assert_false(acknowledge(r, 0, "ann", ""));
	assert_false(acknowledge(r, opened + 1, "ann", ""));
	assert_true(acknowledge(r, opened, "bob", "mine"));
	assert_true(acknowledge(r, opened, "ann", "a new disk comes at \"noon\""));
	assert_done(r, storage_get_alerts(r->s, &got, &r->err));
	assert_int_equal(got.items[0].acked_at, noon + 5);
	assert_int_equal(got.items[0].acked_severity, SEVERITY_WARNING);
	assert_string_equal(got.items[0].acked_by, "ann");
	assert_string_equal(got.items[0].acked_why, "a new disk comes at \"noon\"");
	alert_set_finish(&got);
	assert_select(r, "SELECT client, acknowledged_by, acknowledged_why FROM open_alerts",
		"web1|ann|a new disk comes at \"noon\"\n");
	a.severity = SEVERITY_CRITICAL;
	apply(r, epoch, &(struct transition){ .alert = a }, 1);
	assert_select(r, "SELECT client, acknowledged_by FROM open_alerts", "web1|\n");
	assert_true(acknowledge(r, opened, "ann", "still mine"));
	assert_select(r, "SELECT client, acknowledged_by FROM open_alerts", "web1|ann\n");
}

/* From then on those it went to have time to acknowledge it. */
static void it_is_known_when_the_opening_was_told(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a[] = { firing("web1", "/"), firing("web2", "/"), firing("web3", "/") };
	struct event e[] = { event_of(&a[0], EVENT_FIRING, noon),
		event_of(&a[1], EVENT_FIRING, noon) };
	struct transition t[] = { { .alert = a[0], .event = &e[0] },
		{ .alert = a[1], .event = &e[1] }, { .alert = a[2] } };
	struct alert_set got;
	e[1].held = "silence 1";
	apply(r, epoch, t, 3);
	for (int told = 0; told < 2; told++) {
		assert_done(r, storage_get_alerts(r->s, &got, &r->err));
		assert_int_equal(got.items[0].opened_at, told ? noon + 7 : 0);
		assert_int_equal(got.items[1].opened_at, 0); /* it was held: nobody was told */
		assert_int_equal(got.items[2].opened_at, 0);
		struct notification n = { .channel = "mail",
			.recipient = "a",
			.message_id = "1",
			.references = "",
			.subject = "",
			.text = "",
			.created_at = noon + 7 };
		const struct composed c = { .items = &n,
			.count = 1,
			.events = &got.items[0].opened_event,
			.event_count = 1 };
		bool lost;
		assert_done(r, storage_put_composed(r->s, epoch, &c, &lost, &r->err));
		alert_set_finish(&got);
	}
}

/* One life of an alert: the next is somebody's again only when somebody says so. */
static void a_new_life_is_nobodys(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a = firing("web1", "/");
	struct event e[] = { event_of(&a, EVENT_RESOLVED, noon + 1),
		event_of(&a, EVENT_FIRING, noon + 2) };
	struct transition t[] = { { .alert = a, .event = &e[0], .remove = true },
		{ .alert = a, .event = &e[1] } };
	uint64_t opened = open_alert(r, epoch, &a);
	assert_true(acknowledge(r, opened, "ann", "mine"));
	apply(r, epoch, t, 1);
	assert_false(acknowledge(r, opened, "bob", "too late"));
	apply(r, epoch, t + 1, 1);
	struct alert_set got;
	assert_done(r, storage_get_alerts(r->s, &got, &r->err));
	assert_int_equal(got.items[0].acked_at, 0);
	alert_set_finish(&got);
}

/* It was held, somebody took it on all the same, and then it is told. */
static void what_is_released_stays_taken_on(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a = firing("web1", "/");
	struct event told = event_of(&a, EVENT_FIRING, noon + 9);
	uint64_t opened = open_alert(r, epoch, &a);
	struct alert_set got;
	assert_true(acknowledge(r, opened, "ann", "mine"));
	a.acked_at = noon + 5;
	for (int again = 0; again < 2; again++) {
		apply(r, epoch, &(struct transition){ .alert = a, .event = &told }, 1);
		assert_done(r, storage_get_alerts(r->s, &got, &r->err));
		assert_true(got.items[0].opened_event > opened);
		assert_int_equal(got.items[0].acked_at, noon + 5);
		assert_string_equal(got.items[0].acked_by, "ann");
		alert_set_finish(&got);
	}
}

static void a_thread_is_one_life(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	uint64_t opened = three_events(r, epoch, ids);
	struct alert a = firing("web1", "/");
	struct event again = event_of(&a, EVENT_FIRING, noon + 9);
	apply(r, epoch, &(struct transition){ .alert = a, .event = &again }, 1);
	struct event_set got;
	assert_done(r, storage_get_thread(r->s, opened, 9, &got, &r->err));
	assert_int_equal(got.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(got.items[i].id, ids[i]);
	assert_string_equal(got.items[0].client, "web1");
	event_set_finish(&got);
	assert_done(r, storage_get_thread(r->s, opened, 2, &got, &r->err));
	assert_int_equal(got.count, 2);
	event_set_finish(&got);
	assert_done(r, storage_get_thread(r->s, opened + 100, 9, &got, &r->err));
	assert_int_equal(got.count, 0);
	event_set_finish(&got);
}

static struct silence silence(const char *client, int64_t from, int64_t to)
{
	return (struct silence){
		.client = client,
		.group = "web/*",
		.metric = "filesystem_used_ratio",
		.instance = "/mnt/it's",
		.starts_at = from,
		.ends_at = to,
		.weekly = to ? "" : "sun 02:00-04:00",
		.who = "ann",
		.why = "new disks",
		.created_at = noon - 1,
	};
}

static uint64_t add(struct rig *r, struct silence s)
{
	uint64_t id = 0;
	assert_done(r, storage_add_silence(r->s, &s, &id, &r->err));
	assert_true(id > 0);
	return id;
}

/* The clients of the silences at that time, with blanks between. */
static void assert_silences(struct rig *r, int64_t at, const char *expected)
{
	struct silence_set got;
	struct buffer text = { 0 };
	assert_done(r, storage_get_silences(r->s, at, &got, &r->err));
	for (size_t i = 0; i < got.count; i++)
		assert_int_equal(buffer_printf(&text, "%s ", got.items[i].client), 0);
	assert_string_equal(text.data ? text.data : "", expected);
	silence_set_finish(&got);
	buffer_finish(&text);
}

static void a_silence_lasts_until_its_end_or_until_it_is_lifted(void **state)
{
	struct rig *r = rig(state);
	bool found;
	uint64_t id = add(r, silence("web1", noon, noon + 1000));
	assert_int_equal(add(r, silence("web1", noon, noon + 1000)), id); /* the same */
	uint64_t weekly = add(r, silence("db*", noon + 500, 0));
	assert_true(weekly > id);
	assert_silences(r, noon - 100, "web1 db* "); /* later ones too */
	assert_silences(r, noon + 999, "web1 db* ");
	assert_silences(r, noon + 1000, "db* ");
	struct silence_set got;
	assert_done(r, storage_get_silences(r->s, noon, &got, &r->err));
	const struct silence *s = &got.items[0], *w = &got.items[1];
	assert_int_equal(s->id, id);
	assert_string_equal(s->group, "web/*");
	assert_string_equal(s->metric, "filesystem_used_ratio");
	assert_string_equal(s->instance, "/mnt/it's");
	assert_int_equal(s->starts_at, noon);
	assert_int_equal(s->ends_at, noon + 1000);
	assert_string_equal(s->weekly, "");
	assert_string_equal(s->who, "ann");
	assert_string_equal(s->why, "new disks");
	assert_int_equal(s->created_at, noon - 1);
	assert_int_equal(s->lifted_at, 0);
	assert_string_equal(s->lifted_by, "");
	assert_int_equal(w->ends_at, 0);
	assert_string_equal(w->weekly, "sun 02:00-04:00");
	silence_set_finish(&got);
	assert_done(r, storage_lift_silence(r->s, weekly + 9, "bob", "", noon, &found, &r->err));
	assert_false(found);
	assert_done(
		r, storage_lift_silence(r->s, weekly, "bob", "done", noon + 600, &found, &r->err));
	assert_true(found);
	assert_done(r, storage_lift_silence(r->s, weekly, "eve", "", noon + 601, &found, &r->err));
	assert_false(found);
	assert_silences(r, noon + 599, "web1 db* ");
	assert_silences(r, noon + 600, "web1 ");
	assert_select(r, "SELECT lifted_at, lifted_by, lifted_why FROM silence ORDER BY id",
		"NULL|NULL|NULL\n2026-11-22 12:00:00.600|bob|done\n");
}

/* Kinds of events, newest first. */
static void assert_history(
	struct rig *r, const char *client, const char *rule, const char *instance, int expected)
{
	struct event_set got;
	assert_done(r, storage_get_events(r->s, client, rule, instance, 9, &got, &r->err));
	assert_int_equal(got.count, expected);
	for (size_t i = 1; i < got.count; i++)
		assert_true(got.items[i - 1].id > got.items[i].id);
	event_set_finish(&got);
}

static void the_history_of_an_alert(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	struct alert other = firing("web1", "/srv"), none = firing("", "");
	struct event e[] = { event_of(&other, EVENT_FIRING, noon),
		event_of(&none, EVENT_FIRING, noon) };
	e[0].held = "silence 1";
	struct transition t[] = { { .alert = other, .event = &e[0] },
		{ .alert = none, .event = &e[1] } };
	apply(r, epoch, t, 2);
	assert_history(r, "web1", NULL, NULL, 4);
	assert_history(r, "web1", other.rule, NULL, 4);
	assert_history(r, "web1", other.rule, "/", 3);
	assert_history(r, "web1", NULL, "/srv", 1);
	assert_history(r, "web1", "cpu", NULL, 0);
	assert_history(r, "web2", NULL, NULL, 0);
	assert_history(r, "unheard of", NULL, NULL, 0);
	assert_history(r, "", NULL, NULL, 1);
	struct event_set got;
	assert_done(r, storage_get_events(r->s, "web1", NULL, NULL, 1, &got, &r->err));
	assert_int_equal(got.count, 1);
	assert_string_equal(got.items[0].held, "silence 1");
	assert_string_equal(got.items[0].client, "web1");
	event_set_finish(&got);
}

/* What was said goes with what it was said of, and silences when they are long over. */
static void what_was_said_long_ago_goes(void **state)
{
	static const int64_t day = 24 * 3600 * 1000;
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert open = firing("web1", "/"), gone = firing("web2", "/");
	uint64_t kept = open_alert(r, epoch, &open);
	struct event e = event_of(&gone, EVENT_FIRING, noon);
	struct transition t = { .alert = gone, .event = &e };
	uint32_t deleted;
	bool found;
	apply(r, epoch, &t, 1);
	assert_true(acknowledge(r, kept, "ann", ""));
	assert_true(acknowledge(r, kept + 1, "ann", ""));
	rig_execute(r, "UPDATE event SET told_at = at; DELETE FROM alert WHERE client_id ="
		       " (SELECT id FROM client WHERE name = 'web2')");
	(void)add(r, silence("over", noon, noon + 1));
	(void)add(r, silence("weekly", noon, 0));
	(void)add(r, silence("lasts", noon, noon + 9 * day));
	uint64_t lifted = add(r, silence("lifted", noon, noon + 9 * day));
	assert_done(r, storage_lift_silence(r->s, lifted, "ann", "", noon, &found, &r->err));
	assert_done(r, storage_retain(r->s, noon + 2 * day, 100, &deleted, &r->err));
	assert_select(r, "SELECT client FROM silence ORDER BY id", "weekly\nlasts\n");
	assert_select(r, "SELECT count(*) FROM event", "1\n");
	assert_select(r,
		"SELECT count(*) FROM acknowledgement k JOIN event e ON e.id = k.opened_event",
		"1\n");
	assert_select(r, "SELECT count(*) FROM acknowledgement", "1\n");
}

static void nothing_said_of_a_forgotten_client_stays(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	bool found, lost;
	uint64_t opened = three_events(r, epoch, ids);
	const struct deferral later = { ids[1], "a@example.com", noon };
	const struct composed c = {
		.events = ids, .event_count = 3, .deferred = &later, .deferred_count = 1
	};
	assert_done(r, storage_put_composed(r->s, epoch, &c, &lost, &r->err));
	assert_true(acknowledge(r, opened, "ann", ""));
	(void)add(r, silence("web1", noon, 0));
	(void)add(r, silence("web*", noon, 0));
	assert_done(r, storage_forget(r->s, "web1", &found, &r->err));
	assert_true(found);
	assert_select(r, "SELECT count(*) FROM deferred", "0\n");
	assert_select(r, "SELECT count(*) FROM acknowledgement", "0\n");
	assert_select(r, "SELECT client FROM silence", "web*\n");
}

const struct CMUnitTest operator_tests[] = {
	RIG_TEST(an_alert_is_taken_on),
	RIG_TEST(it_is_known_when_the_opening_was_told),
	RIG_TEST(what_is_released_stays_taken_on),
	RIG_TEST(a_thread_is_one_life),
	RIG_TEST(a_new_life_is_nobodys),
	RIG_TEST(a_silence_lasts_until_its_end_or_until_it_is_lifted),
	RIG_TEST(the_history_of_an_alert),
	RIG_TEST(what_was_said_long_ago_goes),
	RIG_TEST(nothing_said_of_a_forgotten_client_stays),
};
const size_t operator_test_count = ARRAY_LEN(operator_tests);
