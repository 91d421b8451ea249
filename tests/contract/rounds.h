#ifndef FLEET_TESTS_CONTRACT_ROUNDS_H
#define FLEET_TESTS_CONTRACT_ROUNDS_H

#include <sys/types.h>

#include "tests/contract/rig.h"

/*
 * A small fleet that is stored round by round, and others that disturb it: writers beside, and
 * transactions that hold what it needs.
 */
enum {
	CLIENTS = 40,
	MANY_CLIENTS = 600, /* more than storage takes at a time, see lib/storage/samples.c */
	READINGS = 10,
	ROUNDS = 12,
	KILLS = 6,
};

void wait_ms(long ms);

/* Stores round `n` of the whole fleet, or of one of MANY_CLIENTS at most. */
int put_round(struct storage *s, int n, struct error *err);
int put_round_of(struct storage *s, int n, int clients, struct error *err);

/* That just these many rounds are stored, each sample and reading once. */
void assert_rounds(struct rig *r, int rounds);
void assert_rounds_of(struct rig *r, int rounds, int clients);

/* Waits for a process that has to end well. */
void assert_ended(pid_t pid);

/* A process that stores so many rounds from `first` on, and is to be waited for. */
pid_t start_writer(struct rig *r, int first, int rounds);

/* Runs SQL in the engine's shell in a process of its own. */
pid_t start_sql(struct rig *r, const char *sql);

/* The same, keeps its transaction until let_go(), and then runs `after`. */
pid_t hold(struct rig *r, const char *sql, const char *after);
void let_go(struct rig *r);

#endif
