#ifndef FLEET_TESTS_SPOOL_RIG_H
#define FLEET_TESTS_SPOOL_RIG_H

#include "tests/unit/unit.h"

#include "collector/spool/spool.h"

/*
 * A spool in a folder of its own. The fixture is a struct rig_folder; the tear-down fails when
 * anything is left in the folder that the spool does not list.
 */
struct rig_folder {
	char path[64];
	int fd;
};

int rig_set_up(void **state);
int rig_tear_down(void **state);

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

/* Of the client "web1", and the same for another attempt and body. */
extern const struct spool_head rig_head;
struct spool_head rig_head_of(uint64_t attempt_id, const char *body);

/* The file of a poller's frames in the cycle of rig_head; each call opens it anew. */
int rig_open_frames(const struct rig_folder *f, uint32_t poller);
void rig_append(int fd, const struct spool_head *h, const char *body);

/* Appends one to the file of poller 1, and that file as ingest opens it, but to be cut, too. */
void rig_put(const struct rig_folder *f, uint64_t attempt_id, const char *body);
int rig_open_to_read(const struct rig_folder *f);

off_t rig_size_of(int fd);
void rig_make_file(int dir, const char *name, const char *text);
void rig_assert_text(const struct rig_folder *f, const char *name, const char *text);

#endif
