/* Everything that decides lives in the rows: an alerter that begins anew after every few samples
 * tells what one tells that never ends. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/evaluate.h"
#include "lib/alerts/settle.h"
#include "lib/buffer.h"

enum { MINUTE = 60000, SAMPLES = 3000, ROWS_MAX = 400, CLIENTS = 6, DISKS = 3 };
#define DISK "filesystem_used_ratio"

static const char *const nobody[] = { NULL };
static const char *const unless_memory[] = { "memory", NULL };
static const struct rule rules_of_all[] = {
	{ .type = DISK,
		.label = "disk",
		.key = "disk/warning/*",
		.limit = 60,
		.clear = 50,
		.has_critical = true,
		.critical = 85,
		.critical_clear = 80,
		.for_ms = 2 * MINUTE,
		.clear_for_ms = MINUTE,
		.repeat_ms = 10 * MINUTE,
		.instance = "*",
		.unless = unless_memory,
		.mail = nobody },
	{ .type = DISK,
		.label = "disk",
		.key = "disk/critical//1",
		.limit = 70,
		.clear = 70,
		.samples = 2,
		.instance = "/1",
		.mail = nobody },
	{ .type = "memory_used_ratio",
		.label = "memory",
		.key = "memory/warning/*",
		.limit = 75,
		.clear = 75,
		.instance = "*",
		.mail = nobody },
	{ .kind = RULE_ABSENT,
		.type = "memory_used_ratio",
		.label = "memory",
		.key = "memory/warning/*/absent",
		.limit = 300,
		.clear = 300,
		.instance = "*",
		.mail = nobody },
	{ .kind = RULE_CHANGE,
		.type = DISK,
		.label = "disk",
		.key = "disk/warning/*/change",
		.limit = 40,
		.clear = 40,
		.within_ms = 30 * MINUTE,
		.instance = "*",
		.mail = nobody },
	{ .kind = RULE_SAMPLE_AGE,
		.type = "",
		.label = "sample-age",
		.key = "sample-age/warning/*",
		.limit = 600,
		.clear = 600,
		.instance = "*",
		.mail = nobody },
};
static const struct rule *const rules[] = { &rules_of_all[0], &rules_of_all[1], &rules_of_all[2],
	&rules_of_all[3], &rules_of_all[4], &rules_of_all[5], NULL };

static const struct node nodes[] = { { .name = "sw1", .parent_name = "" } };
static const struct client jumps[] = { { .name = "gate", .rules = &rules[6], .mail = nobody } };
#define CLIENT(i, ...)                                                                             \
	{                                                                                          \
		.name = "c" #i, .ip = "192.0.2." #i, .rules = rules, .mail = nobody, .group = "g", \
		.escalate = nobody, __VA_ARGS__                                                    \
	}
static const struct client clients[CLIENTS] = {
	CLIENT(0, .parent = { .node = &nodes[0] }),
	CLIENT(1, .parent = { .node = &nodes[0] }),
	CLIENT(2, .parent = { .client = &clients[0] }),
	CLIENT(3, .jump = &jumps[0]),
	CLIENT(4, .jump = &jumps[0]),
	CLIENT(5, .parent_name = ""),
};
static const struct config config = { .alerter = { .unreachable_after = 2,
					      .unreachable_repeat_ms = 30 * MINUTE,
					      .collector_stale_ms = 60 * MINUTE,
					      .absent_after = 3,
					      .mail = nobody,
					      .flap_after = 2,
					      .flap_window_ms = 30 * MINUTE },
	.clients = clients,
	.client_count = CLIENTS,
	.jumps = jumps,
	.jump_count = 1,
	.nodes = nodes,
	.node_count = 1 };

static const struct silence silence = { .id = 1,
	.client = "c5",
	.group = "*",
	.metric = "disk",
	.instance = "*",
	.weekly = "daily 03:00-04:00",
	.who = "anna",
	.why = "" };

/* ---- what storage does -------------------------------------------------------------------- */

struct table {
	struct alert rows[ROWS_MAX];
	size_t count;
	struct arena strings;
};

static char *keep(struct table *t, const char *text)
{
	char *copy = arena_copy(&t->strings, text, strlen(text));
	assert_non_null(copy);
	return copy;
}

static struct alert *find(struct table *t, const struct alert *key)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->rows[i].client, key->client) == 0 &&
			strcmp(t->rows[i].rule, key->rule) == 0 &&
			strcmp(t->rows[i].instance, key->instance) == 0)
			return &t->rows[i];
	return NULL;
}

static void store(struct table *t, const struct transition *move)
{
	struct alert *row = find(t, &move->alert);
	if (move->remove) {
		if (row)
			*row = t->rows[--t->count];
		return;
	}
	if (!row) {
		assert_true(t->count < ROWS_MAX);
		row = &t->rows[t->count++];
	}
	*row = move->alert;
	row->client = keep(t, move->alert.client);
	row->rule = keep(t, move->alert.rule);
	row->instance = keep(t, move->alert.instance);
	row->text = keep(t, move->alert.text);
	row->recipients = keep(t, move->alert.recipients);
	row->held = keep(t, move->alert.held);
}

/* ---- a run -------------------------------------------------------------------------------- */

struct run {
	struct book book;
	struct table table;
	struct buffer told;
	bool restarts;
};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* A past that hangs on nothing but the time. */
static int history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	(void)arg, (void)client, (void)metric, (void)instance, (void)most, (void)err;
	ret_points[0] = (struct history_point){ (from + to) / 2, (double)(from / MINUTE % 60) };
	*ret_count = 1;
	return 0;
}

static void open_book(struct run *r)
{
	const struct alert_set set = { r->table.rows, r->table.count, NULL };
	assert_int_equal(book_init(&r->book, &config, &set, NULL), 0);
	r->book.silences = &silence;
	r->book.silence_count = 1;
	r->book.history = history;
}

/* One line an event. */
static char *describe(struct run *r, const struct event *e)
{
	struct buffer line = { 0 };
	assert_int_equal(buffer_printf(&line, "%d %lld %s %s %s %d %g %s %s\n", (int)e->kind,
				 (long long)e->at, e->client, e->rule, e->instance,
				 (int)e->severity, e->value, e->held, e->text),
		0);
	char *kept = keep(&r->table, line.data);
	buffer_finish(&line);
	return kept;
}

static int compare_lines(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

/* In an order of their own: rows have none in memory. */
static void write_down(struct run *r)
{
	char *lines[ROWS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < r->book.move_count && count < ROWS_MAX; i++)
		if (r->book.moves[i].event)
			lines[count++] = describe(r, r->book.moves[i].event);
	qsort(lines, count, sizeof *lines, compare_lines);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(buffer_append_text(&r->told, lines[i]), 0);
}

static void end_batch(struct run *r)
{
	assert_int_equal(book_flush(&r->book, NULL), 0);
	for (size_t i = 0; i < r->book.move_count; i++)
		store(&r->table, &r->book.moves[i]);
	write_down(r);
	book_forget_moves(&r->book);
	if (!r->restarts)
		return;
	book_finish(&r->book);
	open_book(r);
}

/* Nothing of memory that was freed is read: the names do not outlive the call. */
static void one_sample(struct run *r, uint32_t *seed, uint64_t id, int64_t now)
{
	char names[DISKS][8];
	struct stored_reading readings[DISKS + 1];
	size_t count = 0, client = next_random(seed) % CLIENTS;
	uint32_t luck = next_random(seed) % 100, phase = (uint32_t)(now / (40 * MINUTE)) % 5;
	bool fails = luck < 10 || (phase == 1 && client < 3) || (phase == 3 && luck < 95);
	bool at_jump = fails && clients[client].jump && luck % 2;
	for (size_t i = 0; i < DISKS; i++) {
		(void)snprintf(names[i], sizeof names[i], "/%zu", i);
		if (next_random(seed) % 10 < (i == 2 ? 4 : 9))
			readings[count++] = (struct stored_reading){ client * 10 + i + 1, DISK,
				names[i], next_random(seed) % 100 };
	}
	if (next_random(seed) % 10 < 7)
		readings[count++] = (struct stored_reading){ client * 10 + 9, "memory_used_ratio",
			"", next_random(seed) % 100 };
	const struct stored_sample s = { .id = id,
		.cycle_id = id / 20 * 20,
		.client = clients[client].name,
		.taken_at = now,
		.outcome = fails ? OUTCOME_TIMEOUT : OUTCOME_OK,
		.stage = at_jump ? STAGE_JUMP : STAGE_NONE,
		.error = at_jump ? "jump host gate: no answer" : "",
		.readings = readings,
		.reading_count = fails ? 0 : count };
	assert_int_equal(evaluate_sample(&r->book, &s, now, NULL), 0);
}

static void go(struct run *r, uint32_t seed)
{
	int64_t now = INT64_C(1795302000000);
	open_book(r);
	for (uint64_t i = 1; i <= SAMPLES; i++) {
		now += 10000 + next_random(&seed) % 20000;
		bool is_late = i > 100 && next_random(&seed) % 50 == 0;
		uint64_t id = 100 + i * 2;
		one_sample(r, &seed, is_late ? id - 151 : id, is_late ? now - 30 * MINUTE : now);
		if (i % 7 != 0)
			continue;
		if (i % 3 == 0) {
			const struct collector_look look = { .finished_at = now,
				.running_cycle = i % 2 ? id / 20 * 20 : 0 };
			assert_int_equal(settle(&r->book, &look, now, NULL), 0);
		}
		end_batch(r);
	}
}

static void finish(struct run *r)
{
	book_finish(&r->book);
	arena_finish(&r->table.strings);
	buffer_finish(&r->told);
}

/* Where two texts part, as one line. */
static void fail_difference(uint32_t seed, const char *a, const char *b)
{
	size_t same = 0, line = 0;
	for (; a[same] && a[same] == b[same]; same++)
		if (a[same] == '\n')
			line = same + 1;
	fail_msg("seed %u: %.*s, not %.*s", seed, (int)strcspn(b + line, "\n"), b + line,
		(int)strcspn(a + line, "\n"), a + line);
}

static void beginning_anew_changes_nothing(void **state)
{
	(void)state;
	unsigned kinds = 0;
	for (uint32_t seed = 1; seed <= 8; seed++) {
		static struct run on, anew;
		on = (struct run){ 0 };
		anew = (struct run){ .restarts = true };
		go(&on, seed);
		go(&anew, seed);
		if (strcmp(on.told.data, anew.told.data) != 0)
			fail_difference(seed, on.told.data, anew.told.data);
		for (const char *c = on.told.data; c && *c; c = strchr(c, '\n') + 1)
			kinds |= 1U << (*c - '0');
		finish(&on);
		finish(&anew);
	}
	/* all but those that somebody has to acknowledge, or not */
	assert_int_equal(kinds, 1U << EVENT_FIRING | 1U << EVENT_RESOLVED | 1U << EVENT_CLOSED |
					1U << EVENT_REPEAT | 1U << EVENT_LATE | 1U << EVENT_WORSE |
					1U << EVENT_FLAPPING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginning_anew_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
