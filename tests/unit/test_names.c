#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <net/if.h>

#include "collector/dispatch/names.h"

static const struct {
	const char *text;
	int result, family;
} rows[] = {
	{ "192.0.2.10", 0, AF_INET },
	{ "127.0.0.1", 0, AF_INET },
	{ "::1", 0, AF_INET6 },
	{ "2001:db8::1", 0, AF_INET6 },
	{ "fe80::1%lo", 0, AF_INET6 },
	{ "fe80::1%1", 0, AF_INET6 },
	{ "fe80::1%", -1, 0 },
	{ "fe80::1%no-such-interface", -1, 0 },
	{ "fe80::1%99999999999", -1, 0 },
	{ "web1.example.com", -1, 0 },
	{ "192.0.2", -1, 0 },
	{ "1.2.3.4.5", -1, 0 },
	{ "", -1, 0 },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", -1, 0 },
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sockaddr_storage a = { 0 };
		assert_int_equal(names_parse_literal(rows[i].text, 22, &a), rows[i].result);
		assert_int_equal(a.ss_family, rows[i].family);
	}
}

static void the_scope_is_the_interface(void **state)
{
	(void)state;
	struct sockaddr_storage a;
	assert_int_equal(names_parse_literal("fe80::1%lo", 2222, &a), 0);
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a;
	assert_int_equal(in6->sin6_scope_id, if_nametoindex("lo"));
	assert_int_equal(ntohs(in6->sin6_port), 2222);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(the_scope_is_the_interface),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
