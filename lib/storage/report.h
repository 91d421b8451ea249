#ifndef FLEET_STORAGE_REPORT_H
#define FLEET_STORAGE_REPORT_H

#include "lib/storage/private.h"

/* Stores the whole text of a sample's report, compressed, when storage_wants_text() says so. */
int report_put_text(struct storage *s, struct cached_client *client, const struct sample *sample,
	struct error *err) MUST_CHECK;

#endif
