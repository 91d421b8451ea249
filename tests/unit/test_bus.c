/* D-Bus: what is sent, and answers as dbus-daemon hands them on, whole, cut and damaged. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "remote/bytes/bus.h"

/* The bus says yes, tells us our name, and hands on "degraded", 1 and the unit a.service. */
/* clang-format off */
static const char answers[] =
	"OK 0123456789abcdef0123456789abcdef\r\nl\004\000\001\000\000\000\000\001\000\000\000/"
	"\000\000\000\001\001o\000\002\000\000\000/x\000\000\000\000\000\000\003\001s\000\014\000"
	"\000\000NameAcquired\000\000\000\000\010\001g\000\001s\000\000l\002\000\001\r\000\000"
	"\000\007\000\000\000\037\000\000\000\005\001u\000\001\000\000\000\007\001s\000\004\000"
	"\000\000:1.0\000\000\000\000\010\001g\000\001v\000\000\001s\000\000\004\000\000\000:1"
	".7\000l\002\000\001\021\000\000\000\007\000\000\000\037\000\000\000\005\001u\000\002\000"
	"\000\000\007\001s\000\004\000\000\000:1.0\000\000\000\000\010\001g\000\001v\000\000\001"
	"s\000\000\010\000\000\000degraded\000l\002\000\001\010\000\000\000\007\000\000\000\037"
	"\000\000\000\005\001u\000\003\000\000\000\007\001s\000\004\000\000\000:1.0\000\000\000"
	"\000\010\001g\000\001v\000\000\001u\000\000\001\000\000\000l\002\000\001\216\000\000\000"
	"\007\000\000\000+\000\000\000\005\001u\000\004\000\000\000\007\001s\000\004\000\000\000"
	":1.0\000\000\000\000\010\001g\000\ra(ssssssouso)\000\000\000\000\000\000\206\000\000\000"
	"\000\000\000\000\011\000\000\000a.service\000\000\000\011\000\000\000A service\000\000"
	"\000\006\000\000\000loaded\000\000\006\000\000\000failed\000\000\006\000\000\000faile"
	"d\000\000\000\000\000\000\000\000\000\000 \000\000\000/org/freedesktop/systemd1/unit/"
	"x\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\001\000\000\000/\000"
	"";
/* clang-format on */
enum { LENGTH = sizeof answers - 1, GREETING = 37 };

/* Of a copy with nothing readable beside it, whose answers are looked at to their ends. */
static bool answered(const char *bytes, size_t len, struct bus_value ret_values[BUS_QUESTIONS])
{
	char *copy = malloc(len + 1);
	struct span name;
	assert_non_null(copy);
	memcpy(copy + 1, bytes, len);
	bool done = bus_answers((struct span){ copy + 1, len }, ret_values);
	struct bus_part units = ret_values[BUS_FAILED_UNITS].units;
	while (ret_values[BUS_FAILED_UNITS].type == 'a' && bus_next_unit(&units, &name))
		assert_true(name.at >= copy + 1 && name.at + name.len <= copy + 1 + len);
	struct span *text = &ret_values[BUS_SYSTEM_STATE].text;
	if (text->len > 0)
		assert_true(text->at >= copy + 1 && text->at + text->len <= copy + 1 + len);
	(void)bus_answers((struct span){ bytes, len }, ret_values);
	free(copy);
	return done;
}

static void answers_are_understood(void **state)
{
	struct bus_value values[BUS_QUESTIONS];
	(void)state;
	assert_true(answered(answers, LENGTH, values));
	assert_int_equal(values[BUS_SYSTEM_STATE].type, 's');
	assert_true(span_is(values[BUS_SYSTEM_STATE].text, "degraded"));
	assert_int_equal(values[BUS_FAILED_COUNT].type, 'u');
	assert_int_equal(values[BUS_FAILED_COUNT].number, 1);
	assert_int_equal(values[BUS_FAILED_UNITS].type, 'a');
	struct span name;
	assert_true(bus_next_unit(&values[BUS_FAILED_UNITS].units, &name));
	assert_true(span_is(name, "a.service"));
	assert_false(bus_next_unit(&values[BUS_FAILED_UNITS].units, &name));
}

static void there_is_more_to_wait_for_until_the_last_byte(void **state)
{
	struct bus_value values[BUS_QUESTIONS];
	(void)state;
	for (size_t len = 0; len < LENGTH; len++) {
		assert_false(answered(answers, len, values));
		assert_int_equal(values[BUS_FAILED_UNITS].type, 0);
	}
}

static void no_byte_can_do_harm(void **state)
{
	struct bus_value values[BUS_QUESTIONS];
	char copy[LENGTH];
	(void)state;
	for (size_t i = 0; i < LENGTH; i++)
		for (unsigned flip = 1; flip < 256; flip++) {
			memcpy(copy, answers, LENGTH);
			copy[i] = (char)((unsigned char)copy[i] ^ flip);
			(void)answered(copy, LENGTH, values);
		}
}

static void what_is_no_dbus_is_not_waited_for(void **state)
{
	struct bus_value values[BUS_QUESTIONS];
	static const char *const lines[] = { "REJECTED EXTERNAL\r\n", "\n", "ERROR\r\n", "OK\r\n" };
	char copy[LENGTH], noise[BUS_REQUEST_MAX + 1];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		assert_true(answered(lines[i], strlen(lines[i]), values));
	memset(noise, 'x', sizeof noise);
	assert_false(answered(noise, BUS_REQUEST_MAX, values));
	assert_true(answered(noise, BUS_REQUEST_MAX + 1, values));
	static const struct {
		size_t at;
		char byte;
	} wrong[] = { { 0, 'x' }, { 3, 2 }, { 6, 2 }, { 7, 1 }, { 14, 2 }, { 15, 1 } };
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		memcpy(copy, answers, LENGTH);
		copy[GREETING + wrong[i].at] = wrong[i].byte;
		assert_true(answered(copy, LENGTH, values));
		assert_int_equal(values[0].type, 0);
	}
}

/* The rest of the request is held against a real bus by the test probe_systemd. */
static void a_request_begins_with_who_we_are(void **state)
{
	static const char start[] = "\0AUTH EXTERNAL 34323934393637323935\r\nBEGIN\r\nl\1\2\1";
	char request[BUS_REQUEST_MAX];
	(void)state;
	size_t len = bus_request(4294967295, request);
	assert_true(len > sizeof start);
	assert_memory_equal(request, start, sizeof start - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_understood),
		cmocka_unit_test(there_is_more_to_wait_for_until_the_last_byte),
		cmocka_unit_test(no_byte_can_do_harm),
		cmocka_unit_test(what_is_no_dbus_is_not_waited_for),
		cmocka_unit_test(a_request_begins_with_who_we_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
