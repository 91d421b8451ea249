#include "collector/host_key_check.h"

#include <stdbool.h>
#include <string.h>

static bool is_same(const struct host_key *a, const struct host_key *b)
{
	return a->blob_len == b->blob_len && memcmp(a->blob, b->blob, a->blob_len) == 0;
}

/* The recorded key to name when the one shown is another: of the same type if there is one. */
static const struct host_key *expected(const struct host_key *keys, size_t count, const char *type)
{
	const struct host_key *best = NULL;
	for (size_t i = 0; i < count; i++)
		if (!keys[i].revoked && (!best || strcmp(keys[i].type, type) == 0))
			best = &keys[i];
	return best;
}

static enum host_key_answer refuse(
	struct verdict *v, enum outcome outcome, const char *from, const char *shown)
{
	if (outcome == OUTCOME_HOST_KEY_UNKNOWN)
		verdict_set(v, outcome, STAGE_HOST_KEY,
			"no host key is recorded; it shows %s (`fleet trust` records it)", shown);
	else
		verdict_set(v, outcome, STAGE_HOST_KEY, "changed from %s to %s", from, shown);
	return HOST_KEY_REFUSED;
}

enum host_key_answer host_key_check(enum host_key_policy policy, const char *pin,
	const struct host_key *recorded, size_t count, const struct host_key *shown,
	struct verdict *ret_verdict)
{
	char print[FINGERPRINT_SIZE], other[FINGERPRINT_SIZE];
	bool known = false;
	host_key_fingerprint(shown->blob, shown->blob_len, print);
	for (size_t i = 0; i < count; i++) {
		if (!is_same(&recorded[i], shown))
			continue;
		if (recorded[i].revoked) {
			verdict_set(ret_verdict, OUTCOME_HOST_KEY_CHANGED, STAGE_HOST_KEY,
				"it shows %s, which known_hosts marks @revoked", print);
			return HOST_KEY_REFUSED;
		}
		known = true;
	}
	if (policy == HOST_KEY_PINNED)
		return strcmp(pin, print) == 0
			       ? HOST_KEY_TRUSTED
			       : refuse(ret_verdict, OUTCOME_HOST_KEY_CHANGED, pin, print);
	if (known)
		return HOST_KEY_TRUSTED;
	const struct host_key *old = expected(recorded, count, shown->type);
	if (old)
		return refuse(ret_verdict, OUTCOME_HOST_KEY_CHANGED,
			host_key_fingerprint(old->blob, old->blob_len, other), print);
	return policy == HOST_KEY_ACCEPT_NEW
		       ? HOST_KEY_NEW
		       : refuse(ret_verdict, OUTCOME_HOST_KEY_UNKNOWN, "", print);
}
