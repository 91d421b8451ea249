/*
 * fleet-helper whose pollers were taken over: each speaks to no host, and tells the collector about
 * those it is given what the first word of their names says. Signer and resolvers are the real
 * ones.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/ipc/ipc.h"
#include "collector/spool/spool.h"
#include "lib/clock.h"

enum { ROUNDS = 20 };

static struct ipc_packet packet;
static struct ipc_settings settings;

static int say(enum ipc_type type, const void *message)
{
	return ipc_send(HELPER_CONTROL, type, message, -1);
}

/* As many keys as there are rounds, each another one. */
static int tell_keys(const struct host_row *row)
{
	int r = 0;
	for (uint8_t i = 0; i < ROUNDS && r == 0; i++) {
		uint8_t blob[51] = "\0\0\0\x0bssh-ed25519\0\0\0\x20";
		blob[50] = i;
		const struct ipc_new_key m = { .seq = row->seq,
			.hop = 0,
			.type = "ssh-ed25519",
			.blob = { blob, sizeof blob } };
		r = say(IPC_NEW_KEY, &m);
	}
	return r;
}

/* About others, under ids that were and were not given out. */
static int tell_lies(const struct host_row *row)
{
	static const char *const victims[] = { "honest", "no-such-client", "web\n9" };
	int r = 0;
	for (size_t i = 0; i < 2 * ARRAY_LEN(victims) && r == 0; i++) {
		struct spool_outcome o = {
			.attempt_id = row->attempt_id + i / 2 - 1,
			.cycle_id = settings.cycle_id,
			.outcome = i % 2 ? OUTCOME_OK : OUTCOME_HOST_KEY_CHANGED,
			.received_at = clock_wall_ms(),
		};
		(void)snprintf(o.nonce, sizeof o.nonce, "%s", row->nonce);
		(void)snprintf(o.client, sizeof o.client, "%s", victims[i / 2]);
		r = spool_put_outcome(POLLER_OUTCOMES, &o, NULL);
	}
	return r;
}

/* For the attempts of others, and what is none. */
static int tell_frames(const struct host_row *row)
{
	static const char text[] = "garbage", garbage[] = "no head\n";
	bool torn = false;
	int r = 0;
	for (uint64_t i = 0; i < 3 && r == 0; i++) {
		struct spool_head head = {
			.attempt_id = row->attempt_id + i - 1,
			.cycle_id = settings.cycle_id,
			.received_at = clock_wall_ms(),
			.length = sizeof text,
			.client = "honest",
		};
		r = spool_put(POLLER_FRAMES, &head, text, &torn, NULL);
	}
	if (r || write(POLLER_FRAMES, garbage, strlen(garbage)) < 0)
		return -1;
	return spool_sync(POLLER_FRAMES, NULL);
}

static int say_nothing(const struct host_row *row)
{
	(void)row;
	return 0;
}

static const struct {
	const char *word;
	int (*act)(const struct host_row *row);
} deeds[] = {
	{ "frames", tell_frames },
	{ "honest", say_nothing },
	{ "keys", tell_keys },
	{ "lies", tell_lies },
};

static int act(const struct host_row *row)
{
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		if (strncmp(row->name, deeds[i].word, strlen(deeds[i].word)) == 0)
			return deeds[i].act(row);
	return -1;
}

static int report(const struct host_row *row)
{
	struct spool_outcome o = {
		.attempt_id = row->attempt_id,
		.cycle_id = settings.cycle_id,
		.outcome = OUTCOME_TIMEOUT,
		.stage = STAGE_CONNECT,
		.taken_at = (int64_t)settings.taken_at,
		.received_at = clock_wall_ms(),
	};
	const struct ipc_finished m = {
		.seq = row->seq, .outcome = o.outcome, .text = "so it says"
	};
	const struct ipc_count one = { 1 };
	(void)snprintf(o.nonce, sizeof o.nonce, "%s", row->nonce);
	(void)snprintf(o.client, sizeof o.client, "%s", row->name);
	(void)snprintf(o.text, sizeof o.text, "%s", m.text);
	if (spool_put_outcome(POLLER_OUTCOMES, &o, NULL) || say(IPC_FINISHED, &m))
		return -1;
	return say(IPC_WANT, &one);
}

static int take_message(void)
{
	const struct ipc_count one = { 1 };
	struct host_row row;
	switch (packet.type) {
	case IPC_SETTINGS:
		return ipc_decode(IPC_SETTINGS, packet.data, packet.len, &settings);
	case IPC_READY:
		return say(IPC_WANT, &one);
	case IPC_HOST:
		if (ipc_decode(IPC_HOST, packet.data, packet.len, &row))
			return -1;
		return act(&row) ? -1 : report(&row);
	default:
		return 0;
	}
}

static int poll_nobody(void)
{
	struct pollfd p = { .fd = HELPER_CONTROL, .events = POLLIN };
	while (poll(&p, 1, -1) == 1 && ipc_receive(HELPER_CONTROL, &packet) == 1)
		if (take_message())
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--poller") == 0)
		return poll_nobody();
	return argc == 2 && strcmp(argv[1], "--signer") == 0 ? signer_main() : resolver_main();
}
