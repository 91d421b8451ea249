#ifndef FLEET_WIRE_ASK_H
#define FLEET_WIRE_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compiler.h"

/*
 * What a request asks of the probe beyond what every report holds. Both sides link this file.
 *
 * Asks are the last fields of a request line, ` ask=<kind>:<text>` each, any number of them
 * and of a kind. Bytes of the text other than letters, digits and -./_*? are written %HH; it
 * holds no control characters. A probe skips kinds that it does not know.
 */
enum ask_kind {
	ASK_PROCESS,	    /* how many run under this name; or NAME=PATH, of a pid file */
	ASK_FILE,	    /* the age of this file */
	ASK_CERTIFICATE,    /* until when this one is valid */
	ASK_TEXTFILE,	    /* a folder of *.prom files; "-" for none, not even the usual */
	ASK_MOUNT_INCLUDE,  /* filesystems at mount points of this pattern, with * and ?, too */
	ASK_MOUNT_EXCLUDE,  /* and none at these: the last that matches decides */
	ASK_NETWORK_MOUNTS, /* "yes": those of servers and of FUSE, too */
	ASK_KINDS,
};

enum { ASK_TEXT_MAX = 512 };

struct ask {
	enum ask_kind kind;
	char text[ASK_TEXT_MAX + 1];
};

/* The kind of this name ("mount-include"), or ASK_KINDS. */
enum ask_kind ask_kind_find(const char *name, size_t len);
const char *ask_kind_name(enum ask_kind kind);

/* Writes ` ask=<kind>:<text>` with a NUL, to be put behind others; returns its length, or -1 when
 * it does not fit, or the text is empty, too long, or holds a control character. */
int ask_encode(enum ask_kind kind, const char *text, char *out, size_t size) MUST_CHECK;

/* Takes the next ask of a known kind off *rest (struct wire_request's asks); what is malformed is
 * skipped. */
bool ask_next(const char **rest, struct ask *ret_ask);

#endif
