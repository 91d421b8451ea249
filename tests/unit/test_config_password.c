/* Of a password that was read once, nothing is left but what was asked for. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/config_rig.h"

enum { SECRET_LEN = 24 };

/* The secret is made letter by letter, also to compare with it: a sanitizer may keep the frame of
 * whoever searches where it would be found. */
static char secret_at(size_t i)
{
	return (char)('a' + (i * 7 + 3) % 26);
}

static bool is_secret(const char *text)
{
	for (size_t i = 0; i < SECRET_LEN; i++)
		if (text[i] != secret_at(i))
			return false;
	return true;
}

static int count_in(const char *data, size_t len)
{
	int count = 0;
	const char *at = data;
	for (; len - (size_t)(at - data) >= SECRET_LEN; at++) {
		at = memchr(at, secret_at(0), len - (size_t)(at - data) - SECRET_LEN + 1);
		if (!at)
			break;
		count += is_secret(at);
	}
	return count;
}

/* How often the secret stands in this process's writable memory, stacks and what the
 * sanitizers reserve for themselves left aside. */
static int count_secret(void)
{
	enum { MAPPING_MAX = 256 << 20 };
	static char window[1 << 16];
	char line[512];
	int count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	assert_true(maps && memory >= 0);
	while (fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		char mode[5];
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[1] != 'w' ||
			strstr(line, "[stack]") || to - from > MAPPING_MAX)
			continue;
		for (unsigned long at = from; at < to; at += sizeof window - SECRET_LEN) {
			if (at <= (unsigned long)window && (unsigned long)window < to)
				explicit_bzero(window, sizeof window);
			ssize_t got = pread(memory, window,
				to - at < sizeof window ? to - at : sizeof window, (off_t)at);
			if (got > 0)
				count += count_in(window, (size_t)got);
		}
	}
	explicit_bzero(window, sizeof window);
	(void)close(memory);
	(void)fclose(maps);
	return count;
}

static void put_secret(const char *before, const char *after)
{
	char secret[SECRET_LEN];
	for (size_t i = 0; i < SECRET_LEN; i++)
		secret[i] = secret_at(i);
	int fd = open("config.xml", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(write(fd, before, strlen(before)) > 0 && write(fd, secret, SECRET_LEN) > 0 &&
		    write(fd, after, strlen(after)) > 0 && close(fd) == 0);
	explicit_bzero(secret, sizeof secret);
}

static void nothing_is_left_of_a_password(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after;
		int loads;
	} files[] = {
		{ "<config><client ip='a' password='", "'/></config>", 1 },
		{ "<config><client ip='a' password='&amp;", "&lt;'/></config>", 1 },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?><config><client ip='a' password='",
			"'/></config>", 1 },
		{ "<config><client ip='a' port='0' password='", "'/></config>", 0 },
		{ "<config><client ip='a' password='", "'></config>", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct config *c = NULL;
		struct config_problems problems;
		put_secret(files[i].before, files[i].after);
		assert_int_equal(count_secret(), 0);
		int result = config_load("config.xml", &c, &problems);
		assert_int_equal(result == 0, files[i].loads);
		assert_int_equal(count_secret(), files[i].loads); /* the one we asked for */
		config_problems_finish(&problems);
		config_destroy(c);
		assert_int_equal(count_secret(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(nothing_is_left_of_a_password),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
