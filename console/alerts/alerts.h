#ifndef FLEET_CONSOLE_ALERTS_ALERTS_H
#define FLEET_CONSOLE_ALERTS_ALERTS_H

#include "console/console.h"

/*
 * `fleet alerts`: one file a command, alerts.c holds the table of them. A person names an alert by
 * the number of the event that opened it: it is never another's, and stays when the alert is over.
 */
int alerts_ack(const char *config_path, int argc, char **argv);
int alerts_explain(const char *config_path, int argc, char **argv);
int alerts_history(const char *config_path, int argc, char **argv);
int alerts_list(const char *config_path, int argc, char **argv);
int alerts_replay(const char *config_path, int argc, char **argv);
int alerts_silence(const char *config_path, int argc, char **argv);
int alerts_silences(const char *config_path, int argc, char **argv);
int alerts_test(const char *config_path, int argc, char **argv);
int alerts_unsilence(const char *config_path, int argc, char **argv);

/* What they begin with. */
struct alerts {
	struct config *config;
	struct storage *storage;
};

/* EX_OK, or an exit code after saying what is wrong. alerts_finish() is for both. */
int alerts_open(struct alerts *a, const char *config_path);
void alerts_finish(struct alerts *a);

/* EX_UNAVAILABLE, after saying it. */
int alerts_failed(const struct error *err);

/* Positive, as a list shows it. False after saying that it is none. */
bool alerts_read_id(const char *text, uint64_t *ret_id);

/* Who types, for others to read: the login name, also behind sudo. At most 64 bytes. */
const char *alerts_who(void);

/* False after saying that the reason is missing. */
bool alerts_says_why(const char *text);

/* As it is stored and shown to others: in one line, without what a terminal obeys. */
enum { ALERTS_WHY_MAX = 500 };
const char *alerts_why(const char *text, char out[static ALERTS_WHY_MAX]);

/* How it is called when its arguments are wrong: says so. Returns EX_USAGE. */
int alerts_usage(const char *name);

#endif
