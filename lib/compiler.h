#ifndef FLEET_COMPILER_H
#define FLEET_COMPILER_H

#include <stdint.h>

/* The few compiler attributes this code base leans on, in one place, and what C itself lacks. */

#define MUST_CHECK	__attribute__((warn_unused_result))
#define PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#define CLEANUP(fn)	__attribute__((cleanup(fn)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The smaller of two numbers of any unsigned types: it fits either. */
static inline uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
