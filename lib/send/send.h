#ifndef FLEET_SEND_SEND_H
#define FLEET_SEND_SEND_H

#include <stdint.h>

#include "lib/error.h"

/*
 * What became of one message, by whose fault. "All" are those that take the same way: every
 * mail, every message to one webhook or one command.
 */
enum send_result {
	SEND_SENT,
	SEND_LATER,   /* this one, for now */
	SEND_LOST,    /* the connection, half-way: it may have arrived, so it is sent again under
			 its Message-ID */
	SEND_REFUSED, /* this one, for good */
	SEND_CHANNEL, /* all, by no fault of this one's: it was not looked at */
	SEND_DOUBTED, /* all, though it may be this one's fault: all wait, and it lets others go
			 first */
};

/* What is told beside that. */
struct send_report {
	struct error reason; /* why, for people; set whatever the result but SEND_SENT */
	int64_t rest_ms;     /* how long the other side asks to be left alone; 0 = says nothing */
};

#endif
