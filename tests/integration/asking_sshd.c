/*
 * An SSH server that lets nobody in but by keyboard-interactive (RFC 4256):
 *
 *   asking_sshd HOST_KEY MODE
 *
 * listens on a free port of 127.0.0.1, prints it, and serves each connection in a process of
 * its own until standard input ends. Takes "secret", on every question, and prints each answer.
 * Modes:
 *
 *   ask         asks for a password
 *   ask-two     ... and for another one with it
 *   ask-again   ... and for another one after it
 *   ask-openly  ... so that it is shown
 *
 * It uses libssh's older, message-wise interface; the newer one has no functions for this.
 */
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int wrong, rounds;

static void take_answers(ssh_session s)
{
	for (int i = 0; i < ssh_userauth_kbdint_getnanswers(s); i++) {
		const char *answer = ssh_userauth_kbdint_getanswer(s, (unsigned int)i);
		printf("answer: %s\n", answer ? answer : "");
		wrong += !answer || strcmp(answer, "secret") != 0;
	}
	(void)fflush(stdout);
	rounds++;
}

/* `count` questions in each of `times` rounds. */
static void interrogate(ssh_session s, unsigned int count, int times, char echo)
{
	const char *prompts[] = { "Password: ", "Again: " };
	char shown[] = { echo, 0 };
	for (ssh_message m; (m = ssh_message_get(s)); ssh_message_free(m)) {
		if (ssh_message_type(m) != SSH_REQUEST_AUTH ||
			ssh_message_subtype(m) != SSH_AUTH_METHOD_INTERACTIVE) {
			ssh_message_auth_set_methods(m, SSH_AUTH_METHOD_INTERACTIVE);
			ssh_message_reply_default(m);
			continue;
		}
		if (ssh_message_auth_kbdint_is_response(m))
			take_answers(s);
		if (rounds < times)
			ssh_message_auth_interactive_request(m, "", "", count, prompts, shown);
		else if (wrong == 0)
			ssh_message_auth_reply_success(m, 0);
		else
			ssh_message_reply_default(m);
	}
}

static void ask(ssh_session s)
{
	interrogate(s, 1, 1, 0);
}

static void ask_two(ssh_session s)
{
	interrogate(s, 2, 1, 0);
}

static void ask_again(ssh_session s)
{
	interrogate(s, 1, 2, 0);
}

static void ask_openly(ssh_session s)
{
	interrogate(s, 1, 1, 1);
}

static const struct {
	const char *name;
	void (*serve)(ssh_session s);
} modes[] = {
	{ "ask", ask },
	{ "ask-again", ask_again },
	{ "ask-openly", ask_openly },
	{ "ask-two", ask_two },
};

static void serve(ssh_bind b, int fd, const char *mode)
{
	ssh_session s = ssh_new();
	if (!s || ssh_bind_accept_fd(b, s, fd) != SSH_OK || ssh_handle_key_exchange(s) != SSH_OK)
		_exit(1);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (strcmp(modes[i].name, mode) == 0)
			modes[i].serve(s);
	_exit(0);
}

static int listen_anywhere(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 64) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	int no = 0, listener = listen_anywhere();
	struct pollfd fds[] = { { .fd = listener, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN } };
	ssh_bind b = ssh_bind_new();
	if (argc != 3 || listener < 0 || !b)
		return 1;
	(void)signal(SIGCHLD, SIG_IGN);
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	if (ssh_bind_options_set(b, SSH_BIND_OPTIONS_HOSTKEY, argv[1]) < 0)
		return 1;
	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		int fd = accept(listener, NULL, NULL);
		if (fd >= 0 && fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(b, fd, argv[2]);
		}
		if (fd >= 0)
			close(fd);
	}
	ssh_bind_free(b);
	return 0;
}
