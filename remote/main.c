/*
 * fleet-probe: reads the kernel's files, seals what they say for one server, hands it over
 * and ends. It runs on other people's machines, so it is one small static program that
 * starts nothing, connects nowhere and writes in its own folder only.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/wire/ask.h"
#include "lib/wire/wire.h"
#include "remote/arena.h"
#include "remote/collect.h"
#include "remote/folder.h"
#include "remote/io.h"
#include "remote/self.h"
#include "remote/serve.h"

enum { ARENA_SIZE = 4 << 20, TEXT_SIZE = 1 << 20, RUN_MAX_S = 120 };
/* No line of a report is half as long. */
enum { PRINT_SIZE = 256 << 10, HELP_MAX = 64 };

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
			o->mode = MODE_WRONG;
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

static int print(const char *text)
{
	return io_write(STDOUT_FILENO, text, strlen(text)) < 0 ? EX_IOERR : EX_OK;
}

/* For people, and for tools that ask for a line of help: they find more of it on the server. */
static const char *help_of(struct span name)
{
	if (span_starts(name, "node_"))
		return "As node_exporter has it.";
	return span_starts(name, "fleet_") ? "The probe's own; fleet metrics tells more."
					   : "Of a *.prom file.";
}

static bool is_type(struct span line, struct span *ret_name)
{
	struct span word;
	return span_word(&line, &word) && span_is(word, "#") && span_word(&line, &word) &&
	       span_is(word, "TYPE") && span_word(&line, ret_name);
}

static int print_report(struct span rest, char *page)
{
	struct span line, name;
	size_t len = 0;
	while (span_line(&rest, &line)) {
		if (PRINT_SIZE - len < 2 * line.len + HELP_MAX) {
			if (io_write(STDOUT_FILENO, page, len) < 0)
				return EX_IOERR;
			len = 0;
		}
		if (is_type(line, &name))
			len += (size_t)snprintf(page + len, HELP_MAX + name.len, "# HELP %.*s %s\n",
				(int)name.len, name.at, help_of(name));
		memcpy(page + len, line.at, line.len);
		len += line.len;
		page[len++] = '\n';
	}
	return io_write(STDOUT_FILENO, page, len) < 0 ? EX_IOERR : EX_OK;
}

static int plain(const struct options *o, const struct self *self)
{
	struct arena a;
	struct collect c;
	struct folders folders;
	struct text out = { .size = TEXT_SIZE };
	folders_init(&folders, self->folder);
	if (arena_init(&a, ARENA_SIZE) < 0 || collect_init(&c, &a, o->root, o->asks, &folders) < 0)
		return EX_OSERR;
	out.data = arena_take(&a, out.size);
	char *page = arena_take(&a, PRINT_SIZE);
	if (!out.data || !page)
		return EX_OSERR;
	collect_run(&c, &out);
	text_finish(&out);
	return print_report((struct span){ out.data, out.len }, page);
}

int main(int argc, char **argv)
{
	struct arena arena;
	struct self self;
	static struct options options = { .mode = MODE_SERVE, .root = "" };
	parse(argc, argv, &options);
	settle();
	if (options.mode == MODE_HELP || options.mode == MODE_WRONG)
		return print(HELP) | (options.mode == MODE_WRONG ? EX_USAGE : 0);
	self_find(&self);
	if (options.mode == MODE_PLAIN)
		return plain(&options, &self);
	if (arena_init(&arena, ARENA_SIZE) < 0 || sodium_init() < 0 || self_hash(&self) < 0) {
		(void)print("\n" WIRE_TAG "error probe-failed cannot start here\n");
		return SERVE_FAILED;
	}
	if (options.mode == MODE_HASH)
		return print(self.hash) | print("\n");
	return serve(&arena, &self, options.root, STDIN_FILENO, STDOUT_FILENO);
}
