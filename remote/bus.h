#ifndef FLEET_REMOTE_BUS_H
#define FLEET_REMOTE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/span.h"

/*
 * As much of the D-Bus protocol (D-Bus Specification 0.41) as it takes to ask systemd two
 * questions, without a descriptor in it: what to send, all of it at once, and what came back.
 * Every byte that came is hostile.
 *
 * The answers are those of org.freedesktop.systemd1.Manager to Properties.Get: a variant each.
 */
enum {
	BUS_REQUEST_MAX = 1024, /* bytes of everything that is sent */
	BUS_MESSAGE_MAX = 65536,
	BUS_QUESTIONS = 2,    /* SystemState, NFailedUnits */
	BUS_FIRST_SERIAL = 2, /* of the first question's call; Hello is 1 */
};

/* The whole of what to send: SASL EXTERNAL as that user, Hello, the questions. Nothing of it can
 * start a program on the far side. Returns the length. */
size_t bus_request(unsigned uid, char out[static BUS_REQUEST_MAX]);

struct bus_value {
	char type; /* 's', 'u'; 0: no answer, an error, or another type */
	struct span text;
	uint32_t number;
};

/* What the answers are so far. Returns true when there is nothing more to wait for: all are
 * there, or the bytes are no D-Bus. */
bool bus_answers(struct span received, struct bus_value ret_values[static BUS_QUESTIONS]);

#endif
