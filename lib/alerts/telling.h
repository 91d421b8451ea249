#ifndef FLEET_ALERTS_TELLING_H
#define FLEET_ALERTS_TELLING_H

#include <stddef.h>

#include "lib/alerts/compose.h"

/* One recipient is to be told one event. */
struct telling {
	const char *name; /* the recipient's; "" = standard output */
	const struct event *event;
	const struct deferred_event *deferred; /* the row it waits in, NULL when it is new */
	const char *address;		       /* of a mail, or "" */
};

/* All that there is to tell, by recipient and event, in the pool; NULL without memory. */
const struct telling *tellings_gather(
	const struct compose_input *in, struct arena *pool, size_t *ret_count) MUST_CHECK;

#endif
