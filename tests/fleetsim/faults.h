#ifndef FLEETSIM_FAULTS_H
#define FLEETSIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

struct visit;

/*
 * What can go wrong with a host, a row each (faults.c), and when. A moment before the command is
 * that at which a request of the client's has come and is not answered yet.
 */
enum moment {
	AT_ACCEPT,  /* the connection; before a byte is said */
	AT_BANNER,  /* in the middle of the server's first line */
	AT_KEX,	    /* behind that line */
	AT_SERVICE, /* behind the key exchange */
	AT_AUTH,    /* the login */
	AT_OPEN,    /* the channel */
	AT_EXEC,    /* the command */
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
	TROUBLE_WORDS,	 /* the fault's words, past SSH, and its end of file */
	TROUBLE_LINES,	 /* the same without end */
	TROUBLE_STDOUT,	 /* a gigabyte on standard output */
	TROUBLE_STDERR,
	TROUBLE_COUNT,
};

struct fault {
	const char *name;
	enum moment moment;
	enum trouble trouble;
	void (*twist)(struct visit *v); /* changes what is said; NULL when `trouble` is all */

	/* Of words past SSH, and of a command that is answered in another way: */
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
