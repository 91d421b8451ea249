#ifndef FLEET_REMOTE_BYTES_BUS_H
#define FLEET_REMOTE_BYTES_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/*
 * As much of the D-Bus protocol (D-Bus Specification 0.41) as it takes to ask systemd how it is,
 * without a descriptor in it: what to send, all of it at once, and what came back. Every byte
 * that came is hostile.
 */
enum {
	BUS_REQUEST_MAX = 1536, /* bytes of everything that is sent */
	BUS_MESSAGE_MAX = 65536,
	BUS_FIRST_SERIAL = 2, /* of the first question's call; Hello is 1 */
};

/* Of org.freedesktop.systemd1.Manager: two properties, and ListUnitsFiltered(["failed"]). */
enum bus_question { BUS_SYSTEM_STATE, BUS_FAILED_COUNT, BUS_FAILED_UNITS, BUS_QUESTIONS };

/* The whole of what to send: SASL EXTERNAL as that user, Hello, the questions. Nothing of it can
 * start a program on the far side. Returns the length. */
size_t bus_request(unsigned uid, char out[static BUS_REQUEST_MAX]);

/* A part of a message, from `at` on. Alignment counts from `start`, the message's own. */
struct bus_part {
	const char *start;
	size_t at, end;
	bool is_big; /* its byte order */
};

struct bus_value {
	char type; /* 's', 'u', 'a'; 0: no answer, an error, or another type */
	struct span text;
	uint32_t number;
	struct bus_part units;
};

/* What the answers are so far. Returns true when there is nothing more to wait for: all are
 * there, or the bytes are no D-Bus. */
bool bus_answers(struct span received, struct bus_value ret_values[static BUS_QUESTIONS]);

/* Takes the name of the next unit off an answer of type 'a'. */
bool bus_next_unit(struct bus_part *units, struct span *ret_name);

#endif
