#ifndef FLEET_SSH_MEMORY_H
#define FLEET_SSH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The memory of one SSH session: counted, so that a host cannot make a session take all there
 * is (libssh2 allocates what a packet asks for); wiped when freed, once a password passes
 * through it; and freed as a whole, since libssh2 forgets some of it when a session is ended
 * in the middle of something.
 */
struct memory_block;

/* Why there was none for a block. */
enum memory_lack {
	MEMORY_ENOUGH,
	MEMORY_SPENT,	/* its own limit */
	MEMORY_STARVED, /* malloc(3) had none: nothing that this session is to blame for */
};

struct memory {
	struct memory_block *blocks;
	size_t used, max; /* bytes, with what each block takes beside its own */
	bool is_secret;	  /* what is freed from now on is wiped */
	enum memory_lack lack;
};

/* As malloc(3), realloc(3) and free(3). */
void *memory_alloc(struct memory *m, size_t size);
void *memory_realloc(struct memory *m, void *p, size_t size);
void memory_free(struct memory *m, void *p);

void memory_finish(struct memory *m);

#endif
