#ifndef FLEET_COMPILER_H
#define FLEET_COMPILER_H

/* The few compiler attributes this code base leans on, in one place. */

#define MUST_CHECK	__attribute__((warn_unused_result))
#define PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#define CLEANUP(fn)	__attribute__((cleanup(fn)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
