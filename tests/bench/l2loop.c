/*
 * The floor of a collector: one thread, one epoll(7) loop, a number of libssh2 sessions at a time
 * over many hosts. Of each host: connect, handshake, compare the host key, log in with a key that
 * was parsed once, one channel, one command with 100 bytes of input, read all of its output, its
 * exit status, good-bye.
 *
 * Nothing is parsed, kept or scheduled and nothing has a deadline, so a collector over libssh2
 * can only cost more. It exits with 0 when every host answered, and prints how many did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh2.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/file.h"

enum { INPUT_SIZE = 100, EVENTS_MAX = 256, QUIET_MS = 20000, A_NET = 250, PROCESSES_MAX = 64 };

static const char usage[] =
	"usage: l2loop -k KEY -H HOST_KEY.pub [-n HOSTS] [-c SESSIONS] [-a FIRST_ADDRESS]\n"
	"              [-p PORT] [-u USER] [-e COMMAND] [-P PROCESSES]\n"
	"\n"
	"KEY is an unencrypted ed25519 key in OpenSSH's format, KEY.pub stands beside it. The\n"
	"hosts have 250 addresses in each network of 256, from the first one on.\n";

static struct options {
	int hosts, sessions, port, processes;
	const char *user, *key_file, *host_key_file, *first, *command;
} options = {
	.hosts = 200,
	.sessions = 256,
	.port = 2222,
	.processes = 1,
	.user = "fleet",
	.first = "127.16.0.1",
	.command = "cat >/dev/null; cat /proc/loadavg",
};

struct blob {
	unsigned char data[512];
	size_t len;
};

static struct blob public_key, host_key;
static EVP_PKEY *private_key;

struct host {
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	int fd, number;
	size_t stage, written;
	uint32_t armed;
};

struct loop {
	int epoll, next, end, live, ok, failed;
};

/* ---- keys ------------------------------------------------------------------------------- */

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "l2loop: %s: %s\n", what, why);
	exit(1);
}

static size_t decode(unsigned char *out, size_t size, const char *base64, size_t len)
{
	if (len / 4 * 3 > size)
		return 0;
	int n = EVP_DecodeBlock(out, (const unsigned char *)base64, (int)len);
	while (n > 0 && len > 0 && base64[--len] == '=')
		n--;
	return n > 0 ? (size_t)n : 0;
}

/* The second word of a file as ssh-keygen(1) makes it. */
static void read_public(const char *path, struct blob *out)
{
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	struct error err;
	if (file_read(path, FILE_ANY, 4096, &text, &err) < 0)
		die(path, err.text);
	const char *word = text.len ? strchr(text.data, ' ') : NULL;
	if (word)
		out->len = decode(out->data, sizeof out->data, word + 1, strcspn(word + 1, " \n"));
	if (!out->len)
		die(path, "is no public key");
}

/* openssh-key-v1 (OpenSSH's PROTOCOL.key): behind the public key come the private part's own copy
 * of it and then the seed, each with its length. */
static const unsigned char *find_seed(const unsigned char *raw, size_t len)
{
	enum { BEFORE = 120, KEY_SIZE = 32, LENGTH_SIZE = 4 };
	static const unsigned char length[LENGTH_SIZE] = { 0, 0, 0, KEY_SIZE };
	const unsigned char *at =
		len > BEFORE ? memmem(raw + BEFORE, len - BEFORE, length, sizeof length) : NULL;
	return at && at + 3 * LENGTH_SIZE + KEY_SIZE <= raw + len - KEY_SIZE
		       ? at + LENGTH_SIZE + KEY_SIZE + LENGTH_SIZE
		       : NULL;
}

static void read_private(const char *path)
{
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	unsigned char raw[2048];
	char base64[2048];
	size_t len = 0;
	struct error err;
	if (file_read(path, FILE_ANY, sizeof base64, &text, &err) < 0)
		die(path, err.text);
	const char *at = text.len ? strchr(text.data, '\n') : NULL;
	const char *end = at ? strstr(at, "-----END") : NULL;
	for (; at && at < end; at++)
		if (*at != '\n')
			base64[len++] = *at;
	const unsigned char *seed = find_seed(raw, decode(raw, sizeof raw, base64, len));
	if (seed)
		private_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	if (!private_key)
		die(path, "is no ed25519 key without a passphrase");
}

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(sign)
{
	(void)session, (void)abstract;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = 64;
	*sig = malloc(len);
	int done = *sig && context &&
		   EVP_DigestSignInit(context, NULL, NULL, NULL, private_key) == 1 &&
		   EVP_DigestSign(context, *sig, &len, data, data_len) == 1;
	EVP_MD_CTX_free(context);
	*sig_len = len;
	return done ? 0 : -1;
}

/* ---- one host, stage by stage: 0, an error, or LIBSSH2_ERROR_EAGAIN ------------------------ */

static int stage_connect(struct host *h)
{
	int error = 0;
	socklen_t len = sizeof error;
	return getsockopt(h->fd, SOL_SOCKET, SO_ERROR, &error, &len) || error ? -1 : 0;
}

static int stage_handshake(struct host *h)
{
	int rc = libssh2_session_handshake(h->session, h->fd);
	if (rc)
		return rc;
	size_t len;
	const char *key = libssh2_session_hostkey(h->session, &len, NULL);
	return key && len == host_key.len && memcmp(key, host_key.data, len) == 0 ? 0 : -1;
}

static int stage_auth(struct host *h)
{
	return libssh2_userauth_publickey(
		h->session, options.user, public_key.data, public_key.len, sign, NULL);
}

static int stage_open(struct host *h)
{
	h->channel = libssh2_channel_open_session(h->session);
	return h->channel ? 0 : libssh2_session_last_errno(h->session);
}

static int stage_exec(struct host *h)
{
	return libssh2_channel_exec(h->channel, options.command);
}

static int stage_write(struct host *h)
{
	static const char input[INPUT_SIZE];
	while (h->written < INPUT_SIZE) {
		ssize_t n = libssh2_channel_write(
			h->channel, input + h->written, INPUT_SIZE - h->written);
		if (n < 0)
			return (int)n;
		h->written += (size_t)n;
	}
	return libssh2_channel_send_eof(h->channel);
}

static int stage_read(struct host *h)
{
	char output[16384];
	ssize_t n;
	do
		n = libssh2_channel_read(h->channel, output, sizeof output);
	while (n > 0);
	return (int)n;
}

static int stage_close(struct host *h)
{
	int rc = libssh2_channel_close(h->channel);
	return rc ? rc : libssh2_channel_get_exit_status(h->channel) ? -1 : 0;
}

static int stage_bye(struct host *h)
{
	return libssh2_session_disconnect(h->session, "");
}

static const struct {
	const char *name;
	int (*step)(struct host *h);
} stages[] = {
	{ "connect", stage_connect },
	{ "handshake", stage_handshake },
	{ "auth", stage_auth },
	{ "open", stage_open },
	{ "exec", stage_exec },
	{ "write", stage_write },
	{ "read", stage_read },
	{ "close", stage_close },
	{ "bye", stage_bye },
};

static int run_stages(struct host *h)
{
	int rc = 0;
	while (h->stage < ARRAY_LEN(stages) && (rc = stages[h->stage].step(h)) == 0)
		h->stage++;
	return rc;
}

/* ---- all hosts -------------------------------------------------------------------------- */

static void start(struct loop *l)
{
	int one = 1, i = l->next++;
	struct host *h = calloc(1, sizeof *h);
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)options.port) };
	uint32_t first = ntohl(inet_addr(options.first));
	to.sin_addr.s_addr = htonl(first + (uint32_t)(i / A_NET) * 256 + (uint32_t)(i % A_NET));
	if (!h || (h->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		die("socket", strerror(errno));
	(void)setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(h->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
		die("connect", strerror(errno));
	h->number = i;
	h->session = libssh2_session_init();
	if (!h->session)
		die("libssh2", "out of memory");
	libssh2_session_set_blocking(h->session, 0);
	(void)libssh2_session_method_pref(h->session, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519");
	(void)libssh2_session_method_pref(h->session, LIBSSH2_METHOD_KEX, "curve25519-sha256");
	struct epoll_event e = { .events = h->armed = EPOLLOUT, .data.ptr = h };
	(void)epoll_ctl(l->epoll, EPOLL_CTL_ADD, h->fd, &e);
	l->live++;
}

static void drop(struct loop *l, struct host *h)
{
	for (int i = 0; i < 8 && libssh2_session_free(h->session) == LIBSSH2_ERROR_EAGAIN; i++)
		;
	close(h->fd);
	free(h);
	l->live--;
}

static void rearm(const struct loop *l, struct host *h)
{
	int d = libssh2_session_block_directions(h->session);
	uint32_t want = (d & LIBSSH2_SESSION_BLOCK_OUTBOUND ? EPOLLOUT : 0U) |
			(d & LIBSSH2_SESSION_BLOCK_INBOUND ? EPOLLIN : 0U);
	struct epoll_event e = { .events = want ? want : EPOLLIN, .data.ptr = h };
	if (e.events != h->armed)
		(void)epoll_ctl(l->epoll, EPOLL_CTL_MOD, h->fd, &e);
	h->armed = e.events;
}

static void tell_failure(const struct host *h)
{
	char *why = NULL;
	(void)libssh2_session_last_error(h->session, &why, NULL, 0);
	(void)fprintf(stderr, "l2loop: host %d failed at %s: %s\n", h->number,
		stages[h->stage].name, why);
}

static void serve(struct loop *l, struct host *h)
{
	int rc = run_stages(h);
	if (rc == LIBSSH2_ERROR_EAGAIN) {
		rearm(l, h);
		return;
	}
	if (rc == 0)
		l->ok++;
	else if (l->failed++ == 0)
		tell_failure(h);
	drop(l, h);
}

/* The hosts from the first on, before the second. Returns how many answered. */
static int run(int first, int end)
{
	struct loop l = { .epoll = epoll_create1(EPOLL_CLOEXEC), .next = first, .end = end };
	struct epoll_event events[EVENTS_MAX];
	int64_t heard_ms = clock_monotonic_ms();
	while (l.next < l.end || l.live) {
		while (l.live < options.sessions && l.next < l.end)
			start(&l);
		int n = epoll_wait(l.epoll, events, EVENTS_MAX, 1000);
		if (n > 0)
			heard_ms = clock_monotonic_ms();
		else if (clock_monotonic_ms() - heard_ms > QUIET_MS)
			die("stuck", "no host says anything any more");
		for (int i = 0; i < n; i++)
			serve(&l, events[i].data.ptr);
	}
	return l.ok;
}

/* ---- the program ------------------------------------------------------------------------ */

/* Returns the descriptor from which the number of hosts that answered can be read. */
static int start_process(int i)
{
	int ends[2], first = (int)((long)options.hosts * i / options.processes);
	int end = (int)((long)options.hosts * (i + 1) / options.processes);
	if (pipe2(ends, O_CLOEXEC))
		die("pipe", strerror(errno));
	pid_t pid = fork();
	if (pid < 0)
		die("fork", strerror(errno));
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		int ok = run(first, end);
		_exit(write(ends[1], &ok, sizeof ok) != sizeof ok);
	}
	close(ends[1]);
	return ends[0];
}

static int run_processes(void)
{
	int fds[PROCESSES_MAX], ok = 0, one;
	for (int i = 0; i < options.processes; i++)
		fds[i] = start_process(i);
	for (int i = 0; i < options.processes; i++)
		if (read(fds[i], &one, sizeof one) == sizeof one)
			ok += one;
	while (wait(NULL) > 0)
		;
	return ok;
}

static int parse(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "H:P:a:c:e:k:n:p:u:")) != -1)
		switch (option) {
		case 'H':
			options.host_key_file = optarg;
			break;
		case 'P':
			options.processes = atoi(optarg);
			break;
		case 'a':
			options.first = optarg;
			break;
		case 'c':
			options.sessions = atoi(optarg);
			break;
		case 'e':
			options.command = optarg;
			break;
		case 'k':
			options.key_file = optarg;
			break;
		case 'n':
			options.hosts = atoi(optarg);
			break;
		case 'p':
			options.port = atoi(optarg);
			break;
		case 'u':
			options.user = optarg;
			break;
		default:
			return -1;
		}
	return optind == argc && options.key_file && options.host_key_file &&
			       options.processes > 0 && options.processes <= PROCESSES_MAX
		       ? 0
		       : -1;
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	char public_file[4096];
	if (parse(argc, argv) < 0) {
		(void)fputs(usage, stderr);
		return 2;
	}
	raise_descriptor_limit();
	(void)snprintf(public_file, sizeof public_file, "%s.pub", options.key_file);
	read_public(public_file, &public_key);
	read_public(options.host_key_file, &host_key);
	read_private(options.key_file);
	if (libssh2_init(0))
		die("libssh2", "cannot be started");
	int ok = run_processes();
	EVP_PKEY_free(private_key);
	(void)printf("ok=%d\n", ok);
	return ok == options.hosts ? 0 : 1;
}
