#ifndef FLEET_REMOTE_READERS_H
#define FLEET_REMOTE_READERS_H

#include "remote/bytes/span.h"
#include "remote/bytes/text.h"

/*
 * A reader is a pure function from the bytes that a gather left to samples under
 * node_exporter's names, labels and types; it decides nothing. It stands alone in
 * readers/NAME.c, which says in which manual its bytes are described. The bytes are hostile: a
 * line that is not understood is skipped, a number that is none gives no sample.
 *
 * Each family's text_type() comes before its samples, and no two readers write one family.
 */
typedef void reader(struct span bytes, struct text *out);

/* read_NAME, one a row of the table; several rows may share one. */
#define SOURCE(group, how, path, files, name) reader read_##name;
#include "remote/sources.def"
#undef SOURCE

#endif
