/*
 * A simulated fleet: every address 127.x.y.z is a host that speaks the real protocol over SSH, has
 * numbers of its own, keeps what is not acknowledged, and has faults on demand. It prints
 * "ready PORT" when it listens, "rules" when new ones are in force after SIGHUP, and at SIGTERM
 * what it did and its own CPU time a connection. It ends with its parent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libssh/libssh.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fleetsim/listen.h"
#include "tests/fleetsim/worker.h"

enum { EXIT_USAGE = 2 };

static unsigned worker_count;
static pid_t workers[WORKERS_MAX];
static struct counts *counts;
static volatile sig_atomic_t asked_to_stop, asked_to_read, has_lost_one;

static void on_signal(int number)
{
	if (number == SIGHUP)
		asked_to_read = 1;
	else if (number == SIGCHLD)
		has_lost_one = 1;
	else
		asked_to_stop = 1;
}

static int complain(const struct error *err)
{
	fprintf(stderr, "fleetsim: %s\n", err->text);
	return EXIT_FAILURE;
}

/* ---- the workers ------------------------------------------------------------------------ */

static int work(const struct options *o, unsigned number, const int *listeners)
{
	struct error err;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < o->workers; i++)
		if (i != number)
			(void)close(listeners[i]);
	int result = worker_run(o, number, listeners[number], &counts[number], &err);
	return result < 0 ? complain(&err) : EXIT_SUCCESS;
}

static int start_workers(const struct options *o, const int *listeners)
{
	for (unsigned i = 0; i < o->workers; i++) {
		workers[i] = fork();
		if (workers[i] < 0)
			return -1;
		if (workers[i] == 0)
			exit(work(o, i, listeners));
		worker_count++;
		(void)close(listeners[i]);
	}
	return 0;
}

static void signal_workers(int number)
{
	for (unsigned i = 0; i < worker_count; i++)
		(void)kill(workers[i], number);
}

/* All have read their rules so many times. */
static void await_generation(unsigned generation)
{
	for (unsigned i = 0; i < worker_count; i++)
		while (__atomic_load_n(&counts[i].generation, __ATOMIC_ACQUIRE) < generation &&
			!has_lost_one && !asked_to_stop)
			(void)usleep(2000);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* Whether it ended well; adds its CPU time. */
static bool await_worker(pid_t pid, double *cpu)
{
	struct rusage use;
	int status;
	pid_t got;
	do
		got = wait4(pid, &status, 0, &use);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return false;
	*cpu += seconds(use.ru_utime) + seconds(use.ru_stime);
	return status == 0;
}

static int end_workers(void)
{
	struct counts all = { 0 };
	double cpu = 0;
	bool is_well = true;
	signal_workers(SIGTERM);
	for (unsigned i = 0; i < worker_count; i++) {
		is_well = await_worker(workers[i], &cpu) && is_well;
		all.accepted += counts[i].accepted;
		all.commands += counts[i].commands;
		all.ended += counts[i].ended;
		all.faults += counts[i].faults;
	}
	printf("accepted %lu commands %lu ended %lu faults %lu cpu %.3f s, %.3f ms a connection\n",
		all.accepted, all.commands, all.ended, all.faults, cpu,
		all.accepted ? cpu * 1e3 / (double)all.accepted : 0.0);
	return is_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the program ------------------------------------------------------------------------ */

static void say(const char *text)
{
	puts(text);
	(void)fflush(stdout);
}

/* Waits for signals, which come at no other time but while the workers read. */
static void attend(void)
{
	sigset_t blocked, before;
	unsigned generation = 1;
	(void)sigfillset(&blocked);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	while (!asked_to_stop && !has_lost_one) {
		(void)sigsuspend(&before);
		if (!asked_to_read)
			continue;
		asked_to_read = 0;
		signal_workers(SIGHUP);
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		await_generation(++generation);
		(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
		say("rules");
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static void catch_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGALRM, SIGHUP, SIGCHLD };
	const struct sigaction action = { .sa_handler = on_signal };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		(void)sigaction(numbers[i], &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int set_up(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	raise_descriptor_limit();
	counts = mmap(NULL, sizeof *counts * WORKERS_MAX, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return sodium_init() < 0 || ssh_init() != SSH_OK || counts == MAP_FAILED ? -1 : 0;
}

static int run(const struct options *o)
{
	struct error err = { "libraries or memory" };
	char line[32];
	int listeners[WORKERS_MAX];
	uint16_t port = (uint16_t)o->port;
	if (set_up() < 0 || listen_open(&port, listeners, o->workers, &err) < 0)
		return complain(&err);
	catch_signals();
	(void)alarm(o->seconds);
	if (start_workers(o, listeners) < 0)
		asked_to_stop = 1;
	await_generation(1);
	(void)snprintf(line, sizeof line, "ready %u", port);
	if (!has_lost_one && !asked_to_stop)
		say(line);
	attend();
	int status = end_workers();
	(void)ssh_finalize();
	return status;
}

static void foretell_host(const struct rules *rules, uint32_t address)
{
	enum moment at = AT_ACCEPT;
	struct in_addr a = { htonl(address) };
	const struct fault *f = rules_find(rules, address, 0, &at);
	printf("%s %s:%s\n", inet_ntoa(a), f ? f->name : "ok", f ? moment_name(at) : "");
}

static int foretell(const struct options *o)
{
	struct error err;
	struct in_addr a;
	struct rules rules;
	char address[INET_ADDRSTRLEN];
	unsigned count;
	if (sscanf(o->range, "%15[0-9.]:%u", address, &count) != 2 ||
		inet_pton(AF_INET, address, &a) != 1)
		return EXIT_USAGE;
	if (options_rules(o, &rules, &err) < 0)
		return complain(&err);
	for (unsigned i = 0; i < count; i++)
		foretell_host(&rules, ntohl(a.s_addr) + i);
	rules_finish(&rules);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options o;
	if (options_parse(argc, argv, &o) < 0) {
		fputs(options_usage, stderr);
		return EXIT_USAGE;
	}
	return o.range ? foretell(&o) : run(&o);
}
