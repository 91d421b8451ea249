#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "lib/metrics/choice.h"

enum { WORDS_MAX = 4 };

/* Whether a name is stored under these words: "+word" of include, "-word" of exclude. */
static const struct {
	const char *words[WORDS_MAX];
	const char *name;
	bool stored;
} rows[] = {
	{ { NULL }, "cpu_used_ratio", true },
	{ { NULL }, "hwmon_fan_rpm", false },
	{ { NULL }, "sensor_temperature_celsius", false },
	{ { "+hwmon_fan_rpm" }, "hwmon_fan_rpm", true },
	{ { "+fan" }, "hwmon_fan_rpm", true },
	{ { "+fan" }, "hwmon_temp_celsius", false },
	{ { "+sensors" }, "hwmon_temp_celsius", true },
	{ { "+sensors" }, "sensors_celsius", false },
	{ { "+hwmon_*" }, "hwmon_temp_celsius", true },
	{ { "+*_celsius" }, "hwmon_temp_celsius", true },
	{ { "-network_*_drop_per_second" }, "network_receive_drop_per_second", false },
	{ { "-network_*_drop_per_second" }, "network_receive_errs_per_second", true },
	{ { "-*" }, "cpu_used_ratio", false },
	{ { "-*", "+cpu" }, "cpu_used_ratio", true },
	{ { "+cpu", "-*" }, "cpu_used_ratio", false },
	{ { "-*", "+memory", "-swap" }, "memory_used_ratio", true },
	{ { "-*", "+memory", "-swap" }, "swap_used_ratio", false },
	{ { "" }, "cpu_used_ratio", true },
	/* a group's name is never a metric's, so disk is block devices and not what df tells */
	{ { "-disk" }, "disk_io_ratio", false },
	{ { "-disk" }, "filesystem_used_ratio", true },
	{ { "-filesystem_used_ratio" }, "filesystem_used_ratio", false },
	/* outside the catalogue */
	{ { "+custom" }, "sensor_temperature_celsius", true },
	{ { "+custom" }, "node_textfile_thing", false },
	{ { "+custom" }, "fleet_thing", false },
	{ { "+*" }, "sensor_temperature_celsius", true },
	{ { "+*" }, "node_textfile_thing", false },
	{ { "+*_thing" }, "node_textfile_thing", false },
	{ { "+node_*" }, "node_textfile_thing", true },
	{ { "+node_*" }, "nodes", false },
	{ { "+fleet_thing" }, "fleet_thing", true },
	{ { "+sensor_*" }, "sensor_temperature_celsius", true },
	{ { "+sensor_*" }, "pressure_pascal", false },
	{ { "+sensor_*", "-*_celsius" }, "sensor_temperature_celsius", false },
	{ { "+sensor_*", "-*_celsius" }, "sensor_humidity_ratio", true },
	{ { "+sensor_temperature_celsius" }, "sensor_temperature_celsius", true },
	{ { "+custom", "-custom" }, "sensor_temperature_celsius", false },
	{ { "-custom" }, "cpu_used_ratio", true },
	{ { "-*", "+sensor_temperature_celsius" }, "sensor_temperature_celsius", true },
};

static bool stores(const struct metric_choice *c, const char *name)
{
	const struct metric *m = metric_find(name);
	return m ? choice_has(c, metric_index(m)) : choice_of_custom(c, name) != CHOICE_LEFT;
}

static void the_last_word_that_meets_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct choice_word words[WORDS_MAX];
		struct metric_choice choice;
		size_t count = 0;
		for (; count < WORDS_MAX && rows[i].words[count]; count++) {
			const char *word = rows[i].words[count];
			words[count] = (struct choice_word){ word + !!*word, *word == '+' };
		}
		choice_init(&choice, words, count);
		if (stores(&choice, rows[i].name) != rows[i].stored)
			fail_msg("row %zu: %s", i, rows[i].name);
		if (!metric_find(rows[i].name) && rows[i].stored)
			assert_true(choice.has_custom);
	}
}

static void what_costs_is_known_beforehand(void **state)
{
	(void)state;
	static const struct choice_word words[] = { { "sensors", true }, { "cpu", true },
		{ "hwmon_fan_rpm", true }, { "sensor_*", false }, { "custom", false } };
	struct metric_choice choice;
	choice_init(&choice, words, ARRAY_LEN(words));
	assert_false(choice.has_custom);
}

static void unchosen_it_is_what_the_catalogue_says(void **state)
{
	(void)state;
	struct metric_choice choice;
	choice_init(&choice, NULL, 0);
	for (size_t i = 0; i < metric_count(); i++)
		assert_int_equal(choice_has(&choice, i), metric_at(i)->is_stored);
}

/* What is said of a word; NULL: nothing, it can be one. */
static const struct {
	const char *word, *says;
} words[] = {
	{ "cpu", NULL },
	{ "sensors", NULL },
	{ "custom", NULL },
	{ "cpu_used_ratio", NULL },
	{ "tcp-retransmits", NULL },
	{ "*", NULL },
	{ "sensor_*", NULL },
	{ "*:rate", NULL },
	{ "sensor_temperature_celsius", NULL },
	{ "sensor", "write sensors" },
	{ "memroy", "write memory" },
	{ "bananas", "such as sensors or sensor_*" },
	{ "backup_bytes_total", "write backup_bytes_per_second" },
	{ "", "neither a metric nor a group" },
	{ "sensor_[ab]", "neither a metric nor a group" },
	{ "sensor_?", "neither a metric nor a group" },
	{ "a b_c", "neither a metric nor a group" },
};

static void words_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct error err = { "" };
		int result = choice_check(words[i].word, &err);
		assert_int_equal(result, words[i].says ? -1 : 0);
		if (words[i].says && !strstr(err.text, words[i].says))
			fail_msg("%s: %s", words[i].word, err.text);
	}
	char word[200] = "";
	memset(word, 'a', sizeof word - 1);
	word[3] = '_';
	assert_int_equal(choice_check(word, &(struct error){ "" }), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_word_that_meets_decides),
		cmocka_unit_test(what_costs_is_known_beforehand),
		cmocka_unit_test(unchosen_it_is_what_the_catalogue_says),
		cmocka_unit_test(words_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
