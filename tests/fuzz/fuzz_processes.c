/*
 * Processes on their way into the report. Parts of an input are divided by a line of "--": names
 * that are asked for, a line each; a file of users; a command; and then /proc/PID/stat of one
 * process after the other. Whatever they hold, no name divides a line of what is written.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/compiler.h"
#include "remote/bytes/tally.h"

static struct span take_part(struct span *rest)
{
	struct span part = *rest, line;
	while (span_line(rest, &line))
		if (span_is(line, "--"))
			return (struct span){ part.at, (size_t)(line.at - part.at) };
	return part;
}

static void ask(struct tally *t, struct span names)
{
	struct span line;
	for (uint64_t pid = 0; span_line(&names, &line); pid++)
		if (!tally_ask(t, &(struct tally_asked){ .name = line,
					  .by_pid = pid % 3 == 2,
					  .is_unreadable = pid % 5 == 2,
					  .pid = pid,
					  .written_s = pid % 2 ? (int64_t)(pid << 60) : 1 }))
			assert(t->asked_count == TALLY_ASKED_MAX);
}

static void check(const struct tally *t, size_t room)
{
	char *out = malloc(room);
	size_t cut, lines = 0;
	assert(out);
	size_t len = tally_write(t, 4096, out, room, &cut);
	assert(len < room && (len == 0 || out[len - 1] == '\n'));
	for (size_t i = 0; i < len; i++)
		lines += out[i] == '\n';
	size_t tops = t->cpu.count + t->memory.count;
	assert(lines + cut >= 3 + t->asked_count + tops);
	assert(lines <= 2 + ARRAY_LEN(t->states) + t->asked_count + tops);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tally none;
	static struct tally t;
	char *copy = malloc(size + 1); /* so that a read beyond it is seen */
	assert(copy);
	if (size)
		memcpy(copy + 1, data, size);
	struct span rest = { copy + 1, size };
	t = none;
	t.boot_s = (int64_t)size;
	ask(&t, take_part(&rest));
	struct span passwd = take_part(&rest), command = take_part(&rest);
	while (rest.len > 0) {
		struct process p;
		if (!process_parse(take_part(&rest), &p))
			continue;
		p.pid = t.pids;
		if (tally_wants_command(&t, &p))
			p.command = command;
		tally_add(&t, &p);
	}
	t.has_hidden = t.pids % 2;
	for (size_t i = 0; i < t.cpu.count; i++) {
		t.cpu.items[i].has_uid = true;
		t.cpu.items[i].uid = t.cpu.items[i].value;
	}
	tally_name_users(&t, passwd);
	check(&t, 1 << 18);
	check(&t, 300);
	free(copy);
	return 0;
}
