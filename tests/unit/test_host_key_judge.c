#include "tests/unit/unit.h"

#include <string.h>

#include "lib/ssh/host_key_judge.h"

#define KEY(type, text, revoked)                                         \
	{                                                                \
		type, (const uint8_t *)(text), sizeof(text) - 1, revoked \
	}

static const struct host_key mine = KEY("ssh-ed25519", "mine", false);
static const struct host_key same[] = { KEY("ssh-rsa", "other", false),
	KEY("ssh-ed25519", "mine", false) };
static const struct host_key other[] = { KEY("ssh-ed25519", "other", false) };
static const struct host_key other_type[] = { KEY("ssh-rsa", "other", false) };
static const struct host_key revoked[] = { KEY("ssh-ed25519", "mine", false),
	KEY("ssh-ed25519", "mine", true) };
static const struct host_key revoked_other[] = { KEY("ssh-ed25519", "other", true) };

/* `printf mine | sha256sum`, in base64. */
static const char pin[] = "SHA256:P9MFQv4/YbFL1KSy3Atvsw+m9j685S3Rd4qqjE3ALP8";

static const struct {
	const struct host_key *recorded;
	size_t count;
	enum outcome strict, accept_new, pinned;
} rows[] = {
	{ NULL, 0, OUTCOME_HOST_KEY_UNKNOWN, OUTCOME_OK, OUTCOME_OK },
	{ same, 2, OUTCOME_OK, OUTCOME_OK, OUTCOME_OK },
	{ other, 1, OUTCOME_HOST_KEY_CHANGED, OUTCOME_HOST_KEY_CHANGED, OUTCOME_OK },
	{ other_type, 1, OUTCOME_HOST_KEY_CHANGED, OUTCOME_HOST_KEY_CHANGED, OUTCOME_OK },
	{ revoked, 2, OUTCOME_HOST_KEY_CHANGED, OUTCOME_HOST_KEY_CHANGED,
		OUTCOME_HOST_KEY_CHANGED },
	{ revoked_other, 1, OUTCOME_HOST_KEY_UNKNOWN, OUTCOME_OK, OUTCOME_OK },
};

static enum outcome judge(size_t row, enum host_key_policy policy, const char *want, bool *is_new)
{
	char reason[512] = "";
	enum outcome o = host_key_judge(policy, want, rows[row].recorded, rows[row].count, &mine,
		is_new, reason, sizeof reason);
	assert_int_equal(o == OUTCOME_OK, reason[0] == 0);
	return o;
}

static void decides_by_policy_and_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool is_new = false;
		assert_int_equal(judge(i, HOST_KEY_STRICT, "", &is_new), rows[i].strict);
		assert_false(is_new);
		assert_int_equal(judge(i, HOST_KEY_ACCEPT_NEW, "", &is_new), rows[i].accept_new);
		assert_int_equal(is_new, rows[i].strict == OUTCOME_HOST_KEY_UNKNOWN);
		is_new = false;
		assert_int_equal(judge(i, HOST_KEY_PINNED, pin, &is_new), rows[i].pinned);
		assert_int_equal(
			judge(i, HOST_KEY_PINNED, "SHA256:x", &is_new), OUTCOME_HOST_KEY_CHANGED);
		assert_false(is_new);
	}
}

static void names_both_fingerprints(void **state)
{
	(void)state;
	char reason[512], old[FINGERPRINT_SIZE];
	bool is_new;
	(void)host_key_judge(HOST_KEY_STRICT, "", other, 1, &mine, &is_new, reason, sizeof reason);
	assert_non_null(strstr(reason, pin));
	assert_non_null(
		strstr(reason, host_key_fingerprint(other[0].blob, other[0].blob_len, old)));
	assert_non_null(strstr(reason, "fleet trust --replace CLIENT"));
}

static bool ask(enum host_key_policy policy, const struct host_key *recorded, size_t count,
	const char *shown, struct host_key_types *asked)
{
	const struct host_key key = { shown, (const uint8_t *)"shown", 5, false };
	return host_key_ask_others(policy, pin, recorded, count, &key, asked);
}

static void asks_for_each_type_once(void **state)
{
	(void)state;
	struct host_key_types asked = { 0 };
	assert_true(ask(HOST_KEY_PINNED, other, 1, "ssh-ed25519", &asked));
	assert_true(ask(HOST_KEY_PINNED, other, 1, "ecdsa-sha2-nistp384", &asked));
	assert_int_equal(asked.count, 3);
	assert_string_equal(asked.items[0].type, "ecdsa-sha2-nistp256");
	assert_string_equal(asked.items[1].type, "ecdsa-sha2-nistp521");
	assert_string_equal(asked.items[2].type, "ssh-rsa");
	assert_false(ask(HOST_KEY_PINNED, other, 1, "ssh-ed25519", &asked));
	assert_false(ask(HOST_KEY_PINNED, other, 1, "ssh-dss", &asked));
	assert_true(ask(HOST_KEY_PINNED, other, 1, "ssh-rsa", &asked));
	assert_true(ask(HOST_KEY_PINNED, other, 1, "ecdsa-sha2-nistp256", &asked));
	assert_false(ask(HOST_KEY_PINNED, other, 1, "ecdsa-sha2-nistp521", &asked));
	assert_int_equal(asked.count, 1);
}

static void asks_no_more_when_that_is_settled(void **state)
{
	(void)state;
	static const struct host_key shown_is_revoked[] = { KEY("ssh-rsa", "shown", true) };
	struct host_key_types asked = { 0 };
	assert_false(ask(HOST_KEY_STRICT, other, 1, "ssh-ed25519", &asked));
	assert_false(ask(HOST_KEY_ACCEPT_NEW, other, 1, "ssh-ed25519", &asked));
	assert_false(ask(HOST_KEY_PINNED, same, 2, "ssh-ed25519", &asked));
	assert_false(ask(HOST_KEY_PINNED, shown_is_revoked, 1, "ssh-rsa", &asked));
	assert_int_equal(asked.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_each_type_once),
		cmocka_unit_test(asks_no_more_when_that_is_settled),
		cmocka_unit_test(decides_by_policy_and_record),
		cmocka_unit_test(names_both_fingerprints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
