#include "tests/unit/derive_rig.h"

#include <math.h>
#include <string.h>

#include "lib/crypto/seal.h"

static const struct choice_word custom[] = { { "custom", true } };
static const struct choice_word raw[] = { { "node_*", true } };

/* The same names twice. */
static const struct pair_row rows[] = {
	{ "", "room_celsius -3.5\n", "room_celsius", "", -3.5 },
	{ "", "# TYPE room_celsius gauge\nroom_celsius{sensor=\"attic\"} 31\n", "room_celsius",
		"attic", 31 },
	{ "", "room_celsius{z=\"north\",a=\"attic\"} 31\n", "room_celsius", "attic/north", 31 },
	{ "", "room_celsius{a=\"\",b=\"\"} 31\n", "room_celsius", "", 31 },
	{ "", "room_celsius{a=\"x\\ny\"} 31\n", "room_celsius", "x\\x0ay", 31 },
	{ "", "room_celsius 1\nroom_celsius 2\n", "room_celsius", "", 2 },
	/* counters: by their type, or by their name */
	{ "# TYPE jobs_total counter\njobs_total 5\n", "# TYPE jobs_total counter\njobs_total 25\n",
		"jobs_per_second", "", 2 },
	{ "# TYPE jobs counter\njobs 5\n", "# TYPE jobs counter\njobs 25\n", "jobs_per_second", "",
		2 },
	{ "jobs_total 5\n", "jobs_total 25\n", "jobs_per_second", "", 2 },
	{ "# TYPE jobs_total gauge\njobs_total 5\n", "# TYPE jobs_total gauge\njobs_total 25\n",
		"jobs_total", "", 25 },
	{ "jobs_total 25\n", "jobs_total 5\n", "jobs_per_second", "", NAN },
	{ "", "jobs_total 5\n", "jobs_per_second", "", NAN },
	{ "jobs_total{q=\"a\"} 1\n", "jobs_total{q=\"a\"} 1\n", "jobs_per_second", "a", 0 },
	/* what is neither */
	{ "", "# TYPE took histogram\ntook_sum 3\n", "took_sum", "", NAN },
	{ "", "# TYPE took summary\ntook{quantile=\"0.5\"} 3\n", "took", "0.5", NAN },
	{ "", "# TYPE took histogram\ntook_sum 3\ntaken 4\n", "taken", "", 4 },
	{ "", "# TYPE x\nx 3\n", "x", "", 3 },
	/* what the catalogue has stays the catalogue's, and what the probe says stays raw */
	{ "", "load1 3\n", "load1", "", NAN },
	{ "", "cpu_used_ratio 0.5\n", "cpu_used_ratio", "", NAN },
	{ "", "node_load1 3\n", "node_load1", "", NAN },
	{ "", "node_load1 3\n", "load1", "", 3 },
};

static void names_of_others_are_stored_when_chosen(void **state)
{
	(void)state;
	struct metric_choice choice;
	choice_init(&choice, custom, ARRAY_LEN(custom));
	assert_pairs(rows, ARRAY_LEN(rows), &choice);
}

static void unchosen_nothing_of_them_is(void **state)
{
	(void)state;
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, "room_celsius 31\n");
	assert_reading(&c, "room_celsius", "", NAN);
	assert_reading(&c, "readings_left_out", "", 0);
	forget(&c);
}

static void what_the_probe_says_is_stored_raw_when_named(void **state)
{
	(void)state;
	struct metric_choice choice;
	choice_init(&choice, raw, ARRAY_LEN(raw));
	struct client c = { .choice = &choice };
	static const char before[] = "node_load1 3\nnode_cpu_seconds_total{cpu=\"0\",mode=\"user\"}"
				     " 10\nroom_celsius 31\n";
	static const char after[] = "node_load1 3\nnode_cpu_seconds_total{cpu=\"0\",mode=\"user\"}"
				    " 15\nroom_celsius 31\n";
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, before);
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, after);
	assert_reading(&c, "node_load1", "", 3);
	assert_reading(&c, "node_cpu_seconds_per_second", "0/user", 0.5);
	assert_reading(&c, "room_celsius", "", NAN);
	forget(&c);
}

/* The names must outlive the text and the choice. */
static void names_are_the_readings_own(void **state)
{
	(void)state;
	struct client c = { 0 };
	{
		struct metric_choice choice;
		struct choice_word words[] = { { "custom", true } };
		choice_init(&choice, words, 1);
		c.choice = &choice;
		report(&c, &(struct moment){ BOOT_A, 1, 0 },
			"a_x{i=\"1\"} 1\na_x{i=\"2\"} 2\nb_x{i=\"1\"} 3\n");
		memset(&choice, 0xff, sizeof choice);
	}
	assert_reading(&c, "a_x", "1", 1);
	assert_reading(&c, "a_x", "2", 2);
	assert_reading(&c, "b_x", "1", 3);
	assert_ptr_equal(c.readings.items[0].metric, c.readings.items[1].metric);
	forget(&c);
}

static size_t count_customs(const struct client *c)
{
	size_t count = 0;
	for (size_t i = 0; i < c->readings.count; i++)
		count += !metric_find(c->readings.items[i].metric);
	return count;
}

static void of_them_too_what_one_host_claims_is_capped(void **state)
{
	(void)state;
	struct metric_choice choice;
	choice_init(&choice, custom, ARRAY_LEN(custom));
	struct client c = { .choice = &choice };
	struct buffer text = { 0 };
	for (int i = 0; i < DERIVE_CUSTOM_MAX + 5; i++)
		assert_int_equal(buffer_printf(&text, "name_%d 1\n", i), 0);
	report(&c, &(struct moment){ BOOT_A, 1, 0 }, text.data);
	assert_int_equal(count_customs(&c), DERIVE_CUSTOM_MAX);
	assert_reading(&c, "readings_left_out", "", 5);
	buffer_clear(&text);
	for (int i = 0; i < DERIVE_CUSTOM_MAX + 5; i++)
		assert_int_equal(buffer_printf(&text, "name_%d{i=\"%d\"} 1\n", i % 5, i), 0);
	report(&c, &(struct moment){ BOOT_A, 2, 0 }, text.data);
	assert_int_equal(count_customs(&c), DERIVE_CUSTOM_MAX);
	assert_reading(&c, "readings_left_out", "", 5);
	buffer_clear(&text);
	for (int i = 0; i < DERIVE_INSTANCES_MAX + 7; i++)
		assert_int_equal(buffer_printf(&text, "name{i=\"%d\"} 1\n", i), 0);
	report(&c, &(struct moment){ BOOT_A, 3, 0 }, text.data);
	assert_int_equal(count_customs(&c), DERIVE_INSTANCES_MAX);
	assert_reading(&c, "readings_left_out", "", 7);
	forget(&c);
	buffer_finish(&text);
}

static void long_names_are_not_stored(void **state)
{
	(void)state;
	struct metric_choice choice;
	choice_init(&choice, custom, ARRAY_LEN(custom));
	struct client c = { .choice = &choice };
	struct buffer text = { 0 };
	char name[DERIVE_CUSTOM_NAME_MAX + 2] = "";
	memset(name, 'x', sizeof name - 1);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(buffer_printf(&text, "%s 1\n", name + i), 0);
	report(&c, &(struct moment){ BOOT_A, 1, 0 }, text.data);
	assert_reading(&c, name + 1, "", 1);
	assert_reading(&c, name, "", NAN);
	assert_reading(&c, "readings_left_out", "", 1);
	forget(&c);
	buffer_finish(&text);
}

/* Ten seconds apart; `left_out` is of the second. NAN: nothing. */
static const struct {
	const char *before, *after;
	const char *metric, *instance;
	double value, left_out;
} clashes[] = {
	/* one name, one source */
	{ "# TYPE a counter\na 10\na_total 100\na_per_second 1\n",
		"# TYPE a counter\na 20\na_total 300\na_per_second 2\n", "a_per_second", "", 2, 2 },
	{ "# TYPE a counter\na 10\na_total 100\n", "# TYPE a counter\na 20\na_total 300\n",
		"a_per_second", "", 1, 1 },
	{ "a 10\na_total 100\n", "a 20\na_total 300\n", "a_per_second", "", 20, 0 },
	{ "a_total{i=\"x\"} 1\na_total{i=\"y\"} 1\n",
		"a_per_second 5\na_total{i=\"x\"} 1\na_total{i=\"y\"} 1\n", "a_per_second", "x",
		NAN, 2 },
	/* the catalogue's, by either name */
	{ "", "users 3\n", "users", "", NAN, 1 },
	{ "", "load1{a=\"1\"} 3\nload1{a=\"2\"} 3\n", "load1", "1", NAN, 2 },
	{ "", "network 3\n", "network", "", 3, 0 },
	/* one instance */
	{ "", "room_c{room=\"x\"} 1\nroom_c{zone=\"x\"} 2\n", "room_c", "x", 2, 1 },
	{ "", "room_c{zone=\"x\"} 2\nroom_c{room=\"x\"} 1\n", "room_c", "x", 1, 1 },
	{ "", "c{room=\"a/b\"} 1\nc{room=\"a\",zone=\"b\"} 2\nc 3\n", "c", "a/b", 2, 1 },
};

static void what_has_the_name_of_another_is_left_out_and_counted(void **state)
{
	(void)state;
	struct metric_choice choice;
	choice_init(&choice, custom, ARRAY_LEN(custom));
	for (size_t i = 0; i < ARRAY_LEN(clashes); i++) {
		struct client c = { .choice = &choice };
		report(&c, &(struct moment){ BOOT_A, 10000, 0 }, clashes[i].before);
		report(&c, &(struct moment){ BOOT_A, 20000, 0 }, clashes[i].after);
		assert_reading(&c, clashes[i].metric, clashes[i].instance, clashes[i].value);
		assert_reading(&c, "readings_left_out", "", clashes[i].left_out);
		forget(&c);
	}
}

static void what_alerts_compare_comes_first(void **state)
{
	(void)state;
	static const struct choice_word words[] = { { "custom", CHOICE_STORED },
		{ "z_celsius", CHOICE_NEEDED }, { "y_per_second", CHOICE_NEEDED } };
	struct metric_choice choice;
	choice_init(&choice, words, ARRAY_LEN(words));
	struct client c = { .choice = &choice };
	struct buffer text = { 0 };
	for (int i = 0; i < DERIVE_CUSTOM_MAX; i++)
		assert_int_equal(buffer_printf(&text, "name_%d 1\n", i), 0);
	assert_int_equal(
		buffer_append_text(&text, "y_total 7\nz_celsius{room=\"cellar\"} 99\n"), 0);
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, text.data);
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, text.data);
	assert_reading(&c, "z_celsius", "cellar", 99);
	assert_reading(&c, "y_per_second", "", 0);
	assert_reading(&c, "readings_left_out", "", 2);
	forget(&c);
	buffer_finish(&text);
}

static void names_that_share_a_hash_make_nobody_wait(void **state)
{
	(void)state;
	static const char *const names[] = { "aaf", "aeu", "agc", "ahe", "ajh", "alt", "anw", "arp",
		"awb", "axd", "bak", "bbv", "bee", "bgh", "bhj", "bjm", "bkx", "bly", "bng", "bpr",
		"bru", "bud", "byt", "cej", "cgm", "cho", "cnl", "cpw", "crz", "cui", "cvt", "cyy",
		"deo", "djb", "dln", "dnq", "drj", "dvy", "eae", "ebp" };
	struct metric_choice choice;
	choice_init(&choice, custom, ARRAY_LEN(custom));
	struct client c = { .choice = &choice };
	struct buffer text = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(buffer_printf(&text, "%s 1\n", names[i]), 0);
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, text.data);
	assert_reading(&c, names[31], "", 1);
	assert_reading(&c, names[32], "", NAN);
	assert_reading(&c, "readings_left_out", "", ARRAY_LEN(names) - 32);
	forget(&c);
	buffer_finish(&text);
}

int main(void)
{
	if (seal_init(NULL) < 0)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_others_are_stored_when_chosen),
		cmocka_unit_test(unchosen_nothing_of_them_is),
		cmocka_unit_test(what_the_probe_says_is_stored_raw_when_named),
		cmocka_unit_test(names_are_the_readings_own),
		cmocka_unit_test(of_them_too_what_one_host_claims_is_capped),
		cmocka_unit_test(long_names_are_not_stored),
		cmocka_unit_test(what_has_the_name_of_another_is_left_out_and_counted),
		cmocka_unit_test(what_alerts_compare_comes_first),
		cmocka_unit_test(names_that_share_a_hash_make_nobody_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
