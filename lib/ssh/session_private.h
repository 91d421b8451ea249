#ifndef FLEET_SSH_SESSION_PRIVATE_H
#define FLEET_SSH_SESSION_PRIVATE_H

/*
 * Shared by session.c (the steps), session_create.c (setting up, callbacks) and
 * session_failure.c (what a result means), which are the only files that include libssh2.h.
 */
#include <libssh2.h>
#include <stdbool.h>

#include "lib/ssh/hello.h"
#include "lib/ssh/memory.h"
#include "lib/ssh/reader.h"
#include "lib/ssh/session.h"
#include "lib/ssh/stream.h"

enum { SESSION_METHODS_MAX = 512 };

/* When a step last found nothing to do: how many bytes had come by then. */
struct session_look {
	bool waits;
	uint64_t received;
	unsigned int turns; /* that more had come and it did not look again */
};

struct ssh_session {
	LIBSSH2_SESSION *lib;
	LIBSSH2_CHANNEL *channel;
	struct ssh_session *carrier; /* NULL: the stream has a socket */
	bool is_carrier;	     /* the channel is for another session */
	bool carrier_failed;	     /* which is why this one did */
	struct stream stream;
	struct memory memory;
	struct ssh_budget budget;
	enum stage stage;
	bool failed;
	bool in_handshake; /* libssh2 is in the middle of it */
	bool has_keys;	   /* the handshake is done */
	bool wants_keys;   /* the host asked for new ones */
	enum { LISTS_UNSEEN, LISTS_FINE, LISTS_REFUSED } lists;
	struct session_look read, write;

	char host_key_methods[SESSION_METHODS_MAX];
	bool recorded; /* and these are those of recorded keys only */
	char key_type[64];
	struct slice key_blob;

	ssh_sign *sign;
	void *sign_arg;
	bool sign_failed, sign_waits;
	const char *password; /* valid during the step */
	bool answered;
	bool odd_prompts; /* it asked for something else, and got no answer */
	enum { LOGIN_UNKNOWN, LOGIN_PASSWORD, LOGIN_INTERACTIVE } login;
	char login_methods[96]; /* what the host takes, when that is no password */

	char complaint[256]; /* what the command's standard error began with */
	bool hung_up;	     /* the host sent a disconnect message, with this text: */
	char farewell[128];
	enum outcome outcome;
	char reason[512];
};

/* The methods of one kind (LIBSSH2_METHOD_…) that this libssh2 can do, with commas between,
 * without the markers of extensions that it counts among its key exchanges. */
void session_supported(LIBSSH2_SESSION *lib, int kind, char *out, size_t size);

/* Whether a list of names with commas between holds this one. */
bool session_list_has(const char *list, const char *name);

/* Answers one hidden prompt with the session's password; anything else gets an empty answer. */
LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(session_on_prompt);

/* Asks the session's signer. */
LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(session_on_sign);

/* What libssh2's result means for the step. Trouble with the connection is remembered by the
 * stream and counts only once libssh2 has nothing more to give. */
enum ssh_status session_conclude(struct ssh_session *s, int rc);

#endif
