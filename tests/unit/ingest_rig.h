#ifndef FLEET_TESTS_INGEST_RIG_H
#define FLEET_TESTS_INGEST_RIG_H

#include "collector/ingest/ingest.h"

/*
 * The spool and a real SQLite database in a folder of their own, with reports sealed as a client
 * seals them. What is left behind by crashes is made by hand here; tests/integration makes it with
 * kill -9.
 */
#define START INT64_C(1795348800000)
#define ENDED (START + 3600000)

extern struct ingest rig_in;
extern const struct config rig_nobody;	   /* of the clients that samples are of */
extern const struct config rig_one_seldom; /* web1, polled every two hours */

int rig_set_up(void **state);
int rig_tear_down(void **state);

/* On the heap: a file in that folder. */
char *rig_path(const char *name);

/* The n-th attempt of the cycle of that minute; 0 is the cycle itself. */
uint64_t rig_id(int minute, int n);

/* A sealed report of attempt `id` that arrived over the connection of `attempt`. */
struct frame {
	uint64_t attempt, id;
	const char *client;
	int64_t monotonic_ms;
	double received_bytes; /* of its network card */
};

/* Returns the length. */
size_t rig_seal(const struct frame *f, uint8_t *out);

/* Appends it to the file of a poller, in the cycle of the minute of its connection. */
void rig_put_bytes_of(uint32_t poller, const struct frame *f, const uint8_t *sealed, size_t len);
void rig_put_frame_of(uint32_t poller, struct frame f);
/* To that of the first. */
void rig_put_bytes(const struct frame *f, const uint8_t *sealed, size_t len);
void rig_put_frame(struct frame f);

/* As collectors of before did: one in a file of its own. */
void rig_put_file(uint32_t index, struct frame f);

/* On the heap: the name of a poller's file, and one of it opened to read and write. */
char *rig_frames_name(int minute, uint32_t poller);
int rig_open_frames(int minute, uint32_t poller);

/* A line about `client` by a poller that was given an attempt at `given`. */
void rig_put_line_of(
	int minute, uint64_t attempt, const char *client, const char *given, enum outcome outcome);
void rig_put_line(int minute, uint64_t attempt, const char *client, enum outcome outcome);

void rig_put_cycle_of(int minute, uint32_t clients, bool whole_fleet, int64_t ended_at);
void rig_put_cycle(int minute, uint32_t clients);

struct ingest_summary rig_ingest(void);
size_t rig_count_files(void); /* in the spool */
void rig_assert_spool_is_empty(void);

/* The samples that are not processed, and the last whole cycle. */
struct sample_batch rig_stored(void);
struct cycle rig_last_cycle(void);

#endif
