#ifndef FLEET_CRASH_H
#define FLEET_CRASH_H

/*
 * Named points at which a test can have a run killed as kill -9 or a power cut would: a build
 * with -Dcrash_points=true sends SIGKILL to its whole process group when it reaches the point
 * that the environment variable FLEET_CRASH_AT names. In any other build nothing of it is
 * left. A program that clears its environment or filters system calls lets the variable and
 * kill(2) through in such builds.
 *
 * The points, in the order of a report's way:
 *   received      a frame is whole in memory
 *   renamed       it has its name in the spool
 *   synced        it is durable
 *   acknowledged  the client was told so
 *   inserted      its rows are written, not yet committed
 *   committed     the transaction is through, the files are still there
 *   applied       alerts have moved, nobody is told yet
 *   composed      the notifications are frozen
 *   sent          a notification was delivered, its row does not say so yet
 */
#ifdef FLEET_CRASH_POINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void crash_point(const char *name)
{
	const char *at = getenv("FLEET_CRASH_AT");
	if (at && strcmp(at, name) == 0)
		(void)kill(0, SIGKILL);
}
#else
static inline void crash_point(const char *name)
{
	(void)name;
}
#endif

#endif
