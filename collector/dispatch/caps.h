#ifndef FLEET_COLLECTOR_DISPATCH_CAPS_H
#define FLEET_COLLECTOR_DISPATCH_CAPS_H

#include <stdint.h>
#include <sys/resource.h>

#include "collector/dispatch/pollers.h"
#include "collector/ipc/ipc.h"

/*
 * What keeps a run from doing too much at once. Pure.
 *
 * The caps of the whole run are shared out among the pollers, never rounded up: together they
 * stay within them. The caps of groups are gates of the feed.
 */

/* How many pollers there are, of those wanted or, when that is 0, of as many as there are cores and
 * hosts for them to be busy with. None is without a host, or without a share of these caps. At
 * least 1. */
uint32_t caps_pollers(
	const struct ipc_settings *caps, size_t hosts, uint32_t wanted, uint32_t cores);

/* The share of one poller of `count`, `index` from 0. */
struct ipc_settings caps_share(const struct ipc_settings *caps, uint32_t count, uint32_t index);

/* The sessions that `count` pollers can have under this descriptor limit, at least one each. */
uint32_t caps_fit_descriptors(uint32_t sessions, uint32_t count, rlim_t limit);

/* How many hosts that do not answer its connections a poller may wait for beside its sessions:
 * they take nothing but a descriptor. */
uint32_t caps_dark(uint32_t sessions, uint32_t count, rlim_t limit);

/* How many files the next one of so many hosts may bring when the spool has room for these: an
 * equal part, and one at least while there is any. Its new report comes before all that it kept. */
uint32_t caps_files(uint32_t room, size_t hosts);

/* Makes the gates of the groups that the hosts are in, and one of all suspects, of whom a few are
 * polled at a time; binds each host to its own, before any is queued. -1 without memory. */
int caps_bind(
	struct feed *f, const struct poll_host *hosts, const struct config *config) MUST_CHECK;

#endif
