/*
 * How fast libcurl hands mails to a server on loopback over one connection that is kept, with
 * nothing else around it; and that server, which takes everything.
 *
 *   mailfloor sink            prints its port, serves until SIGTERM
 *   mailfloor send PORT N     N mails of 1,000 bytes
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/compiler.h"

/* ---- the server --------------------------------------------------------------------------- */

enum { CONNECTIONS_MAX = 64, LINE_BYTES = 8192 };

static struct connection {
	char bytes[LINE_BYTES];
	size_t len;
	bool in_data, quits;
} connections[CONNECTIONS_MAX]; /* [0] is the listener's */
static struct pollfd polled[CONNECTIONS_MAX];
static nfds_t count;

static void say(int fd, const char *text)
{
	(void)!write(fd, text, strlen(text));
}

static void hear(struct connection *c, int fd, const char *line, size_t len)
{
	static const struct {
		const char *verb, *answer;
	} answers[] = {
		{ "EHLO", "250-sink\r\n250 8BITMIME\r\n" },
		{ "DATA", "354 go\r\n" },
		{ "QUIT", "221 bye\r\n" },
		{ "", "250 ok\r\n" },
	};
	if (c->in_data) {
		c->in_data = !(len == 2 && line[0] == '.');
		if (!c->in_data)
			say(fd, "250 ok\r\n");
		return;
	}
	size_t i = 0;
	while (strncasecmp(line, answers[i].verb, strlen(answers[i].verb)) != 0)
		i++;
	say(fd, answers[i].answer);
	c->in_data = i == 1;
	c->quits = i == 2;
}

static void feed(struct connection *c, int fd)
{
	char *line = c->bytes, *end;
	while ((end = memchr(line, '\n', (size_t)(c->bytes + c->len - line)))) {
		hear(c, fd, line, (size_t)(end - line));
		line = end + 1;
	}
	c->len -= (size_t)(line - c->bytes);
	memmove(c->bytes, line, c->len);
	if (c->len == LINE_BYTES)
		c->len = 0;
}

static void serve(nfds_t i)
{
	struct connection *c = &connections[i];
	ssize_t n = read(polled[i].fd, c->bytes + c->len, LINE_BYTES - c->len);
	if (n > 0) {
		c->len += (size_t)n;
		feed(c, polled[i].fd);
	}
	if (n > 0 && !c->quits)
		return;
	(void)close(polled[i].fd);
	count--;
	polled[i] = polled[count];
	connections[i] = connections[count];
}

static void greet(int listener)
{
	int fd = accept(listener, NULL, NULL), one = 1;
	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	connections[count] = (struct connection){ .len = 0 };
	polled[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	say(fd, "220 sink\r\n");
}

static int sink(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&a, len) < 0 || listen(listener, 16) < 0 ||
		getsockname(listener, (struct sockaddr *)&a, &len) < 0)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)printf("%u\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	polled[count++] = (struct pollfd){ .fd = listener, .events = POLLIN };
	while (poll(polled, count, -1) > 0) {
		for (nfds_t i = count; i-- > 1;)
			if (polled[i].revents)
				serve(i);
		if (polled[0].revents && count < CONNECTIONS_MAX)
			greet(listener);
	}
	return 1;
}

/* ---- the sender --------------------------------------------------------------------------- */

enum { MAIL_BYTES = 1000 };

static struct {
	char data[2 * MAIL_BYTES];
	size_t len, given;
} mail;

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double cpu_seconds(void)
{
	struct rusage r;
	(void)getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
	size_t len = mail.len - mail.given;
	(void)arg;
	if (len > size * n)
		len = size * n;
	memcpy(to, mail.data + mail.given, len);
	mail.given += len;
	return len;
}

static void write_mail(void)
{
	mail.len = (size_t)sprintf(mail.data, "From: <fleet@localhost>\r\nTo: <ops@localhost>\r\n"
					      "Subject: alert\r\n\r\n");
	while (mail.len < MAIL_BYTES)
		mail.len += (size_t)sprintf(mail.data + mail.len,
			"host-%04zu load 12.34 above 8 for 3 samples\r\n", mail.len);
}

static int send_mails(const char *port, long n)
{
	char url[64];
	long sent = 0;
	CURL *curl = curl_easy_init();
	struct curl_slist *to = curl_slist_append(NULL, "<ops@localhost>");
	(void)snprintf(url, sizeof url, "smtp://127.0.0.1:%s", port);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "<fleet@localhost>");
	(void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	(void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
	double began = seconds();
	for (long i = 0; i < n; i++) {
		mail.given = 0;
		sent += curl_easy_perform(curl) == CURLE_OK;
	}
	(void)printf("wall=%.3f cpu=%.3f sent=%ld\n", seconds() - began, cpu_seconds(), sent);
	curl_easy_cleanup(curl);
	curl_slist_free_all(to);
	return sent != n;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sink") == 0)
		return sink();
	if (argc == 4 && strcmp(argv[1], "send") == 0) {
		write_mail();
		return send_mails(argv[2], atol(argv[3]));
	}
	(void)fputs("usage: mailfloor sink | send PORT N\n", stderr);
	return 2;
}
