#include <netinet/in.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/fleetsim/conn_private.h"

enum {
	CHUNK = 30000,	     /* of a flood */
	FLOOD_TURN = 8,	     /* chunks a turn, so that other hosts get on */
	FLOOD_MAX = 1 << 30, /* bytes of an output without sense */
};

static void hang(struct conn *c)
{
	c->is_frozen = true;
}

static void reset(struct conn *c)
{
	const struct linger at_once = { 1, 0 };
	(void)setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	conn_end(c);
}

static void slow(struct conn *c)
{
	c->relay->is_slow = true;
	c->visit.trouble = TROUBLE_NONE;
}

/* Past libssh, which would make packets of it. */
static bool say_raw(struct conn *c, const void *data, size_t len)
{
	return send(c->watch.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

static void say_junk(struct conn *c)
{
	char bytes[512];
	randombytes_buf(bytes, sizeof bytes);
	(void)say_raw(c, bytes, sizeof bytes);
	c->is_frozen = true;
}

static void say_words(struct conn *c)
{
	const char *words = c->visit.fault->says;
	(void)say_raw(c, words, strlen(words));
	(void)shutdown(c->watch.fd, SHUT_WR);
	c->is_frozen = true;
}

/* ---- floods ----------------------------------------------------------------------------- */

static bool flood_lines(struct conn *c)
{
	return say_raw(c, c->visit.fault->says, strlen(c->visit.fault->says));
}

static const char *noise(void)
{
	static char text[CHUNK + 1];
	if (!*text)
		memset(text, 'x', CHUNK);
	return text;
}

static bool flood_ignores(struct conn *c)
{
	return ssh_send_ignore(c->session, noise()) == SSH_OK;
}

static bool count(struct conn *c, int written)
{
	c->flooded += written > 0 ? (size_t)written : 0;
	return written > 0;
}

static bool flood_stdout(struct conn *c)
{
	return count(c, ssh_channel_write(c->channel, noise(), CHUNK));
}

static bool flood_stderr(struct conn *c)
{
	return count(c, ssh_channel_write_stderr(c->channel, noise(), CHUNK));
}

void trouble_flood(struct conn *c)
{
	int turn = 0;
	while (turn < FLOOD_TURN && !conn_has_pending(c) && c->flood(c))
		turn++;
	c->floods_on = turn > 0;
	if (c->flooded < FLOOD_MAX)
		return;
	c->flood = NULL;
	conn_end_command(c);
}

/* ---- the table -------------------------------------------------------------------------- */

enum need { NO_NEED, NEEDS_SESSION, NEEDS_CHANNEL };

static const struct {
	void (*begin)(struct conn *c);
	bool (*flood)(struct conn *c);
	enum need need;
} troubles[TROUBLE_COUNT] = {
	[TROUBLE_HANG] = { .begin = hang },
	[TROUBLE_DROP] = { .begin = conn_end },
	[TROUBLE_RESET] = { .begin = reset },
	[TROUBLE_SLOW] = { .begin = slow },
	[TROUBLE_END] = { .begin = conn_end_command },
	[TROUBLE_JUNK] = { .begin = say_junk },
	[TROUBLE_WORDS] = { .begin = say_words },
	[TROUBLE_LINES] = { .flood = flood_lines },
	[TROUBLE_IGNORES] = { .flood = flood_ignores, .need = NEEDS_SESSION },
	[TROUBLE_STDOUT] = { .flood = flood_stdout, .need = NEEDS_CHANNEL },
	[TROUBLE_STDERR] = { .flood = flood_stderr, .need = NEEDS_CHANNEL },
};

/* What needs more of the protocol than there is yet becomes the end of it. */
static bool is_possible(const struct conn *c, enum need need)
{
	return need == NO_NEED || (need == NEEDS_SESSION && c->session) || c->channel;
}

void trouble_begin(struct conn *c)
{
	enum trouble t = c->visit.trouble;
	if (!is_possible(c, troubles[t].need)) {
		conn_end(c);
		return;
	}
	if (troubles[t].begin)
		troubles[t].begin(c);
	if (!troubles[t].flood)
		return;
	c->flood = troubles[t].flood;
	c->floods_on = true;
	conn_go_deaf(c);
}
