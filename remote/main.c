/*
 * fleet-probe: reads the kernel's files, seals what they say for one server, hands it over
 * and ends. It runs on other people's machines, so it is one small static program that starts
 * no other (but a child of its own for what may hang: files/away.h), connects to nothing but the
 * machine's own message bus and writes in its own folder only.
 *
 *   sources.def, collect.c  what is read, and the pass over all of it
 *   gather/                 the input and output of a source
 *   readers/                pure: its bytes into samples
 *   bytes/                  pure: what both take bytes apart with, and put them together
 *   files/                  opening, reading and listing, and what may never answer
 *   serve.c, spool.c        the conversation with the server, and reports that it did not get yet
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/wire/ask.h"
#include "lib/wire/wire.h"
#include "remote/arena.h"
#include "remote/files/io.h"
#include "remote/plain.h"
#include "remote/self.h"
#include "remote/serve.h"

enum { ARENA_SIZE = 4 << 20, RUN_MAX_S = 120 };

enum mode { MODE_SERVE, MODE_PLAIN, MODE_HASH, MODE_HELP, MODE_WRONG };

static const char HELP[] =
	"usage: fleet-probe [--root DIR] [--plain [--ask KIND:TEXT]... | --hash | --help]\n"
	"  (nothing)        take a request on standard input, answer it on standard output\n"
	"  --plain          print the metrics as readable text\n"
	"  --ask KIND:TEXT  with what a request may ask for: process:nginx, file:/var/backups/db\n"
	"  --hash           print this program's own BLAKE2b-128\n"
	"  --root DIR       read DIR/proc, DIR/sys ... in place of this machine's\n";

struct options {
	enum mode mode;
	const char *wrong; /* the word that is none of ours */
	const char *root;
	char asks[WIRE_REQUEST_MAX];
};

static bool add_ask(struct options *o, const char *text)
{
	const char *colon = strchr(text, ':');
	enum ask_kind kind = colon ? ask_kind_find(text, (size_t)(colon - text)) : ASK_KINDS;
	size_t len = strlen(o->asks);
	return kind < ASK_KINDS &&
	       ask_encode(kind, colon + 1, o->asks + len, sizeof o->asks - len) > 0;
}

static void parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--root") == 0 && i + 1 < argc)
			o->root = argv[++i];
		else if (strcmp(argv[i], "--ask") == 0 && i + 1 < argc && add_ask(o, argv[i + 1]))
			i++;
		else if (strcmp(argv[i], "--plain") == 0)
			o->mode = MODE_PLAIN;
		else if (strcmp(argv[i], "--hash") == 0)
			o->mode = MODE_HASH;
		else if (strcmp(argv[i], "--help") == 0)
			o->mode = MODE_HELP;
		else {
			bool is_ask = strcmp(argv[i], "--ask") == 0 && i + 1 < argc;
			o->mode = MODE_WRONG;
			o->wrong = argv[i + is_ask];
			return;
		}
}

/* Whoever started it may have closed, ignored or blocked anything. */
static void settle(void)
{
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is a full disk */
	(void)alarm(RUN_MAX_S);
	(void)umask(077);
	int fd = 0;
	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

static int print(int fd, const char *text)
{
	return io_write(fd, text, strlen(text)) < 0 ? EX_IOERR : EX_OK;
}

static int refuse(const char *word)
{
	const char *const texts[] = { "fleet-probe: what is ", word, "?\n", HELP };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		(void)print(STDERR_FILENO, texts[i]);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	struct arena arena;
	struct self self;
	static struct options options = { .mode = MODE_SERVE, .root = "" };
	parse(argc, argv, &options);
	settle();
	if (options.mode == MODE_WRONG)
		return refuse(options.wrong);
	if (options.mode == MODE_HELP)
		return print(STDOUT_FILENO, HELP);
	self_find(&self);
	int rc = arena_init(&arena, ARENA_SIZE);
	if (options.mode == MODE_PLAIN)
		return rc < 0 ? EX_OSERR : plain(&arena, &self, options.root, options.asks);
	if (rc < 0 || sodium_init() < 0 || self_hash(&self) < 0) {
		(void)print(STDOUT_FILENO, "\n" WIRE_TAG "error probe-failed cannot start here\n");
		return SERVE_FAILED;
	}
	if (options.mode == MODE_HASH)
		return print(STDOUT_FILENO, self.hash) | print(STDOUT_FILENO, "\n");
	return serve(&arena, &self, options.root, STDIN_FILENO, STDOUT_FILENO);
}
