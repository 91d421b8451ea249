#ifndef FLEET_TESTS_CONTRACT_RELAY_H
#define FLEET_TESTS_CONTRACT_RELAY_H

#include <sys/types.h>

/*
 * A process between the client and the real MariaDB server that cuts the connection at a
 * COMMIT: before the server has seen it, or after it has answered and before the client has
 * seen the answer. To the client both look the same.
 */
enum relay_cut { CUT_BEFORE, CUT_AFTER };

/* Listens at `path` for the server at `server`; lets `skip` commits through, then cuts `cuts`.
 * Returns its process id, to be killed and waited for; it ends with its parent at the latest. */
pid_t relay_start(const char *path, const char *server, enum relay_cut cut, int skip, int cuts);

#endif
