#ifndef FLEET_SSH_STREAM_H
#define FLEET_SSH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buffer.h"

/*
 * The socket below one SSH session, or the channel of another session that takes its place, with
 * everything libssh2 does not do for itself: budgets
 * for what a host may send, a small read-ahead (libssh2 takes the banner a byte at a time), and
 * a queue that takes whatever is to be sent, so that libssh2 never sees half a packet go out
 * and no two of its operations get into each other's way.
 *
 * Trouble is remembered here and shown to libssh2 as "nothing more yet", so that whatever was
 * received before is still delivered; the session looks at it after every step.
 */
enum stream_loss {
	STREAM_FINE,
	STREAM_EOF,	/* the host closed the connection */
	STREAM_ERROR,	/* see `errnum` */
	STREAM_FLOOD,	/* more bytes than `left` allows */
	STREAM_STUFFED, /* it makes us answer and does not take the answers */
};

/* What bytes go through instead of a socket. Both follow recv(2) and send(2) with -errno for
 * failure, and never wait. */
struct stream_carrier {
	ssize_t (*receive)(void *arg, void *data, size_t size);
	ssize_t (*transmit)(void *arg, const void *data, size_t len);
	void *arg;
};

struct stream {
	int fd; /* -1 when there is a carrier */
	struct stream_carrier carrier;
	size_t turn_left; /* bytes that may still be received this turn */
	uint64_t left;	  /* and before it counts as a flood */
	uint64_t received;
	struct buffer out;  /* taken, not yet handed on */
	struct buffer head; /* the first bytes that came, while `keep_head` */
	bool keep_head;
	bool closing; /* fail at once, for taking a session down */
	enum stream_loss loss;
	int errnum;
	size_t ahead_at, ahead_len;
	uint8_t ahead[512];
};

/* Both follow recv(2) and send(2), with -errno for failure. Sending takes everything. */
ssize_t stream_recv(struct stream *s, void *data, size_t size);
ssize_t stream_send(struct stream *s, const void *data, size_t len);

/* Hands the queue to the kernel, or the carrier, as far as that goes at once. */
void stream_flush(struct stream *s);

/* From now on the connection counts as reset, whatever was not read of it. */
void stream_break(struct stream *s);

/* More may be waiting than the next poll event will tell of. */
bool stream_has_more(const struct stream *s);

void stream_forget_head(struct stream *s);
void stream_finish(struct stream *s); /* closes the socket */

#endif
