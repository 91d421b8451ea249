#ifndef FLEET_SEND_MIME_H
#define FLEET_SEND_MIME_H

#include "lib/buffer.h"

/*
 * How text stands in a mail: RFC 2045 for bodies, RFC 2047 for headers. Pure. All append, and
 * fail for want of memory, or beyond the cap of the buffer.
 */

/* A header of text that people wrote: as it is while it is short plain ASCII, otherwise in encoded
 * words of UTF-8, whole characters each, in lines of at most 76. The text has no control
 * character, and is UTF-8. */
int mime_put_header(const char *name, const char *text, struct buffer *out) MUST_CHECK;

/* A name before an address: quoted where it is ASCII, encoded words otherwise. */
int mime_put_phrase(const char *text, struct buffer *out) MUST_CHECK;

/* Content-Type, Content-Transfer-Encoding, the empty line and the text of one part of UTF-8, whose
 * lines end in LF, CRLF or CR. Quoted-printable, or base64 where that is shorter. No line of it
 * begins with a dot, or with "--=_". */
int mime_put_part(const char *type, const char *text, struct buffer *out) MUST_CHECK;

/* Between parts: it can stand in no quoted-printable or base64 text (RFC 2045, section 6.7). */
#define MIME_BOUNDARY "=_fleet-health"

#endif
