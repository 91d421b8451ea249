/* What is stored of metrics that are not in the catalogue, and a client's report as a whole. */
#include "tests/contract/rig.h"

enum { MANY = 1100 };

static const int64_t day = 24 * 3600 * 1000;

static struct rig *rig(void **state)
{
	return *state;
}

static void their_unit_is_told_by_their_name(void **state)
{
	static const struct reading readings[] = {
		{ "room_celsius", "attic", 31.5 },
		{ "room_humidity_ratio", "attic", 0.5 },
		{ "dump_bytes", "", 7.5 },
		{ "jobs_per_second", "", 1.5 },
		{ "sent_bytes_per_second", "", 1.5 },
		{ "bytes", "", 1.5 },
		{ "cpu_used_ratio", "", 0.5 },
	};
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", readings, ARRAY_LEN(readings));
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r, "SELECT metric, instance, value, unit FROM latest ORDER BY metric",
		"bytes||1.5|\ncpu_used_ratio||0.5|ratio\ndump_bytes||7.5|bytes\n"
		"jobs_per_second||1.5|per_second\nroom_celsius|attic|31.5|celsius\n"
		"room_humidity_ratio|attic|0.5|ratio\n"
		"sent_bytes_per_second||1.5|bytes_per_second\n");
}

static char names[MANY][20];

static struct sample of_many(int64_t n)
{
	static struct reading readings[MANY];
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "custom_%d", i);
		readings[i] = (struct reading){ names[i], "", i };
	}
	return good_sample(n, "web1", readings, MANY);
}

static void retain(struct rig *r)
{
	uint32_t deleted;
	rig_execute(r, "UPDATE sample SET processed_at = taken_at");
	assert_done(r, storage_retain(r->s, noon - 5 * day, 100, &deleted, &r->err));
	assert_done(r, storage_retain(r->s, noon - 5 * day, 100, &deleted, &r->err));
}

static void names_of_which_nothing_is_left_go(void **state)
{
	static const struct reading kept = { "kept", "", 1 };
	struct rig *r = rig(state);
	struct sample old = of_many(-20 * day), new = good_sample(0, "web2", &kept, 1);
	assert_int_equal(put(r, &old), PUT_NEW);
	assert_int_equal(put(r, &new), PUT_NEW);
	retain(r);
	assert_select(r, "SELECT count(*) < 200 FROM metric", "1\n");
	assert_select(r, "SELECT name FROM metric WHERE name = 'kept'", "kept\n");
	struct sample again = of_many(1); /* what is cached of them is gone, too */
	assert_int_equal(put(r, &again), PUT_NEW);
	assert_select(r, "SELECT count(*) FROM latest WHERE client = 'web1'", "1100\n");
}

/* Another collector had seen the name before it went. */
static void a_name_that_went_meanwhile_is_made_again(void **state)
{
	static const struct reading other = { "custom_5", "new", 1 };
	struct rig *r = rig(state);
	struct sample old = of_many(-20 * day);
	assert_int_equal(put(r, &old), PUT_NEW);
	struct storage *second = rig_open(r);
	struct sample s = good_sample(-19 * day, "web2", &other, 1);
	enum put_result result;
	assert_done(r, storage_put_samples(second, &s, 1, &result, &r->err));
	rig_execute(r, "DELETE FROM series");
	rig_execute(r, "DELETE FROM metric");
	static const struct reading newer = { "custom_5", "newer", 2.5 };
	s = good_sample(1, "web2", &newer, 1);
	assert_done(r, storage_put_samples(second, &s, 1, &result, &r->err));
	assert_int_equal(result, PUT_NEW);
	assert_select(r, "SELECT metric, instance, value FROM latest", "custom_5|newer|2.5\n");
	storage_close(second);
}

/* ---- more series than a client may have -------------------------------------------------- */

enum { SERIES = 10000, CUSTOM = 8000 };

/* All of one metric; `extra` and readings_left_out come behind them. */
static struct sample full_sample(
	int64_t n, const char *metric, int count, const struct reading *extra)
{
	static struct reading readings[SERIES + 2];
	static char instances[SERIES][16];
	for (int i = 0; i < count; i++) {
		(void)snprintf(instances[i], sizeof instances[i], "%d", i);
		readings[i] = (struct reading){ metric, instances[i], i };
	}
	if (extra)
		readings[count++] = *extra;
	readings[count++] = (struct reading){ "readings_left_out", "", 3.5 };
	return good_sample(n, "web1", readings, (size_t)count);
}

#define SELECT_LATEST_OF(metric) "SELECT value FROM latest WHERE metric = '" metric "'"

static void what_is_refused_is_counted(void **state)
{
	static const struct reading one_more = { "one_more", "", 1 };
	struct rig *r = rig(state);
	struct sample s = full_sample(0, "custom", CUSTOM - 1, NULL);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_int_equal(storage_refused(r->s), 0);
	s = full_sample(1, "custom", CUSTOM, &one_more);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_int_equal(storage_refused(r->s), 2);
	assert_select(r, "SELECT name FROM metric ORDER BY name", "custom\nreadings_left_out\n");
	assert_select(r, SELECT_LATEST_OF("readings_left_out"), "5.5\n");
	assert_int_equal(put(r, &s), PUT_REPLAY);
	assert_int_equal(storage_refused(r->s), 0);
}

static void for_the_catalogue_there_is_room_when_names_fill_theirs(void **state)
{
	static const struct reading process = { "process_running", "nginx", 0.5 };
	struct rig *r = rig(state);
	struct sample s = full_sample(0, "custom", CUSTOM, &process);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_int_equal(storage_refused(r->s), 0);
	assert_select(r, SELECT_LATEST_OF("process_running"), "0.5\n");
}

static void the_series_unseen_for_longest_makes_room(void **state)
{
	static const struct reading disk = { "filesystem_used_ratio", "/srv/new", 0.5 };
	struct rig *r = rig(state);
	struct sample s = full_sample(0, "network_receive_bytes_per_second", SERIES - 1, NULL);
	assert_int_equal(put(r, &s), PUT_NEW);
	s = full_sample(day, "network_receive_bytes_per_second", SERIES - 2, &disk);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_int_equal(storage_refused(r->s), 1); /* yesterday's may come again */
	s = full_sample(2 * day, "network_receive_bytes_per_second", 1, &disk);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_int_equal(storage_refused(r->s), 0);
	assert_select(r, SELECT_LATEST_OF("filesystem_used_ratio"), "0.5\n");
	assert_select(r, "SELECT count(*) FROM series", "10000\n");
	assert_select(r, "SELECT count(*) FROM series WHERE instance = '9998'", "0\n");
	rig_reopen(r);
	s = full_sample(2 * day + 1, "network_receive_bytes_per_second", 1, &disk);
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r, "SELECT count(*) FROM series", "10000\n");
}

static void a_report_reads_back_whole(void **state)
{
	static const char text[] = "the header\nnode_load1 0.5\n# EOF\n";
	struct rig *r = rig(state);
	struct buffer out = { 0 };
	int64_t at = 7;
	assert_done(r, storage_get_report(r->s, "web1", &out, &at, &r->err));
	assert_int_equal(at, 0);
	struct sample s = good_sample(0, "web1", NULL, 0);
	s.counters = "counters";
	s.counters_len = 8;
	assert_int_equal(put(r, &s), PUT_NEW); /* a row, but no text in it */
	assert_done(r, storage_get_report(r->s, "web1", &out, &at, &r->err));
	assert_int_equal(at, 0);
	assert_int_equal(out.len, 0);
	s = good_sample(1, "web1", NULL, 0);
	s.text = text;
	s.text_len = sizeof text - 1;
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_int_equal(buffer_append_text(&out, "before "), 0);
	assert_done(r, storage_get_report(r->s, "web1", &out, &at, &r->err));
	assert_int_equal(at, noon + 1);
	assert_string_equal(out.data, "before the header\nnode_load1 0.5\n# EOF\n");
	rig_execute(r, "UPDATE report SET text_size = text_size - 1");
	assert_int_equal(storage_get_report(r->s, "web1", &out, &at, &r->err), -1);
	assert_non_null(strstr(r->err.text, "web1: its report is damaged"));
	rig_execute(r, "UPDATE report SET text_size = 2000000000");
	assert_int_equal(storage_get_report(r->s, "web1", &out, &at, &r->err), -1);
	buffer_finish(&out);
}

const struct CMUnitTest custom_tests[] = {
	RIG_TEST(their_unit_is_told_by_their_name),
	RIG_TEST(names_of_which_nothing_is_left_go),
	RIG_TEST(a_name_that_went_meanwhile_is_made_again),
	RIG_TEST(what_is_refused_is_counted),
	RIG_TEST(for_the_catalogue_there_is_room_when_names_fill_theirs),
	RIG_TEST(the_series_unseen_for_longest_makes_room),
	RIG_TEST(a_report_reads_back_whole),
};
const size_t custom_test_count = ARRAY_LEN(custom_tests);
