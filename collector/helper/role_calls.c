/*
 * The system calls of each helper, every one with its reason. What is missing here ends the
 * helper that makes it: no helper starts a program or a process, traces or signals another (which
 * fcntl(2) does as well as kill(2)), or gets new rights to memory it can run.
 *
 * Names are the kernel's; one that an architecture or kernel lacks is passed over, so the list
 * serves x86-64 and arm64, and the C libraries of Debian 12 and 13.
 */
#include <asm/ioctls.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/helper/role.h"

enum { P = ROLE_POLLER, R = ROLE_RESOLVER, S = ROLE_SIGNER, ALL = P | R | S };

/* clang-format off */
#define ANY(of, call)     { .kinds = of, .name = call }
#define IF(of, call, ...) { .kinds = of, .name = call, .args = { __VA_ARGS__ } }
/* Of the argument at that place: its value; bits it may not have; flags that change nothing. */
#define ARG(at, is)       { .index = at, .mask = 0xffffffff, .value = is }
#define NOT(at, bits)     { .index = at, .mask = bits }
#define READ(at)          { .index = at, .mask = O_ACCMODE | O_CREAT | O_TRUNC }
#define STREAM(at)        { .index = at, .mask = 0xf, .value = SOCK_STREAM } /* and flags */

const struct confine_call role_calls[] = {
	/* memory; none that can be run, but for the modules a resolver loads */
	ANY(ALL,    "brk"),               /* malloc */
	ANY(ALL,    "madvise"),           /* malloc, libsodium */
	IF(P | S,   "mmap", NOT(2, PROT_EXEC)),                 /* malloc, libsodium, the probes */
	IF(P | S,   "mprotect", NOT(2, PROT_EXEC)),             /* the same */
	ANY(R,      "mmap"),              /* dlopen */
	ANY(R,      "mprotect"),          /* dlopen */
	ANY(ALL,    "mremap"),            /* realloc */
	ANY(ALL,    "munmap"),            /* free */
	ANY(S,      "mlock"),             /* keys: libsodium */
	ANY(S,      "munlock"),           /* the same */

	/* time; where the kernel's page for it does not do */
	ANY(ALL,    "clock_gettime"),
	ANY(ALL,    "gettimeofday"),
	ANY(ALL,    "time"),

	/* the process itself */
	ANY(ALL,    "exit"),
	ANY(ALL,    "exit_group"),
	ANY(ALL,    "futex"),             /* run once: libcrypto, libc */
	ANY(ALL,    "getpid"),            /* libcrypto: has it forked? */
	ANY(ALL,    "getrandom"),
	ANY(ALL,    "gettid"),            /* abort */
	ANY(ALL,    "restart_syscall"),   /* poll, after a stop */
	ANY(ALL,    "rt_sigprocmask"),    /* abort */
	ANY(ALL,    "rt_sigreturn"),
	ANY(ALL,    "sysinfo"),           /* qsort, before glibc 2.37 */
	ANY(R,      "getegid"),           /* modules: may the environment be trusted? */
	ANY(R,      "geteuid"),
	ANY(R,      "getgid"),
	ANY(R,      "getuid"),
	ANY(R,      "uname"),             /* gethostname */

	/* open descriptors */
	ANY(ALL,    "close"),
	IF(ALL,     "fcntl", ARG(1, F_GETFL)),                  /* O_NONBLOCK */
	IF(ALL,     "fcntl", ARG(1, F_SETFL), NOT(2, O_ASYNC)), /* the same, and no signals */
	IF(R,       "fcntl", ARG(1, F_DUPFD_CLOEXEC)),          /* modules */
	IF(R,       "fcntl", ARG(1, F_GETFD)),
	IF(R,       "fcntl", ARG(1, F_SETFD)),
	ANY(ALL,    "fstat"),             /* the probes' sizes; stdio */
	IF(ALL,     "newfstatat", ARG(3, AT_EMPTY_PATH)),       /* fstat, before glibc 2.38 */
	ANY(ALL,    "read"),
	ANY(ALL,    "write"),             /* outcome lines, the log */
	IF(P,       "fdatasync", ARG(0, POLLER_FRAMES)),
	IF(P,       "ftruncate", ARG(0, POLLER_OUTCOMES)),      /* a line that did not fit */
	IF(P,       "lseek", ARG(0, POLLER_OUTCOMES)),          /* the same */
	IF(P,       "writev", ARG(0, POLLER_FRAMES)),           /* a report: head and body */
	IF(P,       "writev", ARG(0, STDERR_FILENO)),           /* abort */
	ANY(R,      "lseek"),             /* stdio */
	ANY(R,      "pread64"),           /* dlopen */
	ANY(R,      "writev"),            /* nscd */

	/* files */
	IF(R,       "open", READ(1)),                      /* modules; what is read is in role.c */
	IF(R,       "openat", READ(2)),                    /* the same */
	ANY(R,      "access"),
	ANY(R,      "faccessat"),
	ANY(R,      "faccessat2"),
	ANY(R,      "getdents64"),
	ANY(R,      "lstat"),
	ANY(R,      "newfstatat"),        /* has resolv.conf changed? */
	ANY(R,      "readlink"),
	ANY(R,      "readlinkat"),
	ANY(R,      "stat"),
	ANY(R,      "statfs"),
	ANY(R,      "fstatfs"),
	ANY(R,      "statx"),

	/* the parent, and each other: packets over sockets that are there */
	ANY(ALL,    "poll"),
	ANY(ALL,    "ppoll"),             /* poll, on arm64 */
	ANY(ALL,    "recvmsg"),
	ANY(ALL,    "sendmsg"),
	ANY(P,      "epoll_ctl"),
	ANY(P,      "epoll_pwait"),       /* epoll_wait, on arm64 */
	ANY(P,      "epoll_wait"),

	/* the network: a poller as client of hosts, a signer of agents, a resolver of anybody */
	IF(P,       "socket", ARG(0, AF_INET), STREAM(1), ARG(2, 0)),
	IF(P,       "socket", ARG(0, AF_INET6), STREAM(1), ARG(2, 0)),
	IF(S,       "socket", ARG(0, AF_UNIX), STREAM(1), ARG(2, 0)),
	IF(R,       "socket", ARG(0, AF_INET), ARG(2, 0)),
	IF(R,       "socket", ARG(0, AF_INET6), ARG(2, 0)),
	IF(R,       "socket", ARG(0, AF_NETLINK), ARG(2, 0)),   /* addresses of our own */
	IF(R,       "socket", ARG(0, AF_UNIX), ARG(2, 0)),      /* modules: their daemons */
	ANY(ALL,    "connect"),
	IF(P | S,   "getsockopt", ARG(1, SOL_SOCKET), ARG(2, SO_ERROR)), /* how connect ended */
	ANY(ALL,    "recvfrom"),          /* recv */
	ANY(ALL,    "sendto"),            /* send */
	ANY(P | R,  "getpeername"),
	ANY(P | R,  "getsockname"),
	IF(P,       "setsockopt", ARG(1, IPPROTO_TCP), ARG(2, TCP_NODELAY)),
	ANY(R,      "getsockopt"),        /* modules: who is it? */
	ANY(R,      "setsockopt"),        /* errors of UDP; modules */
	ANY(P | S,  "shutdown"),          /* the end of a session, of who talks nonsense */
	ANY(R,      "bind"),              /* netlink */
	IF(R,       "ioctl", ARG(1, FIONREAD)),                 /* how long an answer of DNS is */
	ANY(R,      "recvmmsg"),
	ANY(R,      "sendmmsg"),          /* A and AAAA at once */

	/* modules of nsswitch.conf that have a loop of their own (resolve, sss, mdns) */
	ANY(R,      "clock_nanosleep"),
	ANY(R,      "dup"),
	ANY(R,      "epoll_create1"),
	ANY(R,      "epoll_ctl"),
	ANY(R,      "epoll_pwait"),
	ANY(R,      "epoll_pwait2"),
	ANY(R,      "epoll_wait"),
	ANY(R,      "eventfd2"),
	ANY(R,      "nanosleep"),
	ANY(R,      "pipe2"),
	ANY(R,      "pselect6"),
	ANY(R,      "sched_yield"),
	ANY(R,      "select"),
	ANY(R,      "shutdown"),
	ANY(R,      "socketpair"),
	ANY(R,      "timerfd_create"),
	ANY(R,      "timerfd_settime"),
};
/* clang-format on */

const size_t role_call_count = ARRAY_LEN(role_calls);
