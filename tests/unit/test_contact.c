#include "tests/unit/unit.h"

#include <string.h>

#include "lib/alerts/contact.h"
#include "lib/alerts/hold.h"

/* The row as storage keeps it between two samples. */
struct kept {
	struct alert row;
	bool exists;
};

static void keep_row(struct kept *k, struct verdict *v, int64_t now)
{
	hold_apply(v, "", now);
	if (v->row == ROW_KEEP)
		return;
	k->exists = v->row == ROW_WRITE;
	k->row = v->alert;
}

/* As at the end of a run. */
static struct verdict judge(const struct alerter_config *config, const struct alert *row,
	uint64_t running_cycle, int64_t now)
{
	(void)now;
	return contact_judge(config, row, running_cycle) == CONTACT_LOST ? contact_lose(config, row)
									 : verdict_keep();
}

/* Outcomes in turn, one letter each: . ok, t timeout, a auth, k host key changed, n not done,
 * i internal. Expected: per letter - nothing, F firing, R resolved, P repeat. */
static const struct {
	const char *outcomes, *unreachable, *host_key;
} reach[] = {
	{ "....", "----", "----" },
	{ ".t.t.", "-----", "-----" },
	{ ".tt.", "--FR", "----" },
	{ "tattttt", "-F---P-", "-------" },
	{ "tnt", "--F", "---" },
	{ "nnnn", "----", "----" },
	{ "nnnn.n", "------", "------" },
	{ "ninin.", "----FR", "------" },
	{ "ninintttt", "----F---P", "---------" },
	{ "tnnnn", "----F", "-----" },
	{ "knnnn", "-----", "F----" },
	{ "titi", "--F-", "----" },
	{ ".kk.", "----", "-F-R" },
	{ "tkt", "--F", "-F-" },
};

static enum outcome letter(char c)
{
	switch (c) {
	case 't':
		return OUTCOME_TIMEOUT;
	case 'a':
		return OUTCOME_AUTH;
	case 'k':
		return OUTCOME_HOST_KEY_CHANGED;
	case 'n':
		return OUTCOME_NOT_DONE;
	case 'i':
		return OUTCOME_INTERNAL;
	default:
		return OUTCOME_OK;
	}
}

static char mark(const struct verdict *v)
{
	return !v->tell			   ? '-'
	       : v->kind == EVENT_FIRING   ? 'F'
	       : v->kind == EVENT_RESOLVED ? 'R'
	       : v->kind == EVENT_REPEAT   ? 'P'
					   : '?';
}

static void every_reach(void **state)
{
	(void)state;
	const struct alerter_config config = { .unreachable_after = 2,
		.unreachable_repeat_ms = 4000 };
	for (size_t i = 0; i < ARRAY_LEN(reach); i++) {
		struct kept down = { 0 }, key = { 0 };
		char got_down[20] = "", got_key[20] = "";
		for (size_t k = 0; reach[i].outcomes[k]; k++) {
			struct stored_sample s = { .id = k + 1,
				.taken_at = (int64_t)(k + 1) * 1000,
				.outcome = letter(reach[i].outcomes[k]) };
			struct verdict v = unreachable_step(
				&config, down.exists ? &down.row : NULL, NULL, &s, s.taken_at);
			keep_row(&down, &v, s.taken_at);
			got_down[k] = mark(&v);
			if (down.exists) {
				v = judge(&config, &down.row, 0, s.taken_at);
				keep_row(&down, &v, s.taken_at);
				got_down[k] = v.tell ? mark(&v) : got_down[k];
			}
			v = host_key_step(
				&config, key.exists ? &key.row : NULL, NULL, &s, s.taken_at);
			keep_row(&key, &v, s.taken_at);
			got_key[k] = mark(&v);
		}
		assert_string_equal(got_down, reach[i].unreachable);
		if (!strchr(reach[i].outcomes, 'k') || !strchr(reach[i].outcomes, 't'))
			assert_string_equal(got_key, reach[i].host_key);
	}
}

static void old_news_do_not_move_reachability(void **state)
{
	(void)state;
	const struct alerter_config config = { .unreachable_after = 1 };
	const struct alert good = { .as_of_id = 10, .last_good_at = 10000 };
	struct stored_sample failed = { .id = 9, .outcome = OUTCOME_TIMEOUT };
	assert_int_equal(unreachable_step(&config, NULL, &good, &failed, 0).row, ROW_KEEP);
	failed.id = 12;
	struct verdict v = unreachable_step(&config, NULL, &good, &failed, 0);
	v = judge(&config, &v.alert, 0, 0);
	assert_int_equal(v.alert.state, ALERT_FIRING);
	assert_int_equal(v.alert.last_good_at, 10000);
	struct stored_sample completed = { .id = 11, .outcome = OUTCOME_OK };
	assert_int_equal(unreachable_step(&config, &v.alert, &good, &completed, 0).row, ROW_KEEP);
	completed.id = 12;
	assert_int_equal(
		unreachable_step(&config, &v.alert, &good, &completed, 0).kind, EVENT_RESOLVED);
}

static void only_finished_cycles_count(void **state)
{
	(void)state;
	const struct alerter_config config = { .unreachable_after = 2 };
	struct alert row = { .state = ALERT_PENDING, .count = 2, .as_of_id = 120 };
	assert_false(judge(&config, &row, 100, 0).tell);
	assert_true(judge(&config, &row, 130, 0).tell);
	assert_true(judge(&config, &row, 0, 0).tell);
	row.count = 3;
	assert_true(judge(&config, &row, 100, 0).tell);
	row.count = 0;
	row.value = 5;
	assert_false(judge(&config, &row, 100, 0).tell);
	assert_true(judge(&config, &row, 0, 0).tell);
	row.state = ALERT_FIRING;
	assert_false(judge(&config, &row, 0, 0).tell);
}

/* Minutes at which is looked, the last finished cycle as seen then, what is told, since when. */
static void collector_stale(void **state)
{
	(void)state;
	static const struct {
		int now, finished;
		char told;
		int since;
	} looks[] = {
		{ 1, 0, '-', 0 },
		{ 10, 0, '-', 0 },
		{ 16, 0, 'F', 1 },
		{ 35, 0, '-', 0 },
		{ 36, 0, 'P', 1 },
		{ 40, 0, '-', 0 },
		{ 41, 41, 'R', 1 },
		{ 50, 41, '-', 0 },
		{ 56, 41, 'F', 41 },
		{ 57, 41, '-', 0 },
		{ 60, 58, 'R', 41 },
		{ 61, 58, '-', 0 },
	};
	const struct alerter_config config = { .collector_stale_ms = 15 * 60000,
		.unreachable_repeat_ms = 20 * 60000 };
	struct kept kept = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		struct verdict v = stale_step(&config, kept.exists ? &kept.row : NULL,
			looks[i].finished * INT64_C(60000), looks[i].now * INT64_C(60000));
		keep_row(&kept, &v, looks[i].now * INT64_C(60000));
		assert_int_equal(mark(&v), looks[i].told);
		if (v.tell)
			assert_int_equal(v.alert.since, looks[i].since * INT64_C(60000));
	}
	assert_false(kept.exists);
}

/* A cycle a letter: how often in a row somebody was stopped in it ('1', '2'), then let through
 * ('.'), or both ('m', stopped last); what becomes of the jump host's row: nothing, pending, lost.
 */
static const struct {
	const char *cycles, *contacts;
} passages[] = {
	{ "....", "----" },
	{ "1.1.", "p-p-" },
	{ "112.", "pll-" },
	{ "2222", "plll" },
	{ "mmm", "ppp" },
};

static void a_jump_host_is_lost_after_so_many_cycles(void **state)
{
	(void)state;
	const struct alerter_config config = { .unreachable_after = 2 };
	for (size_t i = 0; i < ARRAY_LEN(passages); i++) {
		struct kept kept = { 0 };
		for (uint64_t k = 0; passages[i].cycles[k]; k++) {
			char c = passages[i].cycles[k];
			struct stored_sample s = { .id = k * 100 + 1,
				.cycle_id = k * 100 + 1,
				.outcome = OUTCOME_TIMEOUT };
			for (int n = c == 'm' ? 2 : c == '.' ? 1 : c - '0'; n > 0; n--) {
				bool stopped = c != '.' && !(c == 'm' && n == 2);
				s.id++;
				s.outcome = stopped ? OUTCOME_TIMEOUT : OUTCOME_OK;
				struct verdict v = jump_step(&config,
					kept.exists ? &kept.row : NULL, "gate", &s, stopped, 0);
				keep_row(&kept, &v, 0);
			}
			enum contact got =
				contact_judge(&config, kept.exists ? &kept.row : NULL, 0);
			assert_int_equal("-pl"[got], passages[i].contacts[k]);
		}
	}
}

static void whom_a_sample_blames(void **state)
{
	(void)state;
	static const struct {
		enum outcome outcome;
		enum stage stage;
		const char *error;
		enum passage passage;
		bool blames;
	} samples[] = {
		{ OUTCOME_OK, STAGE_NONE, "", PASSAGE_OPEN, false },
		{ OUTCOME_AUTH, STAGE_AUTH, "no", PASSAGE_OPEN, false },
		{ OUTCOME_TIMEOUT, STAGE_CONNECT, "x", PASSAGE_UNKNOWN, false },
		{ OUTCOME_TIMEOUT, STAGE_JUMP, "jump host gate (192.0.2.1): x", PASSAGE_STOPPED,
			true },
		{ OUTCOME_REFUSED, STAGE_JUMP, "jump host gate: x", PASSAGE_STOPPED, true },
		{ OUTCOME_TIMEOUT, STAGE_JUMP, "jump host gate gets no answer from it",
			PASSAGE_STOPPED, true },
		{ OUTCOME_TIMEOUT, STAGE_JUMP, "jump host gateway: x", PASSAGE_STOPPED, false },
		{ OUTCOME_TIMEOUT, STAGE_JUMP, "", PASSAGE_STOPPED, false },
		{ OUTCOME_NOT_DONE, STAGE_JUMP, "jump host gate: x", PASSAGE_UNKNOWN, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct stored_sample s = { .outcome = samples[i].outcome,
			.stage = samples[i].stage,
			.error = samples[i].error };
		assert_int_equal(sample_passage(&s), samples[i].passage);
		assert_int_equal(sample_blames(&s, "gate"), samples[i].blames);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reach),
		cmocka_unit_test(old_news_do_not_move_reachability),
		cmocka_unit_test(only_finished_cycles_count),
		cmocka_unit_test(collector_stale),
		cmocka_unit_test(a_jump_host_is_lost_after_so_many_cycles),
		cmocka_unit_test(whom_a_sample_blames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
