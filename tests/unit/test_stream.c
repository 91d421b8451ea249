#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ssh/stream.h"

enum { PLENTY = 1 << 30 };

struct pair {
	struct stream s;
	int peer;
};

static int setup(void **state)
{
	int fds[2];
	struct pair *p = calloc(1, sizeof *p);
	if (!p || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	p->s = (struct stream){ .fd = fds[0], .turn_left = PLENTY, .left = PLENTY };
	p->peer = fds[1];
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;
	stream_finish(&p->s);
	(void)close(p->peer);
	free(p);
	return 0;
}

static void say(struct pair *p, const char *text)
{
	assert_int_equal(send(p->peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void reads_single_bytes_out_of_one_receive(void **state)
{
	struct pair *p = *state;
	char byte;
	say(p, "SSH-2.0-x\n");
	for (const char *c = "SSH-2.0-x\n"; *c; c++) {
		assert_int_equal(stream_recv(&p->s, &byte, 1), 1);
		assert_int_equal(byte, *c);
		assert_int_equal(stream_has_more(&p->s), c[1] != 0);
		assert_int_equal(p->s.received, 10); /* all of it at the first byte */
	}
	assert_int_equal(stream_recv(&p->s, &byte, 1), -EAGAIN);
	assert_int_equal(p->s.loss, STREAM_FINE);
}

static void stops_at_the_end_of_a_turn(void **state)
{
	struct pair *p = *state;
	char data[4096];
	say(p, "0123456789");
	p->s.turn_left = 6;
	assert_int_equal(stream_recv(&p->s, data, sizeof data), 6);
	assert_int_equal(stream_recv(&p->s, data, sizeof data), -EAGAIN);
	assert_true(stream_has_more(&p->s));
	p->s.turn_left = 6;
	assert_int_equal(stream_recv(&p->s, data, sizeof data), 4);
	assert_int_equal(stream_recv(&p->s, data, sizeof data), -EAGAIN);
	assert_false(stream_has_more(&p->s));
}

static void takes_no_more_than_a_session_may(void **state)
{
	struct pair *p = *state;
	char data[4096];
	p->s.left = 9;
	say(p, "01234");
	assert_int_equal(stream_recv(&p->s, data, sizeof data), 5);
	say(p, "56789");
	assert_int_equal(stream_recv(&p->s, data, sizeof data), -EAGAIN);
	assert_int_equal(p->s.loss, STREAM_FLOOD);
}

static void shows_an_end_as_nothing_more(void **state)
{
	struct pair *p = *state;
	char data[4096];
	say(p, "last");
	assert_int_equal(shutdown(p->peer, SHUT_WR), 0);
	assert_int_equal(stream_recv(&p->s, data, sizeof data), 4);
	assert_int_equal(stream_recv(&p->s, data, sizeof data), -EAGAIN);
	assert_int_equal(p->s.loss, STREAM_EOF);
	assert_true(stream_has_more(&p->s));
}

static void keeps_the_head_while_asked_to(void **state)
{
	struct pair *p = *state;
	char data[4096];
	p->s.keep_head = true;
	say(p, "hello ");
	assert_int_equal(stream_recv(&p->s, data, 1), 1);
	say(p, "there");
	assert_int_equal(stream_recv(&p->s, data, sizeof data), 5);
	assert_int_equal(stream_recv(&p->s, data, sizeof data), 5);
	assert_string_equal(p->s.head.data, "hello there");
	stream_forget_head(&p->s);
	say(p, "!");
	assert_int_equal(stream_recv(&p->s, data, sizeof data), 1);
	assert_int_equal(p->s.head.len, 0);
}

/* Sends packets until one waits here; returns how many bytes were sent. */
static size_t fill(struct pair *p, const char *packet, size_t len)
{
	size_t total = 0;
	while (p->s.out.len == 0) {
		assert_int_equal(stream_send(&p->s, packet, len), len);
		total += len;
	}
	return total;
}

static void takes_whole_packets_and_keeps_their_order(void **state)
{
	struct pair *p = *state;
	static char packet[30000], got[65536];
	size_t sent = 0, received = 0;
	for (size_t i = 0; i < sizeof packet; i++)
		packet[i] = (char)(i % 251);
	sent = fill(p, packet, sizeof packet);
	assert_int_equal(stream_send(&p->s, packet, sizeof packet), sizeof packet);
	sent += sizeof packet;
	while (received < sent) {
		ssize_t n = recv(p->peer, got, sizeof got, 0);
		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++, received++)
			assert_int_equal(got[i], packet[received % sizeof packet]);
		stream_flush(&p->s);
	}
	assert_int_equal(p->s.out.len, 0);
	assert_int_equal(p->s.loss, STREAM_FINE);
}

static void gives_up_on_a_peer_that_takes_nothing(void **state)
{
	struct pair *p = *state;
	static const char packet[30000];
	(void)fill(p, packet, sizeof packet);
	for (int i = 0; i < 100; i++)
		assert_int_equal(stream_send(&p->s, packet, sizeof packet), sizeof packet);
	assert_int_equal(p->s.loss, STREAM_STUFFED);
	assert_true(p->s.out.len < 300000);
}

static void remembers_the_first_trouble(void **state)
{
	struct pair *p = *state;
	char data[4096];
	(void)close(p->peer);
	p->peer = -1;
	assert_int_equal(stream_send(&p->s, "x", 1), 1);
	assert_int_equal(p->s.loss, STREAM_ERROR);
	assert_int_equal(p->s.errnum, EPIPE);
	assert_int_equal(stream_recv(&p->s, data, sizeof data), -EAGAIN);
	assert_int_equal(p->s.loss, STREAM_ERROR);
	p->s.closing = true;
	assert_int_equal(stream_recv(&p->s, data, sizeof data), -ECONNABORTED);
	assert_int_equal(stream_send(&p->s, "x", 1), -ECONNABORTED);
}

/* Takes and gives three bytes at a time. */
struct slow {
	const char *in;
	size_t in_len;
	char out[20];
	size_t out_len, room;
};

static ssize_t slow_receive(void *arg, void *data, size_t size)
{
	struct slow *c = arg;
	size_t n = c->in_len < 3 ? c->in_len : 3;
	if (n > size)
		n = size;
	if (n == 0)
		return c->in ? -EAGAIN : -ECONNABORTED;
	memcpy(data, c->in, n);
	c->in += n;
	c->in_len -= n;
	return (ssize_t)n;
}

static ssize_t slow_transmit(void *arg, const void *data, size_t len)
{
	struct slow *c = arg;
	size_t n = len < 3 ? len : 3;
	if (n > c->room)
		n = c->room;
	memcpy(c->out + c->out_len, data, n);
	c->out_len += n;
	c->room -= n;
	return n ? (ssize_t)n : -EAGAIN;
}

static void goes_through_a_carrier(void **state)
{
	(void)state;
	char got[20];
	struct slow c = { .in = "hello", .in_len = 5, .room = 4 };
	struct stream s = { .fd = -1,
		.carrier = { slow_receive, slow_transmit, &c },
		.turn_left = PLENTY,
		.left = PLENTY };
	assert_int_equal(stream_recv(&s, got, sizeof got), 3);
	assert_int_equal(stream_recv(&s, got + 3, sizeof got - 3), 2);
	assert_memory_equal(got, "hello", 5);
	assert_int_equal(stream_recv(&s, got, sizeof got), -EAGAIN);
	assert_int_equal(stream_send(&s, "and bye", 7), 7);
	stream_flush(&s);
	assert_int_equal(c.out_len, 4);
	assert_int_equal(s.out.len, 3);
	c.room = 10;
	stream_flush(&s);
	assert_memory_equal(c.out, "and bye", 7);
	assert_int_equal(s.out.len, 0);
	c.in = NULL;
	assert_int_equal(stream_recv(&s, got, sizeof got), -EAGAIN);
	assert_int_equal(s.loss, STREAM_ERROR);
	assert_int_equal(s.errnum, ECONNABORTED);
	stream_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			reads_single_bytes_out_of_one_receive, setup, teardown),
		cmocka_unit_test_setup_teardown(stops_at_the_end_of_a_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_no_more_than_a_session_may, setup, teardown),
		cmocka_unit_test_setup_teardown(shows_an_end_as_nothing_more, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_the_head_while_asked_to, setup, teardown),
		cmocka_unit_test_setup_teardown(
			takes_whole_packets_and_keeps_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			gives_up_on_a_peer_that_takes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(remembers_the_first_trouble, setup, teardown),
		cmocka_unit_test(goes_through_a_carrier),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
