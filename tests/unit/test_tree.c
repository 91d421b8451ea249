/* What gathers leave of folders, and how a reader walks through it. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/bytes/tree.h"
#include "remote/collect.h"
#include "remote/sources.h"

static struct span text(const char *s)
{
	return (struct span){ s, strlen(s) };
}

/* ---- reading ---------------------------------------------------------------------------- */

static const char TREE[] =
	"no tab\nh0/name\tcpu\nh0/temp1_input\t-5000\nh0/temp1_input\t1\n"
	"\nh1/device/model\ta\tb\nh1/empty\t\nh1/n\t18446744073709551615\nplain\t1";

static void entries_and_files(void **state)
{
	(void)state;
	struct span rest = text(TREE), entry, lines, value;
	int64_t i64;
	uint64_t u64;
	assert_true(tree_entry(&rest, &entry, &lines));
	assert_true(span_is(entry, "h0"));
	assert_true(tree_i64(lines, entry, "temp1_input", &i64) && i64 == -5000);
	assert_false(tree_u64(lines, entry, "temp1_input", &u64));
	assert_false(tree_find(lines, text("h1"), "empty", &value));
	assert_true(tree_entry(&rest, &entry, &lines));
	assert_true(span_is(entry, "h1"));
	assert_true(tree_find(lines, entry, "device/model", &value) && span_is(value, "a\tb"));
	assert_true(tree_find(lines, entry, "empty", &value) && value.len == 0);
	assert_true(tree_u64(lines, entry, "n", &u64) && u64 == UINT64_MAX);
	assert_false(tree_i64(lines, entry, "n", &i64));
	assert_true(tree_entry(&rest, &entry, &lines));
	assert_true(entry.len == 0 && tree_u64(lines, entry, "plain", &u64) && u64 == 1);
	assert_false(tree_entry(&rest, &entry, &lines));
}

static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof TREE; len++) {
		char *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy + 1, TREE, len);
		struct span rest = { copy + 1, len }, entry, lines, value;
		while (tree_entry(&rest, &entry, &lines)) {
			assert_true(lines.at > copy && lines.at + lines.len <= copy + 1 + len);
			(void)tree_find(lines, entry, "name", &value);
		}
		free(copy);
	}
}

/* ---- numbers ---------------------------------------------------------------------------- */

static const struct {
	const char *text;
	unsigned decimals;
	bool ok;
	int64_t value;
} decimals[] = {
	{ "1.5", 3, true, 1500 },
	{ "-1.23456", 2, true, -123 },
	{ "+7", 0, true, 7 },
	{ "0.000001", 6, true, 1 },
	{ "1.", 2, false, 0 },
	{ ".5", 2, false, 0 },
	{ "1.5e3", 2, false, 0 },
	{ "1.x", 2, false, 0 },
	{ "9223372036854775807", 0, true, INT64_MAX },
	{ "9223372036854775808", 0, false, 0 },
	{ "9223372036854775807", 1, false, 0 },
	{ "111111111111111111111111111111111111111111111", 9, false, 0 },
	{ "--1", 0, false, 0 },
	{ "", 2, false, 0 },
};

static void decimal_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(decimals); i++) {
		int64_t value = 0;
		assert_int_equal(span_decimal(text(decimals[i].text), decimals[i].decimals, &value),
			decimals[i].ok);
		assert_int_equal(value, decimals[i].value);
	}
}

static void natural_order(void **state)
{
	(void)state;
	static const char *const order[] = { "a", "a1", "a01", "a2", "a2b", "a10", "a10b2",
		"a10b10", "ab", "b" };
	for (size_t i = 0; i + 1 < ARRAY_LEN(order); i++) {
		assert_true(names_compare(text(order[i]), text(order[i + 1])) <= 0);
		assert_true(names_compare(text(order[i + 1]), text(order[i])) >= 0);
	}
	assert_true(names_compare(text("a2"), text("a10")) < 0);
	assert_int_equal(names_compare(text("a2"), text("a2")), 0);
}

/* ---- gathering -------------------------------------------------------------------------- */

#define TEN  "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static char root[] = "/tmp/fleet-tree-XXXXXX";
static struct collect collect;
static const struct folders none;

static void make(const char *path, const char *content)
{
	char full[PATH_MAX];
	(void)snprintf(full, sizeof full, "%s/%s", root, path);
	for (char *at = full + sizeof root; (at = strchr(at, '/')); at++) {
		*at = 0;
		(void)mkdir(full, 0700);
		*at = '/';
	}
	int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	(void)close(fd);
}

static void make_link(const char *path, const char *target)
{
	char full[PATH_MAX];
	(void)snprintf(full, sizeof full, "%s/%s", root, path);
	assert_int_equal(symlink(target, full), 0);
}

static int make_root(void **state)
{
	static struct arena arena;
	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(arena_init(&arena, 4 << 20), 0);
	assert_int_equal(collect_init(&collect, &arena, root, "", &none), 0);
	make("sys/devices/ten/name", "tenth\nsecond line\n");
	make("sys/class/h/h2/name", "two  ");
	make("sys/class/h/h2/blank", "  \n");
	make("sys/class/h/h2/temp10_input", "10\n");
	make("sys/class/h/h2/temp9_input", "9\n");
	make("sys/class/h/h2/temp9_inputs", "x\n");
	make("sys/class/h/h2/row1/count", "c1\n");
	make("sys/class/h/h2/row2/other", "c2\n");
	make("sys/class/h/h2/empty", "");
	make("sys/class/i/i1/fits", LONG "\n");
	make("sys/class/i/i1/long", LONG LONG LONG LONG "\n");
	make("sys/class/h/h2/folder/x", "");
	make("sys/class/h/file", "no entry\n");
	make("net/a", "1\n2");
	make("net/b", "");
	make("net/e", "long 1\nlong 2\n");
	make("net/c/d", "x y\n");
	make("proc/diskstats", "   8       0 sda 1 2\n   7       0 loop0 1\n 252       0 dm-0 2\n"
			       " 252       1 dm-1 3\n 104       0 cciss/c0d0 4");
	make("run/udev/data/b8:0", "S:disk/by-id/x\nE:ID_MODEL=A B=C\nE:ID_OTHER=x\nE:ID_PATH=" LONG
				   "\nE:ID_SERIAL=\nE:=\nE\nID_WWN=y\n"
				   "E:ID_WWN=z");
	make("run/udev/data/b252:1", "E:DM_NAME=udev\n");
	make("sys/block/sda/queue/rotational", "1\n");
	make("sys/block/dm-0/dm/name", "system-root\n");
	make("sys/block/dm-0/dm/uuid", "LVM-x\n");
	make("sys/block/dm-1/dm/name", "kernel\n");
	make("sys/block/cciss!c0d0/queue/rotational", "1\n");
	make_link("sys/class/h/h10", "../../devices/ten");
	make_link("sys/class/h/h11", "nowhere");
	make_link("sys/class/h/h2/driver", "../../bus/drivers/coretemp");
	make_link("sys/class/h/h2/device", "../h10/device");
	make_link("sys/devices/ten/device", "../ten");
	return 0;
}

static int remove_root(void **state)
{
	char command[128];
	(void)state;
	(void)snprintf(command, sizeof command, "rm -rf %s", root);
	return system(command);
}

static const char *run(gather *how, const char *path, const char *files, size_t size)
{
	static char out[4096];
	struct source s = { .path = path, .files = files };
	collect.cut = 0;
	ssize_t len = how(&collect, &s, out, size);
	if (len < 0)
		return NULL;
	out[len] = 0;
	return out;
}

static void a_tree(void **state)
{
	(void)state;
	assert_string_equal(run(gather_tree, "sys/class/h",
				    "name temp*_input missing empty blank folder @driver "
				    "@@driver @device @name row*/count folder/x *me",
				    4000),
		"h2/name\ttwo\nh2/temp9_input\t9\nh2/temp10_input\t10\nh2/empty\t\nh2/blank\t\nh2/"
		"@driver\tcoretemp\n"
		"h2/@device\tdevice\nh2/row1/count\tc1\nh2/folder/x\t\nh2/name\ttwo\n"
		"h10/name\ttenth\nh10/@device\tten\nh10/name\ttenth\n");
	assert_int_equal(collect.cut, 0);
	assert_string_equal(run(gather_tree, "sys/class/h", "name", 20), "h2/name\ttwo\n");
	assert_int_equal(collect.cut, 1);
	assert_null(run(gather_tree, "sys/class/none", "name", 4000));
}

static bool is_no_a(struct span name)
{
	return *name.at != 'a';
}

/* ".", "..", and one that holds a control character are none. */
static void names_in_order_as_far_as_they_fit(void **state)
{
	char path[PATH_MAX], data[64], all[64] = "";
	struct span items[8];
	(void)state;
	(void)snprintf(path, sizeof path, "%s/names", root);
	make("names/b10", "");
	make("names/b9", "");
	make("names/\001", "");
	make("names/a", "");
	for (size_t max = 0; max <= ARRAY_LEN(items); max++)
		for (size_t size = 0; size < sizeof data; size++) {
			struct names names = { data, items, size, max, 0 };
			int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			assert_true(fd >= 0);
			size_t cut = names_list(&names, fd, is_no_a);
			assert_int_equal(names.count + cut, 2);
			assert_int_equal(cut == 0, max >= 2 && size >= 5);
			assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
			cut = names_list(&names, fd, NULL);
			assert_int_equal(names.count + cut, 3);
			assert_int_equal(cut == 0, max >= 3 && size >= 6);
			(void)close(fd);
			assert_true(names.count <= max);
			for (size_t i = 1; i < names.count; i++)
				assert_true(names_compare(items[i - 1], items[i]) < 0);
			if (names.count == 3)
				(void)snprintf(all, sizeof all, "%.*s %.*s %.*s", (int)items[0].len,
					items[0].at, (int)items[1].len, items[1].at,
					(int)items[2].len, items[2].at);
		}
	assert_string_equal(all, "a b9 b10");
}

/* Half a list would be counted as a whole one. */
static void no_half_values(void **state)
{
	(void)state;
	assert_string_equal(run(gather_tree, "sys/class/i", "fits", 4000), "i1/fits\t" LONG "\n");
	assert_int_equal(collect.cut, 0);
	assert_string_equal(run(gather_tree, "sys/class/i", "long", 4000), "");
	assert_int_equal(collect.cut, 1);
}

static void where_a_link_leads(void **state)
{
	char expected[512], path[128];
	(void)state;
	assert_non_null(realpath(root, path));
	(void)snprintf(expected, sizeof expected,
		"h2/@@device\t%s/sys/devices/ten\nh10/@@device\t%s/sys/devices/ten\n", path, path);
	assert_string_equal(run(gather_tree, "sys/class/h", "@@device @@name/x", 4000), expected);
}

static void entries_of_a_pattern(void **state)
{
	(void)state;
	assert_string_equal(run(gather_tree, "sys/class/h/h1*", "name", 4000), "h10/name\ttenth\n");
	assert_string_equal(run(gather_tree, "sys/class/h/*2", "name", 4000), "h2/name\ttwo\n");
	assert_string_equal(run(gather_tree, "sys/class/h/x*", "name", 4000), "");
	assert_null(run(gather_tree, "sys/class/none/h*", "name", 4000));
}

static void lines(void **state)
{
	(void)state;
	assert_string_equal(
		run(gather_lines, "net", "a b missing c/d c", 4000), "a\t1\na\t2\nc/d\tx y\n");
	assert_int_equal(collect.cut, 0);
	for (size_t size = 0; size < 20; size++) {
		const char *out = run(gather_lines, "net", "a b c/d", size);
		assert_non_null(out);
		assert_true(collect.cut || strcmp(out, "a\t1\na\t2\nc/d\tx y\n") == 0);
		assert_int_equal(strncmp(out, "a\t1\na\t2\nc/d\tx y\n", strlen(out)), 0);
	}
	assert_string_equal(run(gather_lines, "net", "b e", 12), "e\tlong 1\n");
	assert_int_equal(collect.cut, 1);
	assert_null(run(gather_lines, "none", "a", 4000));
}

static void the_first(void **state)
{
	(void)state;
	assert_string_equal(
		run(gather_first, "", "net/none net/e net/a", 4000), "long 1\nlong 2\n");
	assert_int_equal(collect.cut, 0);
	assert_string_equal(run(gather_first, "", "net/e", 12), "long 1\n");
	assert_int_equal(collect.cut, 1);
	assert_null(run(gather_first, "", "net/none", 4000));
}

static const char DISKS[] =
	"   8       0 sda 1 2\nrotational\t1\nID_MODEL\tA B=C\nID_PATH\t" LONG "\nID_WWN\tz\n"
	" 252       0 dm-0 2\nDM_NAME\tsystem-root\nDM_UUID\tLVM-x\n"
	" 252       1 dm-1 3\nDM_NAME\tudev\n"
	" 104       0 cciss/c0d0 4\nrotational\t1\n";

static void disks(void **state)
{
	const char *keys = "DM_NAME DM_UUID ID_MODEL ID_PATH ID_SERIAL ID_WWN";
	(void)state;
	assert_string_equal(run(gather_disks, "proc/diskstats", keys, 4000), DISKS);
	assert_int_equal(collect.cut, 0);
	for (size_t size = 0; size < 4 * sizeof DISKS; size++) {
		const char *out = run(gather_disks, "proc/diskstats", keys, size);
		assert_true(out && strlen(out) <= size);
		assert_true(collect.cut || strcmp(out, DISKS) == 0);
	}
	assert_int_equal(collect.cut, 0);
	assert_null(run(gather_disks, "proc/none", keys, 4000));
}

static void a_file(void **state)
{
	(void)state;
	assert_string_equal(run(gather_file, "net/a", "", 4000), "1\n2");
	assert_int_equal(collect.cut, 0);
	assert_string_equal(run(gather_file, "net/a", "", 3), "1\n");
	assert_int_equal(collect.cut, 1);
	assert_null(run(gather_file, "net", "", 4000));
	assert_null(run(gather_file, "net/none", "", 4000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_and_files),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(decimal_numbers),
		cmocka_unit_test(natural_order),
		cmocka_unit_test(a_tree),
		cmocka_unit_test(names_in_order_as_far_as_they_fit),
		cmocka_unit_test(where_a_link_leads),
		cmocka_unit_test(entries_of_a_pattern),
		cmocka_unit_test(no_half_values),
		cmocka_unit_test(lines),
		cmocka_unit_test(the_first),
		cmocka_unit_test(disks),
		cmocka_unit_test(a_file),
	};
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
