/*
 * Reports as a client seals them, and as somebody else might.
 */
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/ingest/report.h"

static struct keyring *ring;

static int make_ring(void **state)
{
	(void)state;
	char folder[] = "/tmp/fleet-report-XXXXXX", key[64], pub[64];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(key, sizeof key, "%s/key", folder);
	(void)snprintf(pub, sizeof pub, "%s/pub", folder);
	assert_int_equal(seal_init(NULL), 0);
	assert_int_equal(keyring_generate(key, pub, 0, NULL), 0);
	assert_int_equal(keyring_generate(key, pub, 1, NULL), 0);
	assert_int_equal(keyring_load(key, &ring, NULL), 0);
	unlink(key);
	unlink(pub);
	return rmdir(folder);
}

static int destroy_ring(void **state)
{
	(void)state;
	keyring_destroy(ring);
	return 0;
}

struct forged {
	const char *name;
	size_t key;	       /* sealed to */
	const char *client;    /* whose nonce it carries */
	uint64_t nonce_id, id; /* the attempt of its nonce, and that of its header */
	const char *body;
	int flip; /* offset of a byte to damage; -1 = none */
	enum outcome outcome;
};

/* clang-format off */
static const struct forged rows[] = {
	{ "its own", 0, "web1", 90, 90, "load1 0.5\n# EOF\n", -1, OUTCOME_OK },
	{ "an earlier one", 0, "web1", 70, 70, "load1 0.5\n# EOF\n", -1, OUTCOME_OK },
	{ "sealed before the key was rotated", 1, "web1", 90, 90, "load1 0.5\n# EOF\n", -1, OUTCOME_OK },
	{ "lines that are refused", 0, "web1", 90, 90, "load1 NaN\n%%\n# EOF\n", -1, OUTCOME_OK },
	{ "another client's", 0, "web2", 90, 90, "load1 0.5\n# EOF\n", -1, OUTCOME_STALE },
	{ "another attempt's nonce", 0, "web1", 89, 90, "load1 0.5\n# EOF\n", -1, OUTCOME_STALE },
	{ "an attempt yet to come", 0, "web1", 91, 91, "load1 0.5\n# EOF\n", -1, OUTCOME_STALE },
	{ "cut before its end", 0, "web1", 90, 90, "load1 0.5\n", -1, OUTCOME_TRUNCATED },
	{ "empty", 0, "web1", 90, 90, "", -1, OUTCOME_TRUNCATED },
	{ "one flipped bit", 0, "web1", 90, 90, "load1 0.5\n# EOF\n", 60, OUTCOME_UNSEALED },
};
/* clang-format on */

static size_t seal_text(const char *text, size_t len, size_t key, uint8_t *out)
{
	assert_int_equal(crypto_box_seal(out, (const uint8_t *)text, len,
				 keyring_entry(ring, key)->public_key),
		0);
	return len + crypto_box_SEALBYTES;
}

static size_t forge(const struct forged *f, uint8_t *out)
{
	struct wire_report_header h = {
		.attempt_id = f->id,
		.probe_hash = "00112233445566778899aabbccddeeff",
		.boot_id = "-",
	};
	char text[1000];
	keyring_nonce(ring, f->key, f->client, f->nonce_id, h.nonce);
	int len = wire_format_report_header(&h, text, sizeof text);
	assert_true(len > 0);
	strcat(text, f->body);
	size_t sealed = seal_text(text, strlen(text), f->key, out);
	if (f->flip >= 0)
		out[f->flip] ^= 1;
	return sealed;
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t sealed[2000];
		struct spool_head head = {
			.attempt_id = 90, .client = "web1", .asked_at = 1000, .received_at = 1200
		};
		head.length = (uint32_t)forge(&rows[i], sealed);
		struct report r;
		assert_int_equal(report_open(ring, &head, sealed, &r, NULL), 0);
		if (r.outcome != rows[i].outcome)
			fail_msg("%s: %s %s", rows[i].name, outcome_name(r.outcome), r.reason);
		assert_int_equal(r.reason[0] == 0, r.outcome == OUTCOME_OK);
		if (r.outcome == OUTCOME_OK) {
			assert_int_equal(r.header.attempt_id, rows[i].id);
			assert_int_equal(r.asked_at, rows[i].id == 90 ? 1000 : 0);
			assert_int_equal(r.came_at, 1200);
			uint8_t digest[HASH_DIGEST_SIZE];
			hash_digest(sealed, head.length, digest);
			assert_memory_equal(r.digest, digest, sizeof digest);
		}
		report_finish(&r);
	}
}

static void a_digest_is_made_once(void **state)
{
	(void)state;
	uint8_t sealed[2000];
	struct spool_head head = {
		.attempt_id = 90, .client = "web1", .has_digest = true, .digest = { 1, 2, 3 }
	};
	head.length = (uint32_t)forge(&rows[0], sealed);
	struct report r;
	assert_int_equal(report_open(ring, &head, sealed, &r, NULL), 0);
	assert_memory_equal(r.digest, head.digest, sizeof head.digest);
	report_finish(&r);
}

static void what_is_no_report_is_unsealed(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "x", "# fleet1 \x1b[31m\n# EOF\n" };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		uint8_t sealed[200];
		struct spool_head head = { .attempt_id = 90, .client = "web1" };
		head.length = (uint32_t)seal_text(texts[i], strlen(texts[i]), 0, sealed);
		struct report r;
		assert_int_equal(report_open(ring, &head, sealed, &r, NULL), 0);
		assert_int_equal(r.outcome, OUTCOME_UNSEALED);
		assert_null(strchr(r.reason, '\x1b'));
		report_finish(&r);
	}
	struct spool_head none = { .attempt_id = 90, .client = "web1" };
	struct report r;
	assert_int_equal(report_open(ring, &none, "", &r, NULL), 0);
	assert_int_equal(r.outcome, OUTCOME_UNSEALED);
	report_finish(&r);
}

static void reports_are_derived_boot_by_boot(void **state)
{
	(void)state;
	static const struct {
		uint64_t id;
		const char *boot;
		int64_t monotonic_ms;
		enum outcome outcome;
	} arrived[] = {
		{ 5, "b", 10, OUTCOME_OK },
		{ 1, "a", 900, OUTCOME_OK },
		{ 9, "b", 30, OUTCOME_UNSEALED },
		{ 3, "a", 1000, OUTCOME_OK },
		{ 4, "b", 20, OUTCOME_OK }, /* clocks tell, not ids */
		{ 2, "a", 1000, OUTCOME_OK },
	};
	static const size_t want[] = { 1, 5, 3, 0, 4 };
	struct report reports[ARRAY_LEN(arrived)] = { 0 };
	size_t order[ARRAY_LEN(arrived)];
	for (size_t i = 0; i < ARRAY_LEN(arrived); i++) {
		reports[i].outcome = arrived[i].outcome;
		reports[i].header.attempt_id = arrived[i].id;
		reports[i].header.monotonic_ms = arrived[i].monotonic_ms;
		strcpy(reports[i].header.boot_id, arrived[i].boot);
	}
	assert_int_equal(report_order(reports, ARRAY_LEN(arrived), order), ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_int_equal(order[i], want[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(a_digest_is_made_once),
		cmocka_unit_test(what_is_no_report_is_unsealed),
		cmocka_unit_test(reports_are_derived_boot_by_boot),
	};
	return cmocka_run_group_tests(tests, make_ring, destroy_ring);
}
