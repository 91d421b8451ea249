#include "tests/unit/unit.h"

#include <string.h>

#include "collector/host_key_check.h"

#define KEY(type, blob, revoked)                                         \
	{                                                                \
		type, (const uint8_t *)(blob), sizeof(blob) - 1, revoked \
	}
#define A "SHA256:VZrq0IJk1XldOQlxjN0Fq9SVcuhP5VWQ7vMaiKCP3/0" /* of "A" */
#define B "SHA256:335w5QIVRPSDS77mSp43if68S+gUcN9inK1t2wMyClw" /* of "B" */

/* clang-format off */
static const struct {
	enum host_key_policy policy;
	const char *pin;
	struct host_key recorded[2];
	size_t count;
	enum host_key_answer answer;
	enum outcome outcome;
	const char *reason;
} rows[] = {
	{ HOST_KEY_STRICT, "", { KEY("ssh-ed25519", "A", false) }, 1, HOST_KEY_TRUSTED, 0, "" },
	{ HOST_KEY_STRICT, "", { KEY("ssh-ed25519", "B", false) }, 1, HOST_KEY_REFUSED,
		OUTCOME_HOST_KEY_CHANGED, "changed from " B " to " A },
	{ HOST_KEY_STRICT, "", { KEY("ssh-rsa", "B", false) }, 1, HOST_KEY_REFUSED,
		OUTCOME_HOST_KEY_CHANGED, "changed from " B " to " A },
	{ HOST_KEY_STRICT, "", { KEY("", "", false) }, 0, HOST_KEY_REFUSED,
		OUTCOME_HOST_KEY_UNKNOWN, A },
	{ HOST_KEY_ACCEPT_NEW, "", { KEY("", "", false) }, 0, HOST_KEY_NEW, 0, "" },
	{ HOST_KEY_ACCEPT_NEW, "", { KEY("ssh-ed25519", "B", false) }, 1, HOST_KEY_REFUSED,
		OUTCOME_HOST_KEY_CHANGED, "changed from " B " to " A },
	{ HOST_KEY_ACCEPT_NEW, "", { KEY("ssh-ed25519", "A", true) }, 1, HOST_KEY_REFUSED,
		OUTCOME_HOST_KEY_CHANGED, "revoked" },
	{ HOST_KEY_ACCEPT_NEW, "", { KEY("ssh-ed25519", "B", true) }, 1, HOST_KEY_NEW, 0, "" },
	{ HOST_KEY_STRICT, "", { KEY("ssh-ed25519", "A", false), KEY("ssh-ed25519", "A", true) }, 2,
		HOST_KEY_REFUSED, OUTCOME_HOST_KEY_CHANGED, "revoked" },
	{ HOST_KEY_PINNED, A, { KEY("ssh-ed25519", "B", false) }, 1, HOST_KEY_TRUSTED, 0, "" },
	{ HOST_KEY_PINNED, B, { KEY("ssh-ed25519", "A", false) }, 1, HOST_KEY_REFUSED,
		OUTCOME_HOST_KEY_CHANGED, "changed from " B " to " A },
	{ HOST_KEY_PINNED, A, { KEY("ssh-ed25519", "A", true) }, 1, HOST_KEY_REFUSED,
		OUTCOME_HOST_KEY_CHANGED, "revoked" },
};
/* clang-format on */

static void every_row(void **state)
{
	(void)state;
	static const struct host_key shown = KEY("ssh-ed25519", "A", false);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct verdict v = { .outcome = OUTCOME_OK };
		assert_int_equal(host_key_check(rows[i].policy, rows[i].pin, rows[i].recorded,
					 rows[i].count, &shown, &v),
			rows[i].answer);
		if (rows[i].answer != HOST_KEY_REFUSED)
			continue;
		assert_int_equal(v.outcome, rows[i].outcome);
		assert_int_equal(v.stage, STAGE_HOST_KEY);
		assert_non_null(strstr(v.reason, rows[i].reason));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
