#include "tests/unit/unit.h"

#include <string.h>

#include "lib/crypto/hmac.h"
#include "lib/hex.h"

/* RFC 4231, section 4: test cases 1, 2 and 6. */
static const struct {
	char key_byte;
	size_t key_len; /* of that byte, or 0: the key is "Jefe" */
	const char *head, *body, *hmac;
} rows[] = {
	{ 0x0b, 20, "Hi", " There",
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ 0, 0, "", "what do ya want for nothing?",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ (char)0xaa, 131, "Test Using Larger Than Block-Size Key - ", "Hash Key First",
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
};

static void those_of_the_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char key[131], hex[2 * HMAC_SIZE + 1];
		uint8_t hmac[HMAC_SIZE];
		memset(key, rows[i].key_byte, rows[i].key_len);
		if (!rows[i].key_len)
			memcpy(key, "Jefe", 4);
		hmac_sha256(key, rows[i].key_len ? rows[i].key_len : 4, rows[i].head, rows[i].body,
			strlen(rows[i].body), hmac);
		assert_string_equal(hex_encode(hex, hmac, HMAC_SIZE), rows[i].hmac);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_of_the_rfc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
