/* Where a process stands among the control groups, and what their limits are. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "remote/bytes/cgroup.h"

/* A copy of exactly these bytes, so that a read beyond them is seen. */
static struct span copy(const char *s, size_t len)
{
	char *data = malloc(len + 1);
	assert_non_null(data);
	memcpy(data + 1, s, len);
	return (struct span){ data + 1, len };
}

static void release(struct span s)
{
	free((char *)s.at - 1);
}

static void the_path_is_that_of_the_unified_hierarchy(void **state)
{
	(void)state;
	static const struct {
		const char *file, *path; /* NULL: there is none */
	} rows[] = {
		{ "0::/user.slice/user-0.slice/session-2.scope\n",
			"/user.slice/user-0.slice/session-2.scope" },
		{ "12:pids:/a\n1:name=systemd:/b\n0::/c", "/c" },
		{ "0::/\n", "/" },
		{ "0::/../../system.slice\n", "/" },
		{ "0::/a..b/..c\n", "/a..b/..c" },
		{ "0::/deleted (deleted)\n", "/deleted (deleted)" },
		{ "0::\n", NULL },
		{ "0::a\n", NULL },
		{ "10::/a\n1:memory:/b\n", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span file = copy(rows[i].file, strlen(rows[i].file)), path;
		assert_int_equal(cgroup_path(file, &path), rows[i].path != NULL);
		if (rows[i].path)
			assert_true(span_is(path, rows[i].path));
		release(file);
	}
}

static void groups_come_from_the_outermost(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		size_t lengths[4]; /* after the 0 that is begun with; 0: no more */
	} rows[] = {
		{ "/", { 0 } },
		{ "/a", { 2 } },
		{ "/a/bc/d", { 2, 5, 7 } },
		{ "/a/", { 2 } },
		{ "//", { 1 } },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span path = copy(rows[i].path, strlen(rows[i].path));
		size_t len = 0, k = 0;
		while (cgroup_next(path, &len))
			assert_int_equal(len, rows[i].lengths[k++]);
		assert_int_equal(rows[i].lengths[k], 0);
		release(path);
	}
}

static void what_is_not_understood_limits_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *file;
		uint64_t limit;
	} rows[] = {
		{ "536870912\n", 536870912 },
		{ "0\n", 0 },
		{ "max\n", UINT64_MAX },
		{ "50000 100000\n", 500000 },
		{ "max 100000\n", UINT64_MAX },
		{ "1 3", 333333 },
		{ "1 0\n", UINT64_MAX },
		{ "1 x\n", UINT64_MAX },
		{ "99999999999999999999\n", UINT64_MAX },
		{ "18446744073709551615 1\n", UINT64_MAX },
		{ "-1\n", UINT64_MAX },
		{ "\n5\n", UINT64_MAX },
		{ "", UINT64_MAX },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span file = copy(rows[i].file, strlen(rows[i].file));
		assert_int_equal(cgroup_limit(file), rows[i].limit);
		release(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_path_is_that_of_the_unified_hierarchy),
		cmocka_unit_test(groups_come_from_the_outermost),
		cmocka_unit_test(what_is_not_understood_limits_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
