#include "lib/send/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/clock.h"
#include "lib/escape.h"

enum {
	OUTPUT_MAX = 999,
	READ_BYTES = 4096,
	CANNOT_START = 127,
	STOP_MS = 200,	/* until it is seen that all is to stop */
	REAP_MS = 2000, /* for what was killed; one that waits for a dead disk does not die */
};

struct running {
	const struct command_order *order;
	pid_t pid;
	int pidfd, in, out; /* -1 when closed */
	size_t given;	    /* of the input */
	struct buffer output;
	int64_t deadline_ms;
	bool timed_out;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* ---- the child ---------------------------------------------------------------------------- */

/* What process_setup() changed, but for the umask, which is to stay private. */
static void restore_signals(void)
{
	static const int changed[] = { SIGPIPE, SIGXFSZ, SIGTERM, SIGINT, SIGHUP };
	for (size_t i = 0; i < ARRAY_LEN(changed); i++)
		(void)signal(changed[i], SIG_DFL);
}

/* Between fork and exec: what is safe in a signal handler only. `report` goes with the exec. It
 * ends when its parent does, which may be before it asked for that. */
static void become(const struct command_order *o, pid_t parent, int in, int out, int report)
{
	restore_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && setsid() >= 0 &&
		chdir("/") == 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
		dup2(out, STDERR_FILENO) >= 0 &&
		close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		(void)execve(
			o->argv[0], (char *const *)(void *)o->argv, (char *const *)(void *)o->env);
	int why = errno;
	(void)!write(report, &why, sizeof why);
	_exit(CANNOT_START);
}

/* ---- the parent --------------------------------------------------------------------------- */

/* As poll(2); 0 is the end of its time, or of ours. */
static int await(struct running *r, struct pollfd *p, nfds_t count)
{
	const volatile sig_atomic_t *stop = r->order->stop;
	while (!stop || !*stop) {
		int64_t left = r->deadline_ms - clock_monotonic_ms();
		r->timed_out = left <= 0;
		if (r->timed_out)
			break;
		int got = poll(p, count, (int)(left < STOP_MS ? left : STOP_MS));
		if (got > 0 || (got < 0 && errno != EINTR))
			return got;
	}
	return 0;
}

/* Nothing is heard of an exec that went well but the end of the pipe. One that reads from a dead
 * disk goes on for ever. */
static int await_exec(struct running *r, int report, struct error *err)
{
	const char *program = r->order->argv[0];
	struct pollfd p = { .fd = report, .events = POLLIN };
	int why = 0;
	ssize_t n;
	if (await(r, &p, 1) == 0)
		return error_set(err, "%s did not start in %g s", program,
			(double)r->order->timeout_ms / 1000);
	do
		n = read(report, &why, sizeof why);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	errno = n == sizeof why ? why : EIO;
	return error_errno(err, "%s", program);
}

/* Whether it is gone. One that does not even die is left to whoever comes after us. */
static bool reap(const struct running *r, int *ret_status)
{
	struct pollfd p = { .fd = r->pidfd, .events = POLLIN };
	int64_t until = clock_monotonic_ms() + REAP_MS;
	for (int64_t left; r->pidfd >= 0 && (left = until - clock_monotonic_ms()) > 0;)
		if (poll(&p, 1, (int)left) >= 0 || errno != EINTR)
			break;
	return waitpid(r->pid, ret_status, WNOHANG) == r->pid;
}

/* The group keeps its number until its first process is reaped. */
static void end(struct running *r)
{
	if (r->pid <= 0)
		return;
	(void)kill(-r->pid, SIGKILL);
	(void)kill(r->pid, SIGKILL); /* before setsid() there is no group */
}

static int open_pipes(int fds[static 6], struct error *err)
{
	for (int i = 0; i < 6; i += 2)
		if (pipe2(fds + i, O_CLOEXEC) < 0)
			return error_errno(err, "pipe");
	if (fcntl(fds[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(fds[2], F_SETFL, O_NONBLOCK) < 0)
		return error_errno(err, "pipe");
	return 0;
}

/* in: 0 to 1, out: 2 from 3, report: 4 from 5. */
static int spawn(struct running *r, int fds[static 6], struct error *err)
{
	if (open_pipes(fds, err) < 0)
		return -1;
	pid_t parent = getpid();
	r->pid = fork();
	if (r->pid < 0)
		return error_errno(err, "fork");
	if (r->pid == 0)
		become(r->order, parent, fds[0], fds[3], fds[5]);
	close_fd(&fds[0]);
	close_fd(&fds[3]);
	close_fd(&fds[5]);
	r->pidfd = pidfd_open(r->pid, 0);
	if (r->pidfd < 0)
		return error_errno(err, "pidfd_open");
	if (await_exec(r, fds[4], err) < 0)
		return -1;
	r->in = fds[1];
	r->out = fds[2];
	fds[1] = fds[2] = -1;
	return 0;
}

static void give(struct running *r)
{
	const struct command_order *o = r->order;
	ssize_t n = write(r->in, o->input + r->given, o->len - r->given);
	if (n > 0)
		r->given += (size_t)n;
	bool later = n < 0 && (errno == EAGAIN || errno == EINTR);
	if (r->given == o->len || (n < 0 && !later))
		close_fd(&r->in);
}

/* What does not fit is read all the same: whoever writes is not to wait for us. */
static int take(struct running *r)
{
	char data[READ_BYTES];
	ssize_t n = read(r->out, data, sizeof data);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		close_fd(&r->out);
	size_t room = OUTPUT_MAX - r->output.len, len = n > 0 ? (size_t)n : 0;
	return buffer_append(&r->output, data, len < room ? len : room);
}

/* What was written before the end is still in the pipe, but somebody else may go on writing. */
static int take_rest(struct running *r)
{
	for (size_t i = 0; r->out >= 0 && i < 64 && r->output.len < OUTPUT_MAX; i++) {
		struct pollfd p = { .fd = r->out, .events = POLLIN };
		if (poll(&p, 1, 0) <= 0)
			break;
		if (take(r) < 0)
			return -1;
	}
	return 0;
}

/* Until its first process has ended, or its time is over. */
static int attend(struct running *r, struct error *err)
{
	if (r->order->len == 0)
		close_fd(&r->in);
	for (;;) {
		struct pollfd p[] = { { .fd = r->pidfd, .events = POLLIN },
			{ .fd = r->out, .events = POLLIN }, { .fd = r->in, .events = POLLOUT } };
		int got = await(r, p, ARRAY_LEN(p));
		if (got <= 0)
			return got == 0 ? 0 : error_errno(err, "poll");
		if (p[2].revents)
			give(r);
		if (p[1].revents && take(r) < 0)
			return error_no_memory(err);
		if (p[0].revents)
			return take_rest(r) < 0 ? error_no_memory(err) : 0;
	}
}

static void tell(struct running *r, int status, struct command_end *ret)
{
	ret->timed_out = r->timed_out;
	ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	ret->output[0] = 0;
	if (r->output.len > 0)
		(void)escape_line(ret->output, sizeof ret->output, r->output.data, r->output.len);
}

int command_run(const struct command_order *order, struct command_end *ret_end, struct error *err)
{
	struct running r = { .order = order, .pidfd = -1, .in = -1, .out = -1 };
	int fds[6] = { -1, -1, -1, -1, -1, -1 }, status = 0;
	r.deadline_ms = clock_monotonic_ms() + order->timeout_ms;
	int result = spawn(&r, fds, err);
	if (result == 0)
		result = attend(&r, err);
	end(&r);
	bool gone = r.pid <= 0 || reap(&r, &status);
	if (!gone && result == 0 && !r.timed_out)
		result = error_set(err, "%s does not end", order->argv[0]);
	if (result == 0)
		tell(&r, status, ret_end);
	buffer_finish(&r.output);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close_fd(&fds[i]);
	close_fd(&r.pidfd);
	close_fd(&r.in);
	close_fd(&r.out);
	return result;
}
