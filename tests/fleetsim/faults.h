#ifndef FLEETSIM_FAULTS_H
#define FLEETSIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

struct visit;

/*
 * What can go wrong with a host, a row each (faults.c), and when. A moment is named after what
 * comes next: at AUTH the key exchange is over and the client's login stays unanswered.
 */
enum moment {
	AT_ACCEPT,  /* before a byte is said */
	AT_BANNER,  /* in the middle of the server's first line */
	AT_KEX,	    /* behind that line */
	AT_AUTH,    /* behind the key exchange */
	AT_OPEN,    /* logged in */
	AT_EXEC,    /* the channel is open */
	AT_UPLOAD,  /* half of the probe has come */
	AT_REQUEST, /* the request is read; the report is written but not sealed */
	AT_SEALED,  /* the report is sealed and kept; not a byte of it is said */
	AT_HEADER,  /* in the middle of the first "file" line */
	AT_FRAME,   /* in the middle of the sealed bytes */
	AT_TRAILER, /* in the middle of the "end" line */
	AT_ACK,	    /* all is said, nothing is acknowledged */
	AT_ACKED,   /* everything is */
	AT_CLOSE,   /* the collector said its end of file */
	MOMENT_COUNT,
	AT_ANY, /* the rule says which */
};

/* What happens to the connection. All but SLOW are for good. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_DARK,	 /* packets are dropped: the address does not exist */
	TROUBLE_HANG,	 /* not a byte more, nothing is read */
	TROUBLE_DROP,	 /* closed */
	TROUBLE_RESET,	 /* closed by RST */
	TROUBLE_SLOW,	 /* a byte a second from now on */
	TROUBLE_END,	 /* the command ends as if all were said; before one, as DROP */
	TROUBLE_IGNORES, /* SSH_MSG_IGNORE without end */
	TROUBLE_JUNK,	 /* bytes that are no packet */
	TROUBLE_LINES,	 /* text lines without end: what may precede the first line */
	TROUBLE_STDOUT,	 /* a gigabyte on standard output */
	TROUBLE_STDERR,
	TROUBLE_COUNT,
};

struct fault {
	const char *name;
	enum moment moment;
	enum trouble trouble;
	void (*twist)(struct visit *v); /* changes what is said; NULL when `trouble` is all */

	/* Of a command that is answered in another way: */
	const char *says;
	const char *signal; /* that kills it, "KILL" */
	int status;
	bool goes_on; /* the answer follows all the same */
	bool stays;   /* it does not end */
};

/* NULL when there is none of this name. */
const struct fault *fault_find(const char *name) MUST_CHECK;

const char *moment_name(enum moment m);
int moment_parse(const char *name, enum moment *ret_moment) MUST_CHECK;

#endif
