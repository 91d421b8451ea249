#include "collector/dispatch/caps.h"

#include <stdlib.h>

#include "lib/compiler.h"

enum {
	HOSTS_A_POLLER = 256, /* one does these in a fraction of a second; a second one costs as
				 much to start as some hosts, and its syncs come on top */
	OWN_FDS = 64,	      /* of a poller beside its sessions */
	DARK_MAX = 8192,
	SUSPECTS_LEAST = 4,
	SUSPECT_ROUNDS = 32, /* that all of them together may take */
};

uint32_t caps_pollers(
	const struct ipc_settings *caps, size_t hosts, uint32_t wanted, uint32_t cores)
{
	size_t useful = wanted ? hosts : (hosts + HOSTS_A_POLLER - 1) / HOSTS_A_POLLER;
	uint64_t count = smaller(useful, smaller(wanted ? wanted : cores, POLLERS_MAX));
	count = smaller(count, smaller(caps->sessions, caps->connects));
	return count ? (uint32_t)count : 1;
}

static uint32_t share(uint32_t total, uint32_t count, uint32_t index)
{
	return total / count + (index < total % count);
}

struct ipc_settings caps_share(const struct ipc_settings *caps, uint32_t count, uint32_t index)
{
	struct ipc_settings s = *caps;
	s.sessions = share(caps->sessions, count, index);
	s.connects = share(caps->connects, count, index);
	return s;
}

uint32_t caps_fit_descriptors(uint32_t sessions, uint32_t count, rlim_t limit)
{
	rlim_t each = limit > OWN_FDS ? limit - OWN_FDS : 1;
	return sessions / count < each ? sessions : (uint32_t)each * count;
}

uint32_t caps_dark(uint32_t sessions, uint32_t count, rlim_t limit)
{
	rlim_t taken = (rlim_t)OWN_FDS + sessions / count + 1;
	rlim_t left = limit > taken ? limit - taken : 0;
	return (uint32_t)smaller(left, DARK_MAX);
}

uint32_t caps_files(uint32_t room, size_t hosts)
{
	size_t each = hosts ? room / hosts : room;
	return each < WIRE_FILES_MAX ? (uint32_t)smaller(room, each ? each : 1) : WIRE_FILES_MAX;
}

/* The gate of a group's cap, made with those around it when it is the first time. */
static int find_gate(
	struct feed *f, uint32_t *gates, const struct group_cap *cap, uint32_t *ret_gate)
{
	uint32_t outer = 0;
	if (cap && !gates[cap->index] &&
		(find_gate(f, gates, cap->outer, &outer) ||
			feed_add_gate(f, cap->sessions, outer, &gates[cap->index])))
		return -1;
	*ret_gate = cap ? gates[cap->index] : 0;
	return 0;
}

/* The fewer at once, the fewer die with the one that kills; the more, the sooner all are done. */
static int bind_suspects(struct feed *f, const struct poll_host *hosts)
{
	uint32_t count = 0, gate;
	for (uint32_t i = 0; i < f->count; i++)
		count += hosts[i].turn == TURN_SUSPECT;
	uint32_t max = (count + SUSPECT_ROUNDS - 1) / SUSPECT_ROUNDS;
	if (!count)
		return 0;
	int r = feed_add_gate(f, max < SUSPECTS_LEAST ? SUSPECTS_LEAST : max, 0, &gate);
	for (uint32_t i = 0; i < f->count && r == 0; i++)
		if (hosts[i].turn == TURN_SUSPECT)
			r = feed_bind(f, i, gate);
	return r;
}

int caps_bind(struct feed *f, const struct poll_host *hosts, const struct config *config)
{
	uint32_t *gates = calloc(config->cap_count + 1, sizeof *gates);
	int r = gates ? 0 : -1;
	for (uint32_t i = 0, gate; i < f->count && r == 0; i++) {
		r = find_gate(f, gates, hosts[i].client->cap, &gate);
		if (r == 0)
			r = feed_bind(f, i, gate);
	}
	free(gates);
	return r ? r : bind_suspects(f, hosts);
}
