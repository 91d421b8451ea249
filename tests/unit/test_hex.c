#include "tests/unit/unit.h"

#include <ctype.h>

#include "lib/hex.h"

static void hex_is_strict(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		int result;
	} rows[] = { { "00ff", 0 }, { "00FF", 0 }, { "00f", -1 }, { "00ff0", -1 }, { "", -1 },
		{ "0g00", -1 }, { "00 f", -1 }, { "0x00", -1 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t data[2] = { 1, 1 };
		assert_int_equal(hex_decode(data, 2, rows[i].hex), rows[i].result);
		if (rows[i].result == 0)
			assert_memory_equal(data, "\x00\xff", 2);
	}
}

static void every_byte_comes_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)i, back = (uint8_t)~i;
		char hex[3];
		assert_ptr_equal(hex_encode(hex, &byte, 1), hex);
		assert_int_equal(hex_decode(&back, 1, hex), 0);
		assert_int_equal(back, i);
		for (char *c = hex; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		assert_int_equal(hex_decode(&back, 1, hex), 0);
		assert_int_equal(back, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_is_strict),
		cmocka_unit_test(every_byte_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
