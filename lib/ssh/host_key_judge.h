#ifndef FLEET_SSH_HOST_KEY_JUDGE_H
#define FLEET_SSH_HOST_KEY_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/config/config.h"
#include "lib/outcome.h"
#include "lib/ssh/known_hosts.h"

/*
 * Pure: may a login go on with the host key that was shown? OUTCOME_OK when it may; otherwise
 * the outcome and, for people, the fingerprints and what to do.
 *
 * `recorded` is what known_hosts holds for the host. A key marked @revoked is refused under
 * every policy. A pinned host needs no record and no other record helps it. *ret_is_new is set
 * when the policy takes a key that nothing is recorded for.
 */
enum outcome host_key_judge(enum host_key_policy policy, const char *pin,
	const struct host_key *recorded, size_t count, const struct host_key *shown,
	bool *ret_is_new, char *reason, size_t size);

/* Types of host keys, as keys of which nothing else is known; none of them = all types. */
struct host_key_types {
	struct host_key items[5];
	size_t count;
};

/* Pure: the keys by whose types the host is to be asked for its own, kept in place and in order:
 * those in use; of a pinned host only the pinned one. None of them = all types. Returns how many.
 */
size_t host_key_expected(
	enum host_key_policy policy, const char *pin, struct host_key *recorded, size_t count);

/* Pure: a host shows one key a connection, of the type asked for first among those it has, and the
 * pinned one may be of another. So after a key was judged OUTCOME_HOST_KEY_CHANGED it may have to
 * be connected to anew and asked for the types that are left: `asked` was asked for until now, and
 * loses the type that was shown. False when there is no use in that: `asked` is as it was. */
bool host_key_ask_others(enum host_key_policy policy, const char *pin,
	const struct host_key *recorded, size_t count, const struct host_key *shown,
	struct host_key_types *asked);

#endif
