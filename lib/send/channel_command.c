/*
 * Commands: the text on standard input, the fields of the payload in the environment
 * (FLEET_SUBJECT, FLEET_CLIENT, …) and in place of {{subject}}, {{client}}, … in the arguments.
 * Exit status 0: told; 75 (EX_TEMPFAIL of sysexits(3)): again later; any other: never.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/arena.h"
#include "lib/send/channel.h"
#include "lib/send/command.h"
#include "lib/send/template.h"

/* Far below what a program can be started with; values are cut before that. */
enum { FIELDS_MAX = 64, FIELD_MAX = 8192, ARGUMENT_MAX = 8192 };

static const char *const fixed_env[] = { "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:"
					 "/usr/sbin:/sbin",
	"LANG=C.UTF-8" };

/* The lines of the payload, "name=value", cut apart. */
struct fields {
	struct arena memory;
	const char *lines[FIELDS_MAX];
	size_t count;
};

static void fields_finish(struct fields *f)
{
	arena_finish(&f->memory);
}

/* At a character of UTF-8. */
static size_t cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static int fields_init(struct fields *f, const char *payload)
{
	for (const char *line = payload; *line && f->count < FIELDS_MAX; line++) {
		size_t len = strcspn(line, "\n");
		char *copy = arena_copy(&f->memory, line, cut(line, len, FIELD_MAX));
		if (!copy)
			return -1;
		f->lines[f->count++] = copy;
		line += len;
		if (!*line)
			break;
	}
	return 0;
}

/* ---- environment and arguments ------------------------------------------------------------ */

static const char *make_variable(struct fields *f, const char *line)
{
	static const char prefix[] = "FLEET_";
	char *v = arena_alloc(&f->memory, sizeof prefix + strlen(line));
	if (!v)
		return NULL;
	(void)sprintf(v, "%s%s", prefix, line);
	for (char *c = v; *c && *c != '='; c++)
		*c = (char)toupper((unsigned char)*c);
	return v;
}

/* HOME is what cron gave us. */
static const char *make_home(struct fields *f)
{
	const char *home = getenv("HOME");
	char *v = home ? arena_alloc(&f->memory, sizeof "HOME=" + strlen(home)) : NULL;
	if (v)
		(void)sprintf(v, "HOME=%s", home);
	return v;
}

static const char *const *make_env(struct fields *f)
{
	const char **env =
		arena_alloc(&f->memory, (ARRAY_LEN(fixed_env) + f->count + 2) * sizeof *env);
	size_t n = 0;
	if (!env)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(fixed_env); i++)
		env[n++] = fixed_env[i];
	for (size_t i = 0; i < f->count; i++)
		if (!(env[n++] = make_variable(f, f->lines[i])))
			return NULL;
	env[n] = make_home(f);
	return env;
}

/* Which names there are was seen when the configuration was read; one that this message has no
 * value for is nothing. */
static int put_field(void *arg, const char *name, size_t event, struct buffer *out, bool *ret_bare,
	bool *ret_known)
{
	const struct fields *f = arg;
	size_t len = strlen(name);
	(void)event, (void)ret_bare, (void)ret_known;
	for (size_t i = 0; i < f->count; i++)
		if (strncmp(f->lines[i], name, len) == 0 && f->lines[i][len] == '=')
			return buffer_append_text(out, f->lines[i] + len + 1);
	return 0;
}

static int put_raw(const char *s, size_t len, struct buffer *out)
{
	size_t room = out->len < ARGUMENT_MAX ? ARGUMENT_MAX - out->len : 0;
	return buffer_append(out, s, cut(s, len, room));
}

/* An argument that only a value could make an option is none: it gets a blank before it. */
static const char *make_argument(struct fields *f, const char *word, struct error *err)
{
	const struct template_source source = { .put = put_field, .arg = f };
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (buffer_append_text(&text, " ") < 0 ||
		template_render(word, &source, put_raw, &text, err) < 0)
		return NULL;
	bool guard = text.data[1] == '-' && word[0] != '-';
	const char *copy = arena_copy(&f->memory, text.data + !guard, text.len - !guard);
	if (!copy)
		(void)error_no_memory(err);
	return copy;
}

static const char *const *make_argv(struct fields *f, const char *const *words, struct error *err)
{
	size_t count = 0;
	while (words[count])
		count++;
	const char **argv = arena_alloc(&f->memory, (count + 1) * sizeof *argv);
	for (size_t i = 0; argv && i < count; i++)
		if (!(argv[i] = i == 0 ? words[0] : make_argument(f, words[i], err)))
			return NULL;
	if (!argv)
		(void)error_no_memory(err);
	return argv;
}

/* ---- runs --------------------------------------------------------------------------------- */

/* One that hangs or dies may do so for this message only. */
static enum send_result judge(
	const struct command_end *end, const struct recipient *to, struct error *reason)
{
	const char *gap = end->output[0] ? ": " : "";
	if (end->timed_out) {
		(void)error_set(reason, "%s did not end in %g s%s%s", to->argv[0],
			(double)to->timeout_ms / 1000, gap, end->output);
		return SEND_DOUBTED;
	}
	if (end->signal) {
		(void)error_set(reason, "%s was ended by signal %d%s%s", to->argv[0], end->signal,
			gap, end->output);
		return SEND_DOUBTED;
	}
	if (end->status == 0)
		return SEND_SENT;
	(void)error_set(
		reason, "%s ended with status %d%s%s", to->argv[0], end->status, gap, end->output);
	return end->status == EX_TEMPFAIL ? SEND_LATER : SEND_REFUSED;
}

static enum send_result run(void *state, const struct channels *c, const struct recipient *to,
	const struct notification *n, struct send_report *report)
{
	struct fields f CLEANUP(fields_finish) = { .count = 0 };
	struct command_end end;
	(void)state;
	bool ready = fields_init(&f, n->payload ? n->payload : "") == 0;
	const char *const *env = ready ? make_env(&f) : NULL;
	if (!env) {
		(void)error_no_memory(&report->reason);
		return SEND_LATER;
	}
	const struct command_order order = {
		.argv = make_argv(&f, to->argv, &report->reason),
		.env = env,
		.input = n->text,
		.len = strlen(n->text),
		.timeout_ms = to->timeout_ms,
		.stop = c->stop,
	};
	if (!order.argv)
		return SEND_LATER;
	if (command_run(&order, &end, &report->reason) < 0)
		return SEND_CHANNEL;
	return judge(&end, to, &report->reason);
}

const struct channel_way channel_command = {
	.channel = CHANNEL_COMMAND,
	.is_own = true,
	.rests = true,
	.send = run,
};
