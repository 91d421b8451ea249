#include "lib/ssh/host_key_judge.h"

#include <stdio.h>
#include <string.h>

static const struct host_key_types all_types = {
	{ { .type = "ssh-ed25519" }, { .type = "ecdsa-sha2-nistp256" },
		{ .type = "ecdsa-sha2-nistp384" }, { .type = "ecdsa-sha2-nistp521" },
		{ .type = "ssh-rsa" } },
	5,
};

static bool is_same(const struct host_key *a, const struct host_key *b)
{
	return a->blob_len == b->blob_len && memcmp(a->blob, b->blob, a->blob_len) == 0;
}

/* The recorded key to name beside the one shown: of its type when there is one. */
static const struct host_key *closest(
	const struct host_key *recorded, size_t count, const char *type)
{
	const struct host_key *best = NULL;
	for (size_t i = 0; i < count; i++)
		if (!recorded[i].revoked && (!best || strcmp(recorded[i].type, type) == 0))
			best = &recorded[i];
	return best;
}

static enum outcome changed(const char *from, const char *to, const struct host_key *shown,
	const char *remedy, char *reason, size_t size)
{
	(void)snprintf(reason, size,
		"changed from %s to %s (%s); if the machine was set up anew, %s", from, to,
		shown->type, remedy);
	return OUTCOME_HOST_KEY_CHANGED;
}

enum outcome host_key_judge(enum host_key_policy policy, const char *pin,
	const struct host_key *recorded, size_t count, const struct host_key *shown,
	bool *ret_is_new, char *reason, size_t size)
{
	char print[FINGERPRINT_SIZE], old_print[FINGERPRINT_SIZE];
	const struct host_key *old = closest(recorded, count, shown->type);
	bool known = false;
	(void)host_key_fingerprint(shown->blob, shown->blob_len, print);
	for (size_t i = 0; i < count; i++) {
		if (!is_same(&recorded[i], shown))
			continue;
		if (recorded[i].revoked) {
			(void)snprintf(reason, size, "%s is marked @revoked in known_hosts", print);
			return OUTCOME_HOST_KEY_CHANGED;
		}
		known = true;
	}
	*ret_is_new = false;
	if (policy == HOST_KEY_PINNED)
		return strcmp(pin, print) == 0 ? OUTCOME_OK
					       : changed(pin, print, shown,
							 "write that into host-key=", reason, size);
	if (known)
		return OUTCOME_OK;
	if (old)
		return changed(host_key_fingerprint(old->blob, old->blob_len, old_print), print,
			shown, "record it with: fleet trust --replace CLIENT", reason, size);
	*ret_is_new = policy == HOST_KEY_ACCEPT_NEW;
	if (*ret_is_new)
		return OUTCOME_OK;
	(void)snprintf(reason, size,
		"nothing is recorded for it; it shows %s; record it with: fleet trust CLIENT",
		print);
	return OUTCOME_HOST_KEY_UNKNOWN;
}

static bool is_expected(enum host_key_policy policy, const char *pin, const struct host_key *key)
{
	char print[FINGERPRINT_SIZE];
	if (key->revoked)
		return false;
	return policy != HOST_KEY_PINNED ||
	       strcmp(host_key_fingerprint(key->blob, key->blob_len, print), pin) == 0;
}

size_t host_key_expected(
	enum host_key_policy policy, const char *pin, struct host_key *recorded, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (is_expected(policy, pin, &recorded[i]))
			recorded[kept++] = recorded[i];
	return kept;
}

/* Recorded keys that decide what the host is asked for, or that forbid what it showed. */
static bool is_settled(enum host_key_policy policy, const char *pin,
	const struct host_key *recorded, size_t count, const struct host_key *shown)
{
	bool settled = false;
	for (size_t i = 0; i < count && !settled; i++)
		settled = recorded[i].revoked ? is_same(&recorded[i], shown)
					      : is_expected(policy, pin, &recorded[i]);
	return settled;
}

static bool remove_type(struct host_key_types *types, const char *type)
{
	size_t kept = 0;
	for (size_t i = 0; i < types->count; i++)
		if (strcmp(types->items[i].type, type) != 0)
			types->items[kept++] = types->items[i];
	bool removed = kept < types->count;
	types->count = kept;
	return removed;
}

bool host_key_ask_others(enum host_key_policy policy, const char *pin,
	const struct host_key *recorded, size_t count, const struct host_key *shown,
	struct host_key_types *asked)
{
	struct host_key_types left = asked->count ? *asked : all_types;
	if (policy != HOST_KEY_PINNED || is_settled(policy, pin, recorded, count, shown) ||
		!remove_type(&left, shown->type) || left.count == 0)
		return false;
	*asked = left;
	return true;
}
