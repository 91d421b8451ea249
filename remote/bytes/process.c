#include "remote/bytes/process.h"

#include <string.h>

enum {
	KEPT = 15,	       /* bytes of a name: TASK_COMM_LEN without the NUL */
	NAME_END = 1 + 64 + 1, /* with its brackets: fs/proc/array.c, of workers of the kernel */
};

/* The words behind the name. */
enum { STATE, USER_TIME = 11, SYSTEM_TIME, THREADS = 17, START = 19, RSS = 21, WORDS };
enum {
	NUMBERS = 1 << USER_TIME | 1 << SYSTEM_TIME | 1 << THREADS | 1 << START | 1 << RSS,
};

static bool parse_words(struct span rest, char *ret_state, uint64_t values[static WORDS])
{
	struct span word;
	for (unsigned i = 0; i < WORDS; i++) {
		if (!span_word(&rest, &word))
			return false;
		if (i == STATE)
			*ret_state = *word.at;
		if (NUMBERS & 1U << i && !span_u64(word, &values[i]))
			return false;
	}
	return true;
}

bool process_parse(struct span stat, struct process *ret_process)
{
	uint64_t values[WORDS];
	char state = 0;
	const char *open = stat.len ? memchr(stat.at, '(', stat.len) : NULL;
	size_t left = open ? (size_t)(stat.at + stat.len - open) : 0;
	const char *close = open ? memrchr(open, ')', left < NAME_END ? left : NAME_END) : NULL;
	if (!close)
		return false;
	struct span rest = { close + 1, (size_t)(stat.at + stat.len - close - 1) };
	if (!parse_words(rest, &state, values))
		return false;
	*ret_process = (struct process){
		.name = { open + 1, (size_t)(close - open - 1) },
		.state = state,
		.threads = values[THREADS],
		.cpu_ticks = values[USER_TIME] + values[SYSTEM_TIME],
		.start_ticks = values[START],
		.rss_pages = values[RSS],
	};
	return true;
}

bool process_may_be(const struct process *p, struct span name)
{
	return name.len > KEPT && p->name.len == KEPT && memcmp(p->name.at, name.at, KEPT) == 0;
}

/* "/usr/sbin/name" is called name, and so is "name: worker 3" of a program that tells its users
 * what it does. */
static bool argument_is(struct span argument, struct span name)
{
	for (size_t i = 0; name.len <= argument.len && i <= argument.len - name.len; i++) {
		const char *at = argument.at + i;
		bool begins = i == 0 || at[-1] == '/';
		bool ends = i + name.len == argument.len || memchr(" :", at[name.len], 2);
		if (begins && ends && memcmp(at, name.at, name.len) == 0)
			return true;
	}
	return false;
}

/* A script comes after its interpreter. */
static bool command_is(struct span command, struct span name)
{
	for (int i = 0; i < 2 && command.len > 0; i++) {
		const char *end = memchr(command.at, 0, command.len);
		size_t len = end ? (size_t)(end - command.at) : command.len;
		if (argument_is((struct span){ command.at, len }, name))
			return true;
		len += end ? 1 : 0;
		command = (struct span){ command.at + len, command.len - len };
	}
	return false;
}

bool process_is(const struct process *p, struct span name)
{
	return span_equal(p->name, name) ||
	       (process_may_be(p, name) && command_is(p->command, name));
}

bool process_runs(const struct process *p)
{
	return !memchr("ZXx", p->state, 3);
}

/* name:password:uid:… */
static bool parse_user(struct span line, struct span *ret_name, uint64_t *ret_uid)
{
	struct span fields[3];
	for (int i = 0; i < 3; i++) {
		const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
		if (!colon)
			return false;
		fields[i] = (struct span){ line.at, (size_t)(colon - line.at) };
		line = (struct span){ colon + 1, line.len - fields[i].len - 1 };
	}
	*ret_name = fields[0];
	return fields[0].len > 0 && span_u64(fields[2], ret_uid);
}

bool passwd_name(struct span passwd, uint64_t uid, struct span *ret_name)
{
	struct span line, name;
	uint64_t of_line;
	while (span_line(&passwd, &line))
		if (parse_user(line, &name, &of_line) && of_line == uid) {
			*ret_name = name;
			return true;
		}
	return false;
}
