#ifndef FLEET_OUTCOME_H
#define FLEET_OUTCOME_H

#include "lib/compiler.h"

/*
 * How one attempt at one client ended. Outcomes are data: one row per host and attempt, never
 * the run's failure. The names below are what stands in the `sample` table and in outcome
 * files, so they never change; new ones are added at the end of the table.
 */
#define OUTCOME_TABLE(X)                                                                   \
	X(OK, "ok", "the report arrived")                                                  \
	X(DNS, "dns", "the name did not resolve")                                          \
	X(REFUSED, "refused", "the connection was refused")                                \
	X(TIMEOUT, "timeout", "no answer in time")                                         \
	X(HOST_KEY_UNKNOWN, "host-key-unknown", "no host key is recorded for it")          \
	X(HOST_KEY_CHANGED, "host-key-changed", "it shows another host key than recorded") \
	X(NO_COMMON_ALGORITHM, "no-common-algorithm", "no SSH algorithm in common")        \
	X(AUTH, "auth", "the login was refused")                                           \
	X(NO_SHELL, "no-shell", "the account has no usable shell")                         \
	X(NO_EXEC_DIRECTORY, "no-exec-directory", "no directory that takes a program")     \
	X(ARCHITECTURE, "architecture", "no probe for its architecture")                   \
	X(PROBE_FAILED, "probe-failed", "the probe did not finish")                        \
	X(TRUNCATED, "truncated", "the connection ended inside a report")                  \
	X(UNSEALED, "unsealed", "the report could not be opened")                          \
	X(STALE, "stale", "the report belongs to another attempt")                         \
	X(TOO_LARGE, "too-large", "it sent more than is allowed")                          \
	X(DEADLINE, "deadline", "not finished by its deadline")                            \
	X(NOT_DONE, "not-done", "the run ended before its turn")                           \
	X(INTERNAL, "internal", "a fault of the collector")                                \
	X(PROTOCOL, "protocol", "it does not keep to the SSH protocol")

enum outcome {
#define X(id, name, text) OUTCOME_##id,
	OUTCOME_TABLE(X)
#undef X
		OUTCOME_COUNT
};

/* "timeout", "host-key-changed", … */
const char *outcome_name(enum outcome o);

/* A few words for people: "the login was refused". */
const char *outcome_text(enum outcome o);

/* Returns 0 and the outcome of that name, or -1. */
int outcome_parse(const char *name, enum outcome *ret_outcome) MUST_CHECK;

/*
 * Where in the run of a host it happened, for people to read beside the outcome.
 */
#define STAGE_TABLE(X)            \
	X(NONE, "")               \
	X(RESOLVE, "resolve")     \
	X(CONNECT, "connect")     \
	X(HANDSHAKE, "handshake") \
	X(HOST_KEY, "host-key")   \
	X(AUTH, "auth")           \
	X(EXEC, "exec")           \
	X(UPLOAD, "upload")       \
	X(RUN, "run")             \
	X(TRANSFER, "transfer")   \
	X(TEARDOWN, "teardown")   \
	X(OPEN, "open")           \
	X(JUMP, "jump")

enum stage {
#define X(id, name) STAGE_##id,
	STAGE_TABLE(X)
#undef X
		STAGE_COUNT
};

const char *stage_name(enum stage s);
int stage_parse(const char *name, enum stage *ret_stage) MUST_CHECK;

#endif
