/*
 * Runs a fuzz target without libFuzzer, so that any compiler will do:
 *
 *   fuzz_NAME [-t SECONDS] [-r NUMBER] FILE-OR-FOLDER…
 *
 * Every file is an input (a seed), tried as it is; then inputs made of the seeds by chance are
 * tried for that many seconds of CPU. The same number gives the same sequence of inputs. The input
 * under way when the target dies, or takes too long, is written to crash-fuzz_NAME-PID in the
 * current folder; give that file as the only argument to see it again.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { SEEDS_MAX = 4096, INPUT_MAX = 256 * 1024, HANG_SECONDS = 20 };

struct input {
	uint8_t *data;
	size_t len;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;

/* ---- the input under way, kept for the moment of death ---------------------------------- */

static struct input current;
static char crash_path[4096];

static void save_current(void)
{
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, current.data, current.len) != (ssize_t)current.len)
		return;
	static const char text[] = "\nfailing input: ";
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	(void)!write(STDERR_FILENO, crash_path, strlen(crash_path));
	(void)!write(STDERR_FILENO, "\n", 1);
}

static void on_signal(int number)
{
	save_current();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* Sanitizers end the program by themselves; this is theirs to call, when one is linked. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* UndefinedBehaviorSanitizer does not call it; this makes it die by SIGABRT instead. */
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

static void watch_for_death(const char *program)
{
	static const int signals[] = { SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL };
	const char *slash = strrchr(program, '/');
	char *folder = getcwd(NULL, 0);
	(void)snprintf(crash_path, sizeof crash_path, "%s/crash-%s-%ld", folder ? folder : ".",
		slash ? slash + 1 : program, (long)getpid());
	free(folder);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		(void)signal(signals[i], on_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(save_current);
	else
		(void)signal(SIGSEGV, on_signal);
}

/* The target gets a copy of exactly the input's size, so that one byte too far is seen. */
static void try_input(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	if (len)
		memcpy(copy, data, len);
	current = (struct input){ copy, len };
	(void)alarm(HANG_SECONDS);
	(void)LLVMFuzzerTestOneInput(copy, len);
	(void)alarm(0);
	current = (struct input){ 0 };
	free(copy);
}

/* ---- seeds ------------------------------------------------------------------------------ */

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(INPUT_MAX);
	if (!f || !data || seed_count == SEEDS_MAX)
		die(path);
	size_t len = fread(data, 1, INPUT_MAX, f);
	if (ferror(f))
		die(path);
	(void)fclose(f);
	seeds[seed_count++] = (struct input){ data, len };
}

static void read_folder(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	if (count < 0)
		die(path);
	for (int i = 0; i < count; i++) {
		char file[4096];
		(void)snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			read_file(file);
		free(names[i]);
	}
	free(names);
}

static void read_seeds(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		die(path);
	if (S_ISDIR(st.st_mode))
		read_folder(path);
	else
		read_file(path);
}

static void free_seeds(void)
{
	while (seed_count > 0)
		free(seeds[--seed_count].data);
}

/* ---- chance ----------------------------------------------------------------------------- */

static uint64_t chance_state;

/* splitmix64: every start is a good one. */
static uint64_t chance(void)
{
	uint64_t z = chance_state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* From 0 to n - 1; small numbers more often than large ones. */
static size_t below(size_t n)
{
	if (n < 2)
		return 0;
	size_t top = chance() % 2 ? n : 1 + (size_t)(chance() % n);
	return (size_t)(chance() % top);
}

static void overwrite(struct input *in, size_t at, const void *data, size_t len)
{
	if (len > in->len - at)
		len = in->len - at;
	if (len)
		memcpy(in->data + at, data, len);
}

static void insert(struct input *in, size_t at, const void *data, size_t len)
{
	if (len > INPUT_MAX - in->len)
		len = INPUT_MAX - in->len;
	memmove(in->data + at + len, in->data + at, in->len - at);
	in->len += len;
	overwrite(in, at, data, len);
}

static void cut(struct input *in, size_t at, size_t len)
{
	memmove(in->data + at, in->data + at + len, in->len - at - len);
	in->len -= len;
}

static void flip_bit(struct input *in, size_t at)
{
	if (at < in->len)
		in->data[at] ^= (uint8_t)(1U << chance() % 8);
}

static void set_byte(struct input *in, size_t at)
{
	uint8_t byte = (uint8_t)chance();
	overwrite(in, at, &byte, 1);
}

static void cut_out(struct input *in, size_t at)
{
	cut(in, at, below(in->len - at + 1));
}

static void cut_off(struct input *in, size_t at)
{
	in->len = at;
}

/* Puts a piece of some seed in, often of this one. */
static void put_piece(struct input *in, size_t at)
{
	const struct input *from = &seeds[chance() % seed_count];
	size_t start = from->len ? (size_t)(chance() % from->len) : 0;
	size_t len = below(from->len - start + 1);
	if (len && chance() % 2)
		insert(in, at, from->data + start, len);
	else if (len)
		overwrite(in, at, from->data + start, len);
}

static void repeat(struct input *in, size_t at)
{
	static uint8_t piece[4096];
	size_t len = below(in->len - at + 1), times = 1 + below(64);
	if (len > sizeof piece)
		len = sizeof piece;
	if (len)
		memcpy(piece, in->data + at, len);
	for (; len && times > 0; times--)
		insert(in, at, piece, len);
}

/* What parsers trip over, as text and as bytes. */
static void put_word(struct input *in, size_t at)
{
#define WORD(text)                    \
	{                             \
		text, sizeof text - 1 \
	}
	static const struct {
		const char *text;
		size_t len;
	} words[] = { WORD("-1"), WORD("0"), WORD("18446744073709551615"),
		WORD("18446744073709551616"), WORD("9223372036854775808"), WORD("4294967296"),
		WORD("1e999"), WORD("NaN"), WORD("0x7f"), WORD("\n"), WORD("\r\n"), WORD("\0"),
		WORD(" "), WORD("\""), WORD("\\"), WORD("%s%n"), WORD("../"),
		WORD("\xff\xff\xff\xff"), WORD("\0\0\0\0"), WORD("\xff\xff\xff\x7f"), WORD("\x80"),
		WORD("\xe2\x80\xae") };
	size_t i = (size_t)(chance() % (sizeof words / sizeof *words));
	if (chance() % 2)
		insert(in, at, words[i].text, words[i].len);
	else
		overwrite(in, at, words[i].text, words[i].len);
}

static void mutate(struct input *in)
{
	static void (*const ways[])(struct input * in, size_t at) = { flip_bit, set_byte, cut_out,
		cut_off, put_piece, repeat, put_word };
	for (size_t steps = 1 + below(8); steps > 0; steps--)
		ways[chance() % (sizeof ways / sizeof *ways)](
			in, (size_t)(chance() % (in->len + 1)));
}

/* ---- the run ---------------------------------------------------------------------------- */

/* Of CPU, so that a busy machine tries as many inputs. */
static double seconds_used(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t try_mutations(double seconds)
{
	static uint8_t room[INPUT_MAX];
	size_t tries = 0;
	for (double end = seconds_used() + seconds; seconds_used() < end; tries++) {
		const struct input *seed = &seeds[chance() % seed_count];
		struct input in = { room, seed->len };
		if (seed->len)
			memcpy(room, seed->data, seed->len);
		mutate(&in);
		try_input(in.data, in.len);
	}
	return tries;
}

extern int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

int main(int argc, char **argv)
{
	double seconds = 0;
	int option;
	while ((option = getopt(argc, argv, "t:r:")) != -1)
		if (option == 't')
			seconds = atof(optarg);
		else if (option == 'r')
			chance_state = strtoull(optarg, NULL, 0);
		else
			return 64;
	for (int i = optind; i < argc; i++)
		read_seeds(argv[i]);
	if (seed_count == 0) {
		(void)fprintf(stderr, "%s: no seeds\n", argv[0]);
		return 64;
	}
	watch_for_death(argv[0]);
	if (LLVMFuzzerInitialize && LLVMFuzzerInitialize(&argc, &argv) != 0)
		return 1;
	for (size_t i = 0; i < seed_count; i++)
		try_input(seeds[i].data, seeds[i].len);
	size_t tries = try_mutations(seconds);
	(void)printf("%zu seeds, %zu inputs made of them\n", seed_count, tries);
	free_seeds();
	return 0;
}
