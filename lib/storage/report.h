#ifndef FLEET_STORAGE_REPORT_H
#define FLEET_STORAGE_REPORT_H

#include "lib/storage/private.h"

/* Stores the whole text of a sample's report, compressed, when the stored one is ten minutes
 * or more away: it is there for people to look at, and most of its weight is not worth a
 * write every minute. */
int report_put_text(struct storage *s, struct cached_client *client, const struct sample *sample,
	struct error *err) MUST_CHECK;

#endif
