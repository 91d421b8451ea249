/*
 * The table of faults. Most are a row and nothing else: a trouble of the connection (trouble.c), or
 * a command that is answered otherwise. The others change the report with a function of their own.
 */
#include "tests/fleetsim/faults.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fleetsim/answer.h"
#include "tests/fleetsim/visit.h"

/* ---- the server ------------------------------------------------------------------------- */

static void show_other_key(struct visit *v)
{
	v->keys = KEYS_CHANGED;
}

static void show_odd_algorithms(struct visit *v)
{
	v->keys = KEYS_ODD;
}

static void reject(struct visit *v)
{
	v->rejects = true;
}

/* ---- the report, before it is sealed ---------------------------------------------------- */

static void unspooled(struct visit *v)
{
	v->report.is_unspooled = true;
}

static void retired_key(struct visit *v)
{
	randombytes_buf(v->report.public_key, sizeof v->report.public_key);
	v->report.is_lie = true;
}

static void other_attempt(struct visit *v)
{
	v->report.header.attempt_id--;
	v->report.is_lie = true;
}

static void other_nonce(struct visit *v)
{
	v->report.header.nonce[0] ^= 1;
	v->report.is_lie = true;
}

static void no_end(struct visit *v)
{
	v->report.is_cut = true;
	v->report.is_lie = true;
}

static void shift_clock(struct visit *v)
{
	const int64_t ten_years_ms = 10LL * 365 * 86400 * 1000;
	bool is_odd = v->host->address & 1;
	v->report.header.wall_ms += is_odd ? ten_years_ms : -ten_years_ms;
}

/* Values that are none, and names to beware of, beside those that are true. */
static void odd_values(struct visit *v)
{
	static const char text[] =
		"node_procs_blocked NaN\nnode_procs_blocked -1\nnode_procs_blocked 1e400\n"
		"node_memory_MemFree_bytes 18446744073709551616\n"
		"node_filesystem_size_bytes{mountpoint=\"/\033[2J\xff\xfe\"} 1\n"
		"node_filesystem_avail_bytes{mountpoint=\"/\r\\n\t\x01\"} 1\n"
		"node_load1{ 1\n\xff\xff\xff\n";
	struct text *body = &v->report.body;
	if (body->len + sizeof text > body->size)
		return;
	memcpy(body->data + body->len, text, sizeof text - 1);
	body->len += sizeof text - 1;
}

/* ---- the sealed report ------------------------------------------------------------------ */

static struct sealed_file *copy(const struct sealed_file *f, const struct wire_key_id *key_id)
{
	return f ? sealed_file_create(f->attempt_id, key_id, f->data, f->len) : NULL;
}

/* The digest in the frame is right, so that only the seal tells. */
static void flip_sealed(struct visit *v)
{
	struct sealed_file *f = v->report.sealed, *twisted;
	f->data[f->len / 2] ^= 1;
	twisted = copy(f, &f->key_id);
	f->data[f->len / 2] ^= 1;
	v->report.instead = twisted;
}

static void flip(struct visit *v)
{
	flip_sealed(v);
	if (v->report.instead)
		memcpy(v->report.instead->digest, v->report.sealed->digest,
			sizeof v->report.sealed->digest);
}

static void shorten(struct visit *v)
{
	const struct sealed_file *f = v->report.sealed;
	v->report.instead = sealed_file_create(f->attempt_id, &f->key_id, f->data, f->len / 2);
}

/* A report that was stored already; the first visit only makes one. */
static void replay(struct visit *v)
{
	v->host->wants_replay = true;
	v->report.instead = copy(v->host->replay, &v->request.key_id);
}

static void foreign(struct visit *v)
{
	if (v->world->stolen_from != v->host->address)
		v->report.instead = copy(v->world->stolen, &v->request.key_id);
}

static void ten_thousand(struct visit *v)
{
	char junk[200];
	uint32_t index = 0;
	randombytes_buf(junk, sizeof junk);
	struct sealed_file *f =
		sealed_file_create(v->request.attempt_id, &v->request.key_id, junk, sizeof junk);
	while (f && index < 10000 && answer_frame(v, index, f) == 0)
		index++;
	free(f);
}

/* ---- the table -------------------------------------------------------------------------- */

#define FRAME(words) "\nfleet1 ready\nfleet1 file " words "\n"

/* clang-format off */
static const struct fault faults[] = {
	/* at any moment */
	{ "hang",     AT_ANY,     .trouble = TROUBLE_HANG },
	{ "drop",     AT_ANY,     .trouble = TROUBLE_DROP },
	{ "reset",    AT_ANY,     .trouble = TROUBLE_RESET },
	{ "slow",     AT_ANY,     .trouble = TROUBLE_SLOW },
	{ "end",      AT_ANY,     .trouble = TROUBLE_END },
	{ "ignores",  AT_ANY,     .trouble = TROUBLE_IGNORES },
	{ "junk",     AT_ANY,     .trouble = TROUBLE_JUNK },

	/* the server */
	{ "dark",     AT_ACCEPT,  .trouble = TROUBLE_DARK },
	{ "lines",    AT_BANNER,  .trouble = TROUBLE_LINES, .says = "still starting, please wait\r\n" },
	{ "http",     AT_BANNER,  .trouble = TROUBLE_WORDS, .says = "HTTP/1.0 400 No\r\n\r\n" },
	{ "key",      AT_ACCEPT,  .twist = show_other_key },
	{ "odd",      AT_ACCEPT,  .twist = show_odd_algorithms },
	{ "rejects",  AT_AUTH,    .twist = reject },

	/* the command */
	{ "stdout",   AT_REQUEST, .trouble = TROUBLE_STDOUT },
	{ "stderr",   AT_REQUEST, .trouble = TROUBLE_STDERR },
	{ "motd",     AT_EXEC,    .says = "Welcome.\nfleet1\n no newline", .goes_on = true },
	{ "nologin",  AT_EXEC,    .says = "This account is currently not available.\n", .status = 1 },
	{ "mute",     AT_EXEC,    .says = "" },
	{ "killed",   AT_EXEC,    .says = "\nfleet1 ready\n", .signal = "KILL" },
	{ "machine",  AT_EXEC,    .says = "\nfleet1 need pdp11\n", .stays = true },
	{ "greedy",   AT_EXEC,    .says = "fleet1 need x86_64\nfleet1 need x86_64\n", .stays = true },
	{ "liar",     AT_EXEC,    .says = "fleet1 error host-key-changed so there\n", .stays = true },
	{ "no-exec",  AT_EXEC,    .says = "\nfleet1 error no-exec-directory none takes a program\n" },
	{ "empty",    AT_EXEC,    .says = "fleet1 done 0\n", .stays = true },
	{ "too-big",  AT_EXEC,    .says = FRAME("0 0123456789abcdef 1048577 spooled"), .stays = true },
	{ "path",     AT_EXEC,    .says = FRAME("0 ../../../../x 10 spooled"), .stays = true },

	/* the report */
	{ "unspooled", AT_REQUEST, .twist = unspooled },
	{ "retired",  AT_REQUEST, .twist = retired_key },
	{ "attempt",  AT_REQUEST, .twist = other_attempt },
	{ "nonce",    AT_REQUEST, .twist = other_nonce },
	{ "no-end",   AT_REQUEST, .twist = no_end },
	{ "clock",    AT_REQUEST, .twist = shift_clock },
	{ "values",   AT_REQUEST, .twist = odd_values },
	{ "flip",     AT_SEALED,  .twist = flip },
	{ "flip-sealed", AT_SEALED, .twist = flip_sealed },
	{ "shorten",  AT_SEALED,  .twist = shorten },
	{ "replay",   AT_SEALED,  .twist = replay },
	{ "foreign",  AT_SEALED,  .twist = foreign },
	{ "leftovers", AT_SEALED, .twist = ten_thousand },
};
/* clang-format on */

static const char *const moments[] = {
	[AT_ACCEPT] = "accept",
	[AT_BANNER] = "banner",
	[AT_KEX] = "kex",
	[AT_SERVICE] = "service",
	[AT_AUTH] = "auth",
	[AT_OPEN] = "open",
	[AT_EXEC] = "exec",
	[AT_UPLOAD] = "upload",
	[AT_REQUEST] = "request",
	[AT_SEALED] = "sealed",
	[AT_HEADER] = "header",
	[AT_FRAME] = "frame",
	[AT_TRAILER] = "trailer",
	[AT_ACK] = "ack",
	[AT_ACKED] = "acked",
	[AT_CLOSE] = "close",
};

const struct fault *fault_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	return NULL;
}

const char *moment_name(enum moment m)
{
	return moments[m];
}

int moment_parse(const char *name, enum moment *ret_moment)
{
	for (size_t i = 0; i < ARRAY_LEN(moments); i++)
		if (strcmp(moments[i], name) == 0) {
			*ret_moment = (enum moment)i;
			return 0;
		}
	return -1;
}
