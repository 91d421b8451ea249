#ifndef FLEET_TORTURE_FAULT_H
#define FLEET_TORTURE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Fault injection. In a program linked with these files every call of its own objects that can
 * fail (faults.def) goes through a wrapper. The environment variable FLEET_FAULTS names a file
 * that holds a struct fault_table, which all processes of a run share:
 *
 *   - with `target` 0 each call site that is reached is entered in `sites`;
 *   - otherwise the call whose site has that key fails, once in the whole run.
 *
 * A site is the kind of process, the function, and the return addresses of the innermost
 * `depth` calls, each relative to the object it lies in: the same in every run of one build.
 * Without the variable nothing fails.
 */
enum { FAULT_DEPTH_MAX = 6, FAULT_SITES_MAX = 16384, FAULT_ROLE_SIZE = 16, FAULT_PLACE_SIZE = 48 };

struct fault_site {
	uint64_t key; /* 0 = free */
	uint64_t hits;
	uint32_t function;  /* row of faults.def, from 0 */
	uint32_t is_inside; /* a library, which called back into an allocator that we gave it */
	char role[FAULT_ROLE_SIZE];
	char place[FAULT_PLACE_SIZE];	   /* where in the library */
	uint64_t callers[FAULT_DEPTH_MAX]; /* innermost first; 0 in a library */
};

struct fault_table {
	uint64_t target;  /* the key of the site that fails; 0 = none */
	uint32_t is_half; /* it does half of its work, instead of none */
	uint32_t depth;
	uint32_t count; /* how often it failed: 0 or 1 */
	uint32_t padding;
	struct fault_site sites[FAULT_SITES_MAX];
};

enum fault_function {
#define FAIL(name, type, params, args, value, number) FAULT_##name,
#define MOVE(name, params, args, number)	      FAULT_##name,
#define HAND(name)				      FAULT_##name,
#include "tests/torture/faults.def"
#undef FAIL
#undef MOVE
#undef HAND
};

/* Whether this call is to fail. Keeps errno. */
bool fault_is_due(enum fault_function f, const void *caller);

/* Whether the one that fails is to do half of its work. */
bool fault_is_half(void);

/* In between nothing fails within libraries. */
void fault_spare_libraries(void);
void fault_resume(void);

#define FAULT(name) fault_is_due(FAULT_##name, __builtin_return_address(0))

#endif
