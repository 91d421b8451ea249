#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

#include "lib/base64.h"

static const struct {
	const char *text, *bytes; /* NULL: refused */
} rows[] = {
	{ "", "" }, /* these are those of RFC 4648, section 10 */
	{ "Zg==", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "+/+/", "\373\377\277" },
	{ "=", NULL },
	{ "==", NULL },
	{ "====", NULL },
	{ "Z===", NULL },
	{ "Zg=", NULL },
	{ "Zg", NULL },
	{ "Zh==", NULL }, /* a bit is left over */
	{ "Zm9=", NULL },
	{ "Zg==Zg==", NULL },
	{ "Zm9v\n", NULL },
	{ " Zm9v", NULL },
	{ "Zm-_", NULL },
	{ "Zm\2019v", NULL },
};

static void texts_are_decoded_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t out[16];
		size_t len = 99;
		int rc = base64_decode(out, sizeof out, rows[i].text, strlen(rows[i].text), &len);
		if (rc != (rows[i].bytes ? 0 : -1))
			fail_msg("\"%s\": %d", rows[i].text, rc);
		if (rc < 0)
			continue;
		assert_int_equal(len, strlen(rows[i].bytes));
		assert_memory_equal(out, rows[i].bytes, len);
	}
}

static void there_must_be_room(void **state)
{
	(void)state;
	uint8_t out[6];
	size_t len;
	assert_int_equal(base64_decode(out, 6, "Zm9vYmFy", 8, &len), 0);
	assert_int_equal(base64_decode(out, 5, "Zm9vYmFy", 8, &len), -1);
	assert_int_equal(base64_decode(out, 5, "Zm9vYmE=", 8, &len), 0);
	assert_int_equal(base64_decode(out, 4, "Zm9vYmE=", 8, &len), -1);
}

/* Every pair of characters, as libsodium takes them; but it takes some beyond ASCII for digits. */
static void it_agrees_with_libsodium(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 65536; pair++) {
		char text[] = { (char)(pair >> 8), (char)pair, '=', '=', 0 };
		uint8_t ours[3], theirs[3];
		size_t len = 0, expected_len = 0;
		const char *end = NULL;
		int expected = sodium_base642bin(theirs, sizeof theirs, text, 4, NULL,
			&expected_len, &end, sodium_base64_VARIANT_ORIGINAL);
		if (end != text + 4 || pair & 0x8080)
			expected = -1;
		assert_int_equal(base64_decode(ours, sizeof ours, text, 4, &len), expected);
		assert_int_equal(len, expected == 0 ? expected_len : 0);
		assert_memory_equal(ours, theirs, len);
	}
}

static void what_is_encoded_is_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows) && rows[i].bytes; i++) {
		char out[16] = "";
		size_t len = strlen(rows[i].bytes);
		assert_int_equal(base64_length(len), strlen(rows[i].text));
		base64_encode(out, (const uint8_t *)rows[i].bytes, len);
		assert_string_equal(out, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_decoded_or_refused),
		cmocka_unit_test(there_must_be_room),
		cmocka_unit_test(it_agrees_with_libsodium),
		cmocka_unit_test(what_is_encoded_is_decoded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
