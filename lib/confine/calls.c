/*
 * The only user of libseccomp. A refused call traps, so that the line which tells of it comes
 * from the process itself, wherever its standard error goes: the audit log, where the kernel
 * writes it too, is not for everybody to read.
 */
#include <assert.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/confine/confine.h"
#include "lib/process.h"

static const char *refused_who;

static size_t put_text(char *to, const char *text)
{
	size_t len = strlen(text);
	memcpy(to, text, len);
	return len;
}

static size_t put_number(char *to, unsigned number)
{
	size_t len = number > 9 ? put_number(to, number / 10) : 0;
	to[len] = (char)('0' + number % 10);
	return len + 1;
}

/* Async-signal-safe: the call may stand anywhere. */
static void on_refused(int signal_number, siginfo_t *info, void *context)
{
	char line[256];
	size_t len = put_text(line, refused_who);
	(void)signal_number;
	(void)context;
	len += put_text(line + len, ": ended, because it made system call ");
	len += put_number(line + len, (unsigned)info->si_syscall);
	line[len++] = '\n';
	ssize_t ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
	_exit(EX_SOFTWARE);
}

static int catch_refused(const char *who, struct error *err)
{
	struct sigaction trap = { .sa_sigaction = on_refused, .sa_flags = SA_SIGINFO };
	assert(strlen(who) < 128);
	refused_who = who;
	return sigaction(SIGSYS, &trap, NULL) ? error_errno(err, "SIGSYS") : 0;
}

static int allow(scmp_filter_ctx filter, const struct confine_call *c)
{
	struct scmp_arg_cmp args[CONFINE_ARGS];
	unsigned count = 0;
	int call = seccomp_syscall_resolve_name(c->name);
	if (call == __NR_SCMP_ERROR)
		return 0;
	for (size_t i = 0; i < CONFINE_ARGS; i++)
		if (c->args[i].mask)
			args[count++] = SCMP_CMP64(c->args[i].index, SCMP_CMP_MASKED_EQ,
				c->args[i].mask, c->args[i].value);
	int r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, args);
	return r == -EDOM ? 0 : r; /* not on this architecture */
}

/* Nobody but itself, and only to die by: abort(3) under an assert(3). */
static int allow_abort(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)getpid()));
}

static int fill(
	scmp_filter_ctx filter, unsigned kind, const struct confine_call *calls, size_t count)
{
	int r = allow_abort(filter);
	for (size_t i = 0; i < count && r == 0; i++)
		if (calls[i].kinds & kind)
			r = allow(filter, &calls[i]);
	return r;
}

static int load(unsigned kind, const struct confine_call *calls, size_t count, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	if (!filter)
		return error_set(err, "seccomp: out of memory");
	/* Older libraries and kernels know less; none of this is what holds. */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	int r = fill(filter, kind, calls, count);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	errno = -r;
	return r ? error_errno(err, "seccomp") : 0;
}

static bool has_kernel_support(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

int confine_calls(const char *who, unsigned kind, const struct confine_call *calls, size_t count,
	struct error *err)
{
	if (IS_SANITIZED || !has_kernel_support())
		return 0;
	return catch_refused(who, err) ? -1 : load(kind, calls, count, err);
}

const char *confine_describe_calls(void)
{
	if (IS_SANITIZED)
		return "system calls are not filtered: built with sanitizers";
	return has_kernel_support() ? "system calls filtered (seccomp)"
				    : "system calls are not filtered: this kernel has no seccomp";
}
