/*
 * What a helper of the collector still can do once a host has taken it over:
 *
 *   confine_drive ROLE ATTEMPT
 *
 * becomes as confined as that role, in a folder that holds `frames`, `outcomes` and `secret`, of
 * which it has the first two open to append to, as a poller has. Appends "first" to both, and then
 * makes one attempt. Prints "done", or the name of the errno. Built without sanitizers, which would
 * leave it unconfined.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "collector/helper/helper.h"

static pid_t parent; /* known to a helper, one way or another */

/* What spool_put() and spool_sync() do. */
static int append_frame(void)
{
	static char head[] = "head", body[] = "body";
	const struct iovec parts[] = { { head, 4 }, { body, 4 } };
	return writev(POLLER_FRAMES, parts, 2) == 8 ? fdatasync(POLLER_FRAMES) : -1;
}

/* And spool_put_outcome(), of a line that did not fit. */
static int take_back_line(void)
{
	ssize_t n = write(POLLER_OUTCOMES, "line", 4);
	off_t end = n == 4 ? lseek(POLLER_OUTCOMES, 0, SEEK_CUR) : -1;
	return end < 0 ? -1 : ftruncate(POLLER_OUTCOMES, end - 4);
}

/* It goes on behind what is there. */
static int stop_appending(void)
{
	return fcntl(POLLER_FRAMES, F_SETFL, 0) || write(POLLER_FRAMES, "other", 5) != 5 ? -1 : 0;
}

static int take_back_frame(void)
{
	return ftruncate(POLLER_FRAMES, 0);
}

static int rewind_frames(void)
{
	return lseek(POLLER_FRAMES, 0, SEEK_SET) < 0 ? -1 : 0;
}

static int change_frame(void)
{
	return pwrite(POLLER_FRAMES, "other", 5, 0) < 0 ? -1 : 0;
}

static int punch_frame(void)
{
	return fallocate(POLLER_FRAMES, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5);
}

static int map_frames(void)
{
	void *data = mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, POLLER_FRAMES, 0);
	return data == MAP_FAILED ? -1 : 0;
}

static int read_frame(void)
{
	char byte;
	return read(POLLER_FRAMES, &byte, 1) < 0 ? -1 : 0;
}

/* The number that may be rewound and cut. */
static int rename_frames(void)
{
	return dup2(POLLER_FRAMES, POLLER_OUTCOMES);
}

static int copy_frames(void)
{
	return fcntl(POLLER_FRAMES, F_DUPFD, 0);
}

static int sync_lines(void)
{
	return fdatasync(POLLER_OUTCOMES);
}

static int sync_all(void)
{
	return syncfs(POLLER_FRAMES);
}

static int make_file(void)
{
	return openat(AT_FDCWD, "new", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int read_secret(void)
{
	return openat(AT_FDCWD, "secret", O_RDONLY | O_CLOEXEC);
}

static int write_secret(void)
{
	return openat(AT_FDCWD, "secret", O_WRONLY | O_CLOEXEC);
}

static int move_secret(void)
{
	return renameat2(AT_FDCWD, "secret", AT_FDCWD, "mine", RENAME_NOREPLACE);
}

static int remove_secret(void)
{
	return unlinkat(AT_FDCWD, "secret", 0);
}

static int link_secret(void)
{
	return linkat(AT_FDCWD, "secret", AT_FDCWD, "mine", 0);
}

static int make_folder(void)
{
	return mkdirat(AT_FDCWD, "new", 0700);
}

static int change_mode(void)
{
	return fchmod(POLLER_FRAMES, 0777);
}

static int read_hosts(void)
{
	return open("/etc/hosts", O_RDONLY | O_CLOEXEC);
}

static int read_passwords(void)
{
	return open("/etc/shadow", O_RDONLY | O_CLOEXEC);
}

static int start_program(void)
{
	static char name[] = "true";
	char *argv[] = { name, NULL };
	return execve("/bin/true", argv, environ);
}

static int start_process(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int signal_parent(void)
{
	return kill(parent, 0);
}

/* fcntl(2) lets the kernel send any signal, to anybody of the same user. */
static int aim_signals(void)
{
	return fcntl(POLLER_FRAMES, F_SETOWN, parent);
}

static int choose_signal(void)
{
	return fcntl(POLLER_FRAMES, F_SETSIG, SIGKILL);
}

static int be_signalled(void)
{
	return fcntl(POLLER_FRAMES, F_SETFL, O_ASYNC | O_NONBLOCK);
}

static int be_non_blocking(void)
{
	int flags = fcntl(POLLER_FRAMES, F_GETFL);
	return flags < 0 ? -1 : fcntl(POLLER_FRAMES, F_SETFL, flags | O_NONBLOCK);
}

static int trace_parent(void)
{
	return (int)ptrace(PTRACE_ATTACH, parent, NULL, NULL);
}

static int read_parent(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &byte, 1 };
	return process_vm_readv(parent, &here, 1, &there, 1, 0) < 0 ? -1 : 0;
}

static int connect_tcp(void)
{
	return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int connect_multipath(void)
{
	return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
}

/* No socket: what is allowed fails with ENOTSOCK. */
static int name_parent(void)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	return getsockopt(POLLER_FRAMES, SOL_SOCKET, SO_PEERCRED, &peer, &len);
}

static int run_filter(void)
{
	return setsockopt(POLLER_FRAMES, SOL_SOCKET, SO_ATTACH_FILTER, NULL, 0);
}

static int send_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int connect_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int sniff(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static int run_data(void)
{
	void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return data == MAP_FAILED ? -1 : mprotect(data, 4096, PROT_READ | PROT_EXEC);
}

static int become_root(void)
{
	return setresuid(0, 0, 0);
}

static int be_traceable(void)
{
	return prctl(PR_SET_DUMPABLE, 1);
}

static int catch_refusal(void)
{
	return signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static int ask_ring(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static const struct {
	const char *name;
	int (*make)(void);
} attempts[] = {
	{ "aim-signals", aim_signals },
	{ "append-frame", append_frame },
	{ "ask-ring", ask_ring },
	{ "be-non-blocking", be_non_blocking },
	{ "be-signalled", be_signalled },
	{ "be-traceable", be_traceable },
	{ "become-root", become_root },
	{ "catch-refusal", catch_refusal },
	{ "change-frame", change_frame },
	{ "change-mode", change_mode },
	{ "choose-signal", choose_signal },
	{ "connect-multipath", connect_multipath },
	{ "connect-tcp", connect_tcp },
	{ "connect-unix", connect_unix },
	{ "copy-frames", copy_frames },
	{ "link-secret", link_secret },
	{ "make-file", make_file },
	{ "make-folder", make_folder },
	{ "map-frames", map_frames },
	{ "move-secret", move_secret },
	{ "name-parent", name_parent },
	{ "punch-frame", punch_frame },
	{ "read-frame", read_frame },
	{ "read-hosts", read_hosts },
	{ "read-parent", read_parent },
	{ "read-passwords", read_passwords },
	{ "read-secret", read_secret },
	{ "remove-secret", remove_secret },
	{ "rename-frames", rename_frames },
	{ "rewind-frames", rewind_frames },
	{ "run-data", run_data },
	{ "run-filter", run_filter },
	{ "send-udp", send_udp },
	{ "signal-parent", signal_parent },
	{ "sniff", sniff },
	{ "start-process", start_process },
	{ "start-program", start_program },
	{ "stop-appending", stop_appending },
	{ "sync-all", sync_all },
	{ "sync-lines", sync_lines },
	{ "take-back-frame", take_back_frame },
	{ "take-back-line", take_back_line },
	{ "trace-parent", trace_parent },
	{ "write-secret", write_secret },
};

static int make_attempt(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(attempts); i++)
		if (strcmp(attempts[i].name, name) == 0)
			return attempts[i].make() < 0 ? errno : 0;
	return EINVAL;
}

static enum role find_role(const char *name)
{
	enum role role = ROLE_POLLER;
	while (role != ROLE_SIGNER && strcmp(role_name(role), name) != 0)
		role <<= 1;
	return role;
}

static int open_appended(const char *name, int number)
{
	int fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	return fd < 0 || dup2(fd, number) < 0 || write(number, "first", 5) != 5 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct error err = { "" };
	if (argc != 3 || open_appended("frames", POLLER_FRAMES) ||
		open_appended("outcomes", POLLER_OUTCOMES) ||
		close_range(HELPER_CONTROL, POLLER_SIGNER, 0) || close_range(POLLER_PROBES, ~0U, 0))
		return 1;
	parent = getppid();
	enum role role = find_role(argv[1]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || role_restrict(role, &err)) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	int error = make_attempt(argv[2]);
	const char *text = error ? strerrorname_np(error) : "done";
	return write(STDOUT_FILENO, text, strlen(text)) < 0;
}
