/*
 * The real signer between two pollers, of which one was taken over:
 *
 *   rogue_asker IDENTITY
 *
 * prints how many milliseconds the other waits for a signature at the longest: "calm" before the
 * first asks anything, "flooded" while that asks all it can and takes no answer, "left" when it has
 * closed its socket then; and "late", how many of as many answers one gets that first asks and
 * then reads. fleet-helper stands beside it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/ipc/ipc.h"
#include "collector/poller/signature.h"
#include "lib/buffer.h"
#include "lib/clock.h"

enum { START_MS = 20000, FLOOD_MS = 3000, PATIENCE_MS = 20000, QUESTIONS = 5, MANY = 3000 };

static struct ipc_packet packet;
static struct buffer login; /* what is to be signed */
static int signer, rogue = -1;
static uint32_t serial;
static pid_t pid;

static int wait_for(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, timeout_ms);
}

static int put(const void *data, size_t len)
{
	const uint8_t head[4] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len };
	return buffer_append(&login, head, sizeof head) ? -1 : buffer_append(&login, data, len);
}

/* RFC 4252, section 7. */
static int make_login(struct ipc_bytes key)
{
	static const uint8_t session[32];
	static const char request = 50, with_signature = 1;
	return put(session, sizeof session) || buffer_append(&login, &request, 1) ||
	       put("monitor", 7) || put("ssh-connection", 14) || put("publickey", 9) ||
	       buffer_append(&login, &with_signature, 1) || put("ssh-ed25519", 11) ||
	       put(key.data, key.len);
}

static int start(const char *identity, struct error *err)
{
	const struct ipc_open open = { 0, identity, "" };
	struct ipc_identity opened;
	if (helper_find_program(err) || helper_start(ROLE_SIGNER, &pid, &signer, err))
		return -1;
	if (ipc_send(signer, IPC_OPEN, &open, -1) || wait_for(signer, START_MS) != 1 ||
		ipc_receive(signer, &packet) != 1 ||
		ipc_decode(IPC_IDENTITY, packet.data, packet.len, &opened) ||
		make_login(opened.blob))
		return error_errno(err, "signer");
	return opened.blob.len ? 0 : error_set(err, "%s", opened.reason);
}

static int join(struct error *err)
{
	int ends[2];
	if (ipc_pair(ends, err) || ipc_send(signer, IPC_CLIENT, NULL, ends[1]))
		return -1;
	close(ends[1]);
	return ends[0];
}

static int ask(int fd)
{
	return signature_ask(fd, ++serial, 0, (const uint8_t *)login.data, login.len);
}

static int take(int fd)
{
	uint32_t answered;
	struct signature s;
	if (signature_take(fd, &answered, &s))
		return -1;
	free(s.data);
	errno = EBADMSG;
	return s.len && answered <= serial ? 0 : -1;
}

static void flood(int64_t until_ms)
{
	while (rogue >= 0 && clock_monotonic_ms() < until_ms)
		if (ask(rogue))
			(void)poll(NULL, 0, 1);
}

/* The longest of some; no longer than anybody waits. */
static int64_t measure(int fd)
{
	int64_t longest = 0;
	for (int i = 0; i < QUESTIONS; i++) {
		int64_t begin = clock_monotonic_ms(), took = 0;
		if (ask(fd))
			return -1;
		while (take(fd)) {
			if (errno != EAGAIN)
				return -1;
			flood(clock_monotonic_ms() + 5);
			(void)wait_for(fd, 20);
			if ((took = clock_monotonic_ms() - begin) > PATIENCE_MS)
				return took;
		}
		if (took > longest)
			longest = took;
	}
	return longest;
}

static int take_many(int fd)
{
	int asked = 0, taken = 0;
	for (; asked < MANY; asked++)
		while (ask(fd))
			if (errno != EAGAIN || poll(NULL, 0, 1))
				return -1;
	(void)poll(NULL, 0, FLOOD_MS); /* its answers fill the socket */
	while (taken < MANY)
		if (take(fd) == 0)
			taken++;
		else if (errno != EAGAIN || wait_for(fd, PATIENCE_MS) != 1)
			break;
	return taken;
}

static int run(const char *identity, struct error *err)
{
	int honest = -1, first = -1;
	if (start(identity, err) || (first = join(err)) < 0 || (honest = join(err)) < 0)
		return -1;
	if (ipc_send(signer, IPC_READY, NULL, -1))
		return error_errno(err, "signer");
	(void)printf("calm %d\n", (int)measure(honest));
	rogue = first;
	flood(clock_monotonic_ms() + FLOOD_MS);
	(void)printf("flooded %d\n", (int)measure(honest));
	close(rogue);
	rogue = -1;
	(void)printf("left %d\n", (int)measure(honest));
	(void)printf("late %d\n", take_many(honest));
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = { "" };
	int r = argc == 2 ? run(argv[1], &err) : -1;
	if (r)
		(void)fprintf(stderr, "rogue_asker: %s\n", err.text);
	if (pid)
		close(signer);
	bool is_good = !pid || helper_dismiss(pid);
	buffer_finish(&login);
	return r || !is_good;
}
