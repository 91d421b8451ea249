#include "tests/unit/unit.h"

#include <string.h>

#include "collector/dispatch/jumps.h"

enum { NEAR = 1, FAR = 2 }; /* their numbers: FAR is behind NEAR */

static const struct sockaddr_storage nowhere;
enum { BEGIN = 1000, TIMEOUT = 300, SHORT = 100, LONG = 500 };
static const struct client near_client = {
	.name = "near", .ip = "n", .connects = 2, .timeout_ms = TIMEOUT
};
static const struct client far_client = {
	.name = "far", .ip = "f", .connects = 3, .timeout_ms = TIMEOUT
};
static const struct client host_client = { .name = "host", .ip = "h" };
static const struct poll_jump jump_plans[] = {
	{ .client = &near_client },
	{ .client = &far_client, .jump = NEAR },
};

struct rig {
	struct poll_host hosts[8];
	struct poll_plan plan;
	struct feed feed;
	struct jumps jumps;
	int64_t now_ms;
};

static void start(struct rig *r, size_t count, uint32_t jump)
{
	*r = (struct rig){ .plan = { .hosts = r->hosts, .host_count = count }, .now_ms = BEGIN };
	r->plan.jumps = jump_plans;
	r->plan.jump_count = ARRAY_LEN(jump_plans);
	for (size_t i = 0; i < count; i++)
		r->hosts[i] = (struct poll_host){
			.client = &host_client, .jump = jump, .deadline_ms = TIMEOUT
		};
}

static void go(struct rig *r)
{
	assert_int_equal(feed_init(&r->feed, r->plan.host_count), 0);
	assert_int_equal(jumps_init(&r->jumps, &r->plan, &r->feed), 0);
	for (uint32_t i = 0; i < r->plan.host_count; i++)
		assert_int_equal(feed_ready(&r->feed, i, &nowhere, 1), 0);
}

static void end(struct rig *r)
{
	jumps_finish(&r->jumps);
	feed_finish(&r->feed);
}

/* How many are let go now. */
static size_t let_go(struct rig *r)
{
	uint32_t seq;
	size_t count = 0;
	for (; feed_next_ready(&r->feed, &seq); count++) {
		r->feed.hosts[seq].phase = FEED_FLYING;
		r->feed.hosts[seq].started_ms = r->now_ms;
	}
	return count;
}

static void pass(struct rig *r, uint32_t seq, struct jump *jump)
{
	jumps_pass(&r->jumps, seq, jump, r->now_ms);
}

static struct jump *judge(struct rig *r, uint32_t seq, size_t hop, enum outcome outcome)
{
	const struct jump_end end = { hop, outcome, "because", r->now_ms };
	struct jump *dead;
	assert_int_equal(jumps_judge(&r->jumps, seq, &end, &dead), 0);
	feed_done(&r->feed, seq);
	return dead;
}

static void one_goes_first(void **state)
{
	(void)state;
	struct rig r;
	start(&r, 6, NEAR);
	go(&r);
	struct jump *near = &r.jumps.items[0];
	assert_int_equal(let_go(&r), 1);
	pass(&r, 0, near);
	assert_int_equal(near->state, JUMP_PROVEN);
	assert_int_equal(let_go(&r), 2);
	pass(&r, 1, near); /* on its way to a login there no more */
	assert_int_equal(let_go(&r), 1);
	assert_null(judge(&r, 1, 1, OUTCOME_OK));
	assert_int_equal(let_go(&r), 0); /* that place was free already */
	assert_null(judge(&r, 2, 0, OUTCOME_REFUSED));
	assert_int_equal(let_go(&r), 1);
	end(&r);
}

/* Its own poll is one of those that log in there. */
static void it_may_be_the_first_itself(void **state)
{
	(void)state;
	struct rig r;
	start(&r, 3, NEAR);
	r.hosts[0] = (struct poll_host){ .client = &near_client, .is_jump = NEAR };
	go(&r);
	const struct jump_way way = jumps_way(&r.jumps, 0);
	assert_int_equal(way.depth, 0);
	assert_int_equal(way.count, 1);
	assert_int_equal(let_go(&r), 1);
	pass(&r, 0, way.items[0]);
	assert_null(judge(&r, 0, 0, OUTCOME_PROBE_FAILED));
	assert_int_equal(r.jumps.items[0].state, JUMP_PROVEN);
	assert_int_equal(let_go(&r), 2);
	end(&r);
	go(&r);
	assert_int_equal(let_go(&r), 1);
	assert_ptr_equal(judge(&r, 0, 0, OUTCOME_AUTH), &r.jumps.items[0]);
	assert_string_equal(r.jumps.items[0].reason, "jump host near: because");
	end(&r);
}

static void a_way_has_an_order(void **state)
{
	(void)state;
	struct rig r;
	start(&r, 2, FAR);
	r.hosts[1] = (struct poll_host){ .client = &far_client, .jump = NEAR, .is_jump = FAR };
	go(&r);
	for (uint32_t i = 0; i < 2; i++) {
		const struct jump_way way = jumps_way(&r.jumps, i);
		assert_int_equal(way.depth, i == 0 ? 2 : 1);
		assert_int_equal(way.count, 2);
		assert_ptr_equal(way.items[0], &r.jumps.items[0]);
		assert_ptr_equal(way.items[1], &r.jumps.items[1]);
		assert_ptr_equal(jumps_first(&r.jumps, i), &near_client);
	}
	assert_int_equal(let_go(&r), 1);
	pass(&r, 0, &r.jumps.items[0]);
	assert_int_equal(let_go(&r), 0); /* the other one waits for FAR */
	assert_ptr_equal(judge(&r, 0, 1, OUTCOME_TIMEOUT), &r.jumps.items[1]);
	assert_string_equal(r.jumps.items[1].reason, "because");
	assert_int_equal(r.jumps.items[0].state, JUMP_PROVEN);
	end(&r);
}

static void what_makes_it_dead(void **state)
{
	(void)state;
	static const struct {
		enum outcome outcome;
		bool dead_untried, dead_proven;
	} rows[] = {
		{ OUTCOME_REFUSED, true, false }, /* it has let others in */
		{ OUTCOME_TIMEOUT, true, false },
		{ OUTCOME_HOST_KEY_CHANGED, true, true },
		{ OUTCOME_AUTH, true, true },
		{ OUTCOME_DEADLINE, true, false },
		{ OUTCOME_NOT_DONE, false, false },
		{ OUTCOME_INTERNAL, false, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig r;
		start(&r, 2, NEAR);
		go(&r);
		assert_int_equal(let_go(&r), 1);
		assert_int_equal(judge(&r, 0, 0, rows[i].outcome) != NULL, rows[i].dead_untried);
		end(&r);
		go(&r);
		assert_int_equal(let_go(&r), 1);
		pass(&r, 0, &r.jumps.items[0]);
		assert_int_equal(let_go(&r), 1);
		assert_int_equal(judge(&r, 1, 0, rows[i].outcome) != NULL, rows[i].dead_proven);
		assert_null(judge(&r, 0, 0, OUTCOME_TRUNCATED)); /* it had logged in */
		end(&r);
	}
}

/* Those whose own time was up, one after the other. */
static void one_with_little_time_is_no_judge(void **state)
{
	(void)state;
	struct rig r;
	start(&r, 5, NEAR);
	for (size_t i = 0; i < 4; i++)
		r.hosts[i].deadline_ms = SHORT;
	r.hosts[4].deadline_ms = LONG;
	go(&r);
	struct jump *near = &r.jumps.items[0];
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(let_go(&r), 1);
		r.now_ms += SHORT;
		assert_null(judge(&r, i, 0, OUTCOME_DEADLINE));
	}
	assert_int_equal(let_go(&r), 1);
	pass(&r, 2, near); /* it is alive, and all begins anew */
	assert_int_equal(let_go(&r), 2);
	r.now_ms += SHORT;
	assert_null(judge(&r, 3, 0, OUTCOME_TIMEOUT));
	r.now_ms += LONG - SHORT;
	assert_ptr_equal(judge(&r, 4, 0, OUTCOME_TIMEOUT), near);
	end(&r);
}

static void together_they_have_tried_for_long_enough(void **state)
{
	(void)state;
	struct rig r;
	start(&r, 3, NEAR);
	for (size_t i = 0; i < 3; i++)
		r.hosts[i].deadline_ms = SHORT;
	go(&r);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(let_go(&r), 1);
		r.now_ms += SHORT;
		assert_int_equal(judge(&r, i, 0, OUTCOME_DEADLINE) != NULL, i == 2);
		r.now_ms += LONG; /* when nobody tries, nothing is shown */
	}
	end(&r);
}

/* One connection that is lost is not the jump host; all of them for its whole timeout are. */
static void a_proven_one_has_its_timeout(void **state)
{
	(void)state;
	struct rig r;
	start(&r, 5, NEAR);
	for (size_t i = 0; i < 5; i++)
		r.hosts[i].deadline_ms = LONG;
	go(&r);
	struct jump *near = &r.jumps.items[0];
	assert_int_equal(let_go(&r), 1);
	pass(&r, 0, near);
	assert_int_equal(let_go(&r), 2);
	r.now_ms += TIMEOUT / 2;
	assert_null(judge(&r, 1, 0, OUTCOME_TIMEOUT));
	assert_null(judge(&r, 2, 0, OUTCOME_TIMEOUT)); /* in the same time, which counts once */
	assert_int_equal(let_go(&r), 2);
	r.now_ms += TIMEOUT / 2;
	assert_ptr_equal(judge(&r, 3, 0, OUTCOME_TIMEOUT), near);
	end(&r);
}

static void what_it_learned_is_kept(void **state)
{
	(void)state;
	struct rig r;
	char type[] = "ssh-ed25519";
	uint8_t blob[] = { 1, 2, 3 };
	start(&r, 1, NEAR);
	go(&r);
	struct jump *near = &r.jumps.items[0];
	for (int i = 0; i < 2; i++) {
		const struct host_key key = { type, blob, sizeof blob, false };
		assert_int_equal(jumps_learn_key(near, &key), 0);
		assert_int_equal(jumps_learn_addresses(near, &nowhere, 1), 0);
	}
	memset(type, 'x', sizeof type - 1);
	memset(blob, 0, sizeof blob);
	assert_string_equal(near->learned->type, "ssh-ed25519");
	assert_int_equal(near->learned->blob[2], 3);
	assert_int_equal(near->address_count, 1);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_goes_first),
		cmocka_unit_test(it_may_be_the_first_itself),
		cmocka_unit_test(a_way_has_an_order),
		cmocka_unit_test(what_makes_it_dead),
		cmocka_unit_test(one_with_little_time_is_no_judge),
		cmocka_unit_test(together_they_have_tried_for_long_enough),
		cmocka_unit_test(a_proven_one_has_its_timeout),
		cmocka_unit_test(what_it_learned_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
