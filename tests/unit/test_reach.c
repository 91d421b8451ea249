/* Who is down because of whom. */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/alerts/reach.h"

/*
 *	core -+- sw1 -- a, b, c, j2
 *	      +- sw2 -- hv -- g1, g2       gate (a jump host) -- j1, j2       x, y
 */
enum { A, B, C, HV, G1, G2, J1, J2, X, Y, CLIENTS };

static const struct node nodes[] = {
	{ .name = "core" },
	{ .name = "sw1", .parent = { .node = &nodes[0] } },
	{ .name = "sw2", .parent = { .node = &nodes[0] } },
};
static const struct client jumps[] = { { .name = "gate" } };
static const struct client clients[CLIENTS] = {
	[A] = { .name = "a", .parent = { .node = &nodes[1] } },
	[B] = { .name = "b", .parent = { .node = &nodes[1] } },
	[C] = { .name = "c", .parent = { .node = &nodes[1] } },
	[HV] = { .name = "hv", .parent = { .node = &nodes[2] } },
	[G1] = { .name = "g1", .parent = { .client = &clients[HV] } },
	[G2] = { .name = "g2", .parent = { .client = &clients[HV] } },
	[J1] = { .name = "j1", .jump = &jumps[0] },
	[J2] = { .name = "j2", .jump = &jumps[0], .parent = { .node = &nodes[1] } },
	[X] = { .name = "x" },
	[Y] = { .name = "y" },
};
static const struct config config = { .clients = clients,
	.client_count = CLIENTS,
	.jumps = jumps,
	.jump_count = 1,
	.nodes = nodes,
	.node_count = 3 };

/* What is known of every client, in the order above: - good, d doubted, l lost, T lost and told;
 * then of the way through the gate. Expected: under what each is told (c core, 1 sw1, 2 sw2, h hv,
 * g gate; - nothing), and whether the collector looks isolated. */
static const struct {
	const char *name, *known, *causes;
	bool isolated;
} rows[] = {
	{ "all is well", "----------/-", "----------", false },
	{ "a switch", "lll----l--/-", "111----1--", false },
	{ "a switch that died in the middle of a cycle", "ldd----d--/-", "111----1--", false },
	{ "nothing is beyond doubt", "ddd----d--/-", "----------", false },
	{ "all but one", "lll-------/-", "----------", false },
	{ "a client with others behind it", "---ldl----/-", "----hh----", false },
	{ "one that is only doubted", "---dll----/-", "----hh----", false },
	{ "one behind a client", "----l-----/-", "----------", false },
	{ "a jump host says nothing of the switch", "lll---ll--/l", "111---gg--", false },
	{ "nor is it down with its clients", "------ll--/-", "----------", false },
	{ "the core", "llllll-l--/-", "111chh-1--", false },
	{ "told before", "TTT----T--/-", "111----1--", false },
	{ "everything", "llllllllll/l", "111chhgg--", true },
	{ "the half of it, by three faults", "l---l-l-ll/-", "----------", true },
	{ "less than half of it", "l---l-l--l/-", "----------", false },
	{ "most of what people do not know of", "T---TTTl-l/-", "----------", false },
	{ "three of those", "T---TTTlll/-", "----------", true },
	{ "nothing of that is beyond doubt", "d---d-d-dd/-", "----------", false },
	{ "one of that is", "d---d-d-dl/-", "----------", true },
};

static char cause_name(const struct reach *r, size_t client)
{
	size_t cause = r->places[client].cause;
	if (cause == REACH_NONE)
		return '-';
	const char *name = r->places[cause].name;
	return name[0] == 's' ? name[2] : name[0];
}

static void set(struct reach_place *p, char known)
{
	p->own = known == 'd' ? CONTACT_DOUBTED : known == '-' ? CONTACT_GOOD : CONTACT_LOST;
	p->is_known = known == 'T';
}

static void every_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct reach r;
		char causes[CLIENTS + 1] = "";
		assert_int_equal(reach_init(&r, &config), 0);
		for (size_t k = 0; k < CLIENTS; k++)
			set(&r.places[k], rows[i].known[k]);
		if (rows[i].known[CLIENTS + 1] == 'l')
			r.places[CLIENTS].passage = CONTACT_LOST;
		reach_judge(&r);
		for (size_t k = 0; k < CLIENTS; k++)
			causes[k] = cause_name(&r, k);
		if (strcmp(causes, rows[i].causes) != 0 || r.is_isolated != rows[i].isolated)
			fail_msg("%s: '%s', %d", rows[i].name, causes, r.is_isolated);
		reach_finish(&r);
	}
}

static void who_is_behind(void **state)
{
	(void)state;
	struct reach r;
	assert_int_equal(reach_init(&r, &config), 0);
	size_t core = reach_find(&r, REACH_NODE, "core"), hv = reach_find(&r, REACH_CLIENT, "hv");
	assert_true(reach_is_behind(&r, A, core));
	assert_true(reach_is_behind(&r, G2, core));
	assert_true(reach_is_behind(&r, G2, hv));
	assert_false(reach_is_behind(&r, HV, hv));
	assert_false(reach_is_behind(&r, X, core));
	assert_true(reach_is_behind(&r, J1, reach_find(&r, REACH_JUMP, "gate")));
	assert_int_equal(reach_find(&r, REACH_JUMP, "a"), REACH_NONE);
	reach_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault),
		cmocka_unit_test(who_is_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
