#ifndef FLEET_WIRE_REMOTE_SHELL_H
#define FLEET_WIRE_REMOTE_SHELL_H

#include <stddef.h>

#include "lib/buffer.h"
#include "lib/compiler.h"

/*
 * The one command that runs on a client: POSIX sh on a single line, also when the login shell
 * is csh or fish (`exec /bin/sh -c '…'`, no `'`, `!`, backslash or newline inside). It looks
 * for `fleet-probe-<hash>` in the client's cache folders, runs it when it is there, and
 * otherwise takes it on standard input as lib/wire/wire.h describes. A cached probe that cannot run
 * is removed, so that the next run brings another. Versions older than a day go when one is
 * uploaded: a younger one may be another collector's.
 *
 * Folders, in turn; a probe goes to the first that is ours, private (0700, no symbolic link) and
 * lets a program run. One that is there already runs when folder and file are ours and the folder
 * is no symbolic link: that its mode was made wider since then is not seen.
 *   $XDG_CACHE_HOME/fleet-health, $HOME/.cache/fleet-health, /run/user/<uid>/fleet-health,
 *   /var/tmp/fleet-health-<uid>, /tmp/fleet-health-<uid>, /dev/shm/fleet-health-<uid>
 * The probe looks for its spool folder in the same list, beginning with its own folder.
 */
struct remote_probe {
	const char *machine; /* as `uname -m` prints it: "x86_64" */
	char hash[33];	     /* BLAKE2b-128 of the file, hex */
};

/* Appends the command for these probes, one for each kind of machine. Returns -1 without
 * memory, and for a machine or hash that is not a plain word. */
int remote_shell_run(
	const struct remote_probe *probes, size_t count, struct buffer *out) MUST_CHECK;

/* Appends a command that removes everything of ours from the client: cached probes of any
 * version, and the files spooled for these key ids (keyring_folder()). It says
 * `fleet1 done 0` at its end and asks for no request. */
int remote_shell_forget(const char *const *key_ids, size_t count, struct buffer *out) MUST_CHECK;

#endif
