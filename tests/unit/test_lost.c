/* Who is told, minute by minute, that something cannot be reached: that it is held under what is
 * down above it, and no longer than people know of that. */
#include "tests/unit/config_rig.h"

#include <stdio.h>
#include <string.h>

#include "lib/alerts/evaluate.h"
#include "lib/alerts/settle.h"

enum { MINUTE = 60000 };

struct fixture {
	struct config *config, *old_config;
	struct book book, old_book;
	uint64_t last_id;
	int64_t began, now;
	bool never_done;  /* a cycle is running whenever the alerter looks */
	const char *gate; /* the jump host that lets nobody through, or NULL */
	char told[4000];
};

static struct config *load(const char *fleet)
{
	char xml[4000];
	(void)snprintf(xml, sizeof xml,
		"<config><mail host='localhost' security='plain' from='f@x'/>"
		"<alerter mail='fleet@x'/>%s</config>",
		fleet);
	return rig_load(xml);
}

static void begin(struct fixture *f, const char *fleet)
{
	const struct alert_set none = { 0 };
	*f = (struct fixture){ .config = load(fleet), .began = INT64_C(1795302000000) };
	f->now = f->began;
	assert_int_equal(book_init(&f->book, f->config, &none, NULL), 0);
}

/* Goes on with the same rows and another configuration, once. */
static void reconfigure(struct fixture *f, const char *fleet)
{
	static struct alert rows[64];
	struct alert_set set = { .items = rows };
	f->old_book = f->book;
	f->old_config = f->config;
	for (size_t i = 0; i < f->book.count; i++)
		for (size_t k = 0; k < f->book.clients[i].count; k++)
			rows[set.count++] = f->book.clients[i].rows[k]->alert;
	f->config = load(fleet);
	assert_int_equal(book_init(&f->book, f->config, &set, NULL), 0);
}

static void finish(struct fixture *f)
{
	book_finish(&f->book);
	config_destroy(f->config);
	book_finish(&f->old_book);
	config_destroy(f->old_config);
}

/* ---- cycles ------------------------------------------------------------------------------- */

static void add(struct fixture *f, const struct client *c, uint64_t cycle, bool is_dead)
{
	bool is_stopped = c->jump && f->gate && strcmp(c->jump->name, f->gate) == 0;
	char error[64] = "";
	if (is_stopped)
		(void)snprintf(error, sizeof error, "jump host %s: refused", f->gate);
	const struct stored_sample s = { .id = ++f->last_id,
		.cycle_id = cycle,
		.client = c->name,
		.taken_at = f->now,
		.outcome = is_dead || is_stopped ? OUTCOME_TIMEOUT : OUTCOME_OK,
		.stage = is_stopped ? STAGE_JUMP : STAGE_CONNECT,
		.error = error };
	assert_int_equal(evaluate_sample(&f->book, &s, f->now, NULL), 0);
}

/* "3 FIRING web1: a@x fleet@x", three minutes after the beginning. */
static void note(struct fixture *f, const struct event *e)
{
	static const char *const kinds[] = { "FIRING", "RESOLVED", "CLOSED", "REPEAT", "LATE",
		"WORSE", "FLAPPING", "ESCALATED" };
	size_t len = strlen(f->told);
	int added = snprintf(f->told + len, sizeof f->told - len, "%d %s %s: %s\n",
		(int)((f->now - f->began) / MINUTE), kinds[e->kind],
		e->client[0]	 ? e->client
		: e->instance[0] ? e->instance
				 : e->rule,
		e->recipients);
	for (char *c = f->told + len; c + 1 < f->told + len + added; c++)
		if (*c == '\n')
			*c = ' ';
}

/* As storage does. */
static void note_opened(struct fixture *f)
{
	for (size_t i = 0; i < f->book.count; i++)
		for (size_t k = 0; k < f->book.clients[i].count; k++) {
			struct alert *a = &f->book.clients[i].rows[k]->alert;
			if (a->state == ALERT_FIRING && a->told_at != 0 && a->opened_at == 0)
				a->opened_at = a->told_at;
		}
}

static void look(struct fixture *f, uint64_t cycle)
{
	const struct collector_look collector = { f->never_done ? cycle : 0, f->now };
	assert_int_equal(settle(&f->book, &collector, f->now, NULL), 0);
	assert_int_equal(book_flush(&f->book, NULL), 0);
	note_opened(f);
	for (size_t i = 0; i < f->book.move_count; i++)
		if (f->book.moves[i].event && !f->book.moves[i].event->held[0])
			note(f, f->book.moves[i].event);
	book_forget_moves(&f->book);
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	for (const char *w = words; (w = strstr(w, word)); w += len)
		if ((w == words || w[-1] == ' ') && (w[len] == ' ' || w[len] == 0))
			return true;
	return false;
}

/* A cycle and a look a minute, in which these do not answer; what was told meanwhile. */
static const char *play(struct fixture *f, int minutes, const char *dead)
{
	f->told[0] = 0;
	for (; minutes > 0; minutes--) {
		uint64_t cycle = ++f->last_id;
		f->now += MINUTE;
		for (size_t i = 0; i < f->config->client_count; i++) {
			const struct client *c = &f->config->clients[i];
			add(f, c, cycle, has_word(dead, c->name));
		}
		look(f, cycle);
	}
	return f->told;
}

/* ---- the collector's isolation ------------------------------------------------------------ */

#define SIX                                                                                   \
	"<group name='g' mail='g@x'><client ip='a'/><client ip='b'/><client ip='c'/></group>" \
	"<group name='h' mail='h@x'><client ip='d'/><client ip='e'/><client ip='f'/></group>"

static void half_a_fleet_that_is_dead_is_told(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, SIX);
	assert_string_equal(play(&f, 3, "a b c"), "2 FIRING collector-isolated: g@x fleet@x\n");
	assert_string_equal(play(&f, 13, "a b c"), "");
	assert_string_equal(play(&f, 2, "a b c"),
		"17 FIRING a: g@x\n17 FIRING b: g@x\n17 FIRING c: g@x\n"
		"18 CLOSED collector-isolated: g@x fleet@x\n");
	assert_string_equal(play(&f, 30, "a b c"), "");
	assert_string_equal(play(&f, 3, "a b c d"), "50 FIRING d: h@x\n");
	finish(&f);
}

static void an_isolation_is_told_however_long_it_takes(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, SIX);
	assert_string_equal(play(&f, 1, ""), "");
	assert_string_equal(
		play(&f, 180, "a b c d e f"), "3 FIRING collector-isolated: g@x h@x fleet@x\n");
	assert_string_equal(play(&f, 1, "a b c d e"), "");
	assert_string_equal(play(&f, 3, "a"),
		"183 RESOLVED collector-isolated: g@x h@x fleet@x\n184 FIRING a: g@x\n");
	finish(&f);
}

static void isolation_is_told_to_all_it_concerns(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, SIX);
	assert_string_equal(play(&f, 3, "a b c"), "2 FIRING collector-isolated: g@x fleet@x\n");
	assert_string_equal(play(&f, 2, "a b c d e f"), "5 REPEAT collector-isolated: h@x\n");
	assert_string_equal(play(&f, 1, ""), "6 RESOLVED collector-isolated: g@x fleet@x h@x\n");
	finish(&f);
}

/* Three racks that are gone are known by their switches. */
static void racks_that_are_dead_are_told(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f,
		"<parent name='p'/><parent name='q'/><parent name='r'/>"
		"<group name='g' mail='g@x'><client ip='a' parent='p'/><client ip='b' parent='p'/>"
		"<client ip='c' parent='q'/><client ip='d' parent='q'/>"
		"<client ip='e' parent='r'/><client ip='f' parent='r'/></group>"
		"<client ip='o'/>");
	assert_string_equal(
		play(&f, 3, "a b c d e f"), "2 FIRING collector-isolated: g@x fleet@x\n");
	assert_string_equal(play(&f, 60, "a b c d e f"),
		"17 FIRING r: g@x fleet@x\n17 FIRING q: g@x fleet@x\n17 FIRING p: g@x fleet@x\n"
		"18 CLOSED collector-isolated: g@x fleet@x\n");
	finish(&f);
}

static void one_that_dies_when_isolation_comes_and_goes(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, SIX);
	for (int i = 0; i < 6; i++) {
		(void)play(&f, 2, "a b c d");
		(void)play(&f, 2, "");
	}
	assert_string_equal(play(&f, 3, "f"), "26 FIRING f: h@x\n");
	finish(&f);
}

/* ---- what is behind something that is down -------------------------------------------------- */

#define OTHERS "<client ip='o'/><client ip='p'/><client ip='q'/><client ip='r'/><client ip='s'/>"

static void a_dead_host_is_told_to_those_of_its_guests(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, "<client ip='host' mail='host@x'/><client ip='g' parent='host' mail='g@x'/>"
		  "<client ip='k' parent='g' mail='k@x'/>" OTHERS);
	assert_string_equal(play(&f, 3, "host g k"), "2 FIRING host: g@x k@x host@x\n");
	assert_string_equal(play(&f, 1, ""), "4 RESOLVED host: g@x k@x host@x\n");
	finish(&f);
	begin(&f, "<client ip='host'/><client ip='g' parent='host' mail='g@x'/>" OTHERS);
	assert_string_equal(play(&f, 3, "host g"), "2 FIRING host: g@x fleet@x\n");
	finish(&f);
}

static void who_comes_under_it_later_is_told_then(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, "<client ip='host' mail='host@x'/><client ip='g' parent='host' mail='g@x'/>"
		  "<parent name='sw'/><client ip='a' parent='sw' mail='a@x'/>"
		  "<client ip='b' parent='sw' mail='b@x'/>" OTHERS);
	assert_string_equal(play(&f, 3, "host"), "2 FIRING host: host@x\n");
	assert_string_equal(play(&f, 1, "host g"), "");
	assert_string_equal(play(&f, 9, "host g"), "5 REPEAT host: g@x\n");
	assert_string_equal(play(&f, 1, ""), "14 RESOLVED host: host@x g@x\n");
	finish(&f);
}

static void a_jump_host_that_nobody_goes_through_any_more(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, "<client ip='gw'/><client ip='c' parent='gw'/><client ip='j' jump='gw'/>" OTHERS);
	f.gate = "gw";
	assert_string_equal(play(&f, 3, ""), "2 FIRING gw: fleet@x\n");
	reconfigure(&f, "<client ip='gw'/><client ip='c' parent='gw'/><client ip='j'/>" OTHERS);
	assert_string_equal(play(&f, 3, "c"), "4 CLOSED gw: fleet@x\n5 FIRING c: fleet@x\n");
	finish(&f);
}

static void who_stays_away_is_told_though_a_cycle_always_runs(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, "<client ip='gw'/><client ip='c' parent='gw' mail='c@x'/>" OTHERS);
	f.never_done = true;
	assert_string_equal(play(&f, 5, "gw c"), "3 FIRING gw: c@x fleet@x\n");
	assert_string_equal(play(&f, 1, "c"), "6 RESOLVED gw: c@x fleet@x\n");
	assert_string_equal(play(&f, 2, "c"), "7 FIRING c: c@x\n");
	finish(&f);
}

static void nobody_acknowledges_that_a_rack_is_dead(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, "<parent name='sw'/>"
		  "<group name='g' mail='g@x' escalate='boss@x' escalate-after='20m'>"
		  "<client ip='a' parent='sw'/><client ip='b' parent='sw'/></group>"
		  "<group name='h' mail='h@x' escalate='chief@x' escalate-after='10m'>"
		  "<client ip='c' parent='sw'/></group>"
		  "<client ip='host' mail='host@x'/>"
		  "<client ip='i' mail='g@x' parent='host' escalate='boss@x' "
		  "escalate-after='10m'/>" OTHERS);
	assert_string_equal(play(&f, 11, "a b c"), "2 FIRING sw: g@x h@x fleet@x\n");
	assert_string_equal(
		play(&f, 30, "a b c"), "12 ESCALATED sw: g@x h@x fleet@x boss@x chief@x\n");
	assert_string_equal(play(&f, 1, ""), "42 RESOLVED sw: g@x h@x fleet@x boss@x chief@x\n");
	assert_string_equal(play(&f, 30, "host i"),
		"44 FIRING host: g@x host@x\n54 ESCALATED host: g@x host@x boss@x\n");
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(half_a_fleet_that_is_dead_is_told),
		CONFIG_TEST(an_isolation_is_told_however_long_it_takes),
		CONFIG_TEST(isolation_is_told_to_all_it_concerns),
		CONFIG_TEST(racks_that_are_dead_are_told),
		CONFIG_TEST(one_that_dies_when_isolation_comes_and_goes),
		CONFIG_TEST(a_dead_host_is_told_to_those_of_its_guests),
		CONFIG_TEST(who_comes_under_it_later_is_told_then),
		CONFIG_TEST(a_jump_host_that_nobody_goes_through_any_more),
		CONFIG_TEST(who_stays_away_is_told_though_a_cycle_always_runs),
		CONFIG_TEST(nobody_acknowledges_that_a_rack_is_dead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
