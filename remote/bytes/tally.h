#ifndef FLEET_REMOTE_BYTES_TALLY_H
#define FLEET_REMOTE_BYTES_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/bytes/process.h"

/*
 * What is kept of all processes while they pass by one at a time, so that thirty thousand take no
 * more memory than three: how many of which kind, those that take most, and those that somebody
 * asked for.
 */
enum { TALLY_TOP = 5, TALLY_ASKED_MAX = 512 };

/* One of those that take most. */
struct tally_top {
	uint64_t pid, value;
	size_t name_len;
	char name[PROCESS_NAME_MAX];
	bool has_uid; /* these are set by the caller afterwards */
	uint64_t uid;
	size_t user_len; /* 0: the number will do */
	char user[PROCESS_NAME_MAX];
};

struct tally_list {
	struct tally_top items[TALLY_TOP]; /* the most first, of equals the lower pid */
	size_t count;
};

struct tally_asked {
	struct span name;   /* as asked for, and what it is called in the report */
	bool by_pid;	    /* there is a pid file: the process `pid`, whatever its name */
	bool is_unreadable; /* that file is there, and not for us or without a number */
	uint64_t pid;	    /* 0: the file names none */
	int64_t written_s; /* when, since 1970, by the machine's clock at that time; 0: not known */
	uint64_t running, first_start_ticks, cpu_ticks, rss_pages;
};

struct tally {
	int64_t boot_s;	   /* since 1970, by the clock as it is now; 0: not known. By the caller, */
	int64_t stepped_s; /* and by how much it was set forward since the boot, at most */
	uint64_t pids, threads;
	uint64_t states[128]; /* by the letter */
	struct tally_list cpu, memory;
	bool has_hidden; /* set by the caller: there are processes that this user may not see */
	size_t asked_count;
	struct tally_asked asked[TALLY_ASKED_MAX];
};

/* One name is asked for once: the first stands. False when there is no room. */
bool tally_ask(struct tally *t, const struct tally_asked *asked);

/* Whether tally_add() wants to see the process's command, too. */
bool tally_wants_command(const struct tally *t, const struct process *p);

/*
 * What wrote its number into a file was there before the file was written. A process that was
 * started a minute or more after that has the number from somebody who is gone, so nobody runs who
 * is meant. The minute is for clocks that are adjusted; by how much more the clock may have been
 * set forward in between (a machine that boots without a clock, or is woken from a snapshot) is
 * not held against it.
 */
void tally_add(struct tally *t, const struct process *p);

/* Gives their names to the users that `passwd` names: a whole file, or a piece of its lines. */
void tally_name_users(struct tally *t, struct span passwd);

/*
 * Lines for the reader, of fields divided by tabs; in names whatever is no printable text is
 * escaped, and a value that is not known is "-":
 *
 *   pids COUNT
 *   threads COUNT
 *   state COUNT LETTER
 *   asked RUNNING UNSURE START_SECONDS CPU_TICKS RSS_BYTES NAME
 *   cpu TICKS NAME PID USER          nothing for USER: it ended before that could be told
 *   memory BYTES NAME PID USER
 *
 * Returns the length; what does not fit is left out by lines, which *ret_cut counts.
 */
size_t tally_write(
	const struct tally *t, uint64_t page_bytes, char *out, size_t size, size_t *ret_cut);

#endif
