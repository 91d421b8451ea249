#include "collector/claim.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/crypto/hash.h"
#include "lib/file.h"
#include "lib/log.h"

enum { MACHINE_ID_LENGTH = 32 };

/* 63 bits, not 0. */
static uint64_t to_id(const void *bytes)
{
	uint64_t id;
	memcpy(&id, bytes, sizeof id);
	id &= INT64_MAX;
	return id ? id : 1;
}

uint64_t claim_of(uint64_t seed, const char *machine, const struct config *config)
{
	const struct storage_config *s = &config->storage;
	const char *const texts[] = { machine, config->collector.spool, s->path, s->host, s->socket,
		s->database };
	uint64_t numbers[] = { seed, s->engine, s->port };
	uint8_t digests[ARRAY_LEN(texts) + 1][HASH_DIGEST_SIZE], digest[HASH_DIGEST_SIZE];
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		hash_digest(texts[i] ? texts[i] : "", texts[i] ? strlen(texts[i]) : 0, digests[i]);
	hash_digest(numbers, sizeof numbers, digests[ARRAY_LEN(texts)]);
	hash_digest(digests, sizeof digests, digest);
	return to_id(digest);
}

/* "" when it has none, as in some containers. */
static void read_machine(char ret_machine[static MACHINE_ID_LENGTH + 1])
{
	CLEANUP(buffer_finish) struct buffer file = { 0 };
	struct error err;
	ret_machine[0] = 0;
	if (file_read("/etc/machine-id", FILE_ANY, 2 * MACHINE_ID_LENGTH, &file, &err) == 0)
		(void)snprintf(ret_machine, MACHINE_ID_LENGTH + 1, "%s", file.len ? file.data : "");
}

/* It is on disk before anything is claimed with it. */
static int make_seed(const char *state_path, struct run_state *state, struct error *err)
{
	uint64_t noise;
	if (getrandom(&noise, sizeof noise, 0) != sizeof noise)
		return error_errno(err, "getrandom");
	state->seed = to_id(&noise);
	return run_state_save(state_path, state, err);
}

static int ask(struct storage *storage, const struct config *config, uint64_t claim,
	const struct run_state *state, uint8_t *ret_number, struct error *err)
{
	char host[256] = "", place[700];
	(void)gethostname(host, sizeof host - 1);
	(void)snprintf(place, sizeof place, "%s:%s", host, config->collector.spool);
	return storage_claim_number(
		storage, claim, state->clock.collector, place, clock_wall_ms(), ret_number, err);
}

static int keep(const char *state_path, struct run_state *state, uint64_t claim, uint8_t number,
	struct error *err)
{
	state->claim = claim;
	state->clock.collector = number;
	return run_state_save(state_path, state, err);
}

int claim_renew(struct storage *storage, const struct config *config, const char *state_path,
	struct run_state *state, struct error *err)
{
	uint8_t number;
	if (ask(storage, config, state->claim, state, &number, err) < 0)
		return -1;
	if (number == state->clock.collector)
		return 0;
	log_info("another has the number of this collector, which is %u from now on", number);
	return keep(state_path, state, state->claim, number, err);
}

static int claim_first(const struct config *config, const char *state_path, struct run_state *state,
	uint64_t claim, struct error *err)
{
	struct storage *storage;
	uint8_t number;
	if (storage_open(&config->storage, true, &storage, err) < 0)
		return -1;
	int r = ask(storage, config, claim, state, &number, err);
	storage_close(storage);
	return r < 0 ? -1 : keep(state_path, state, claim, number, err);
}

int claim_number(const struct config *config, const char *state_path, struct run_state *state)
{
	char machine[MACHINE_ID_LENGTH + 1];
	struct error err = { "" };
	read_machine(machine);
	if (!state->seed && make_seed(state_path, state, &err) < 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	uint64_t claim = claim_of(state->seed, machine, config);
	if (state->clock.collector && state->claim == claim)
		return EX_OK;
	if (claim_first(config, state_path, state, claim, &err) == 0)
		return EX_OK;
	log_error("%s; nothing is polled before this database has been reached once: it gives a "
		  "collector its number",
		err.text);
	return EX_UNAVAILABLE;
}
