/*
 * The script is written here as it is read there, one statement a line, and sent with the
 * lines joined. What it may not hold, so that sh, csh and fish all pass it on unchanged inside
 * '…', is said in the header; test_remote_shell runs it under each of them.
 *
 * It trusts nothing that it finds: a folder must be a real one, ours and private; a program
 * must have run there once; what is run later must be ours in a folder of ours; an upload must have
 * its size, be an ELF file (a shell runs what the kernel does not know as a script) and name its
 * own hash before it gets its name.
 */
#include "lib/wire/remote_shell.h"

#include <stdbool.h>
#include <string.h>

static const char OPEN[] = "exec /bin/sh -c '";
static const char CLOSE[] = "'";

/* clang-format off */
static const char COMMON[] =
	"exec 2>/dev/null;"
	"umask 077;"
	"LC_ALL=C PATH=$PATH:/usr/bin:/bin;"
	"export LC_ALL PATH;"
	"m=$(uname -m);"
	"[ \"$m\" = armv8l ] && m=armv7l;" /* a 32-bit kernel, or personality, on a 64-bit machine */
	"fail() { echo; echo \"fleet1 error $*\"; exit 1; };"
	"mine() { case $(ls -ldn \"$1\") in drwx--[-S]---*) [ -O \"$1\" ];; *) false;; esac; };"
	"set -- \"${XDG_CACHE_HOME:+$XDG_CACHE_HOME/fleet-health}\""
		" \"${HOME:+$HOME/.cache/fleet-health}\";";

static const char OTHERS[] =
	"u=$(id -u);"
	"set -- \"$@\" /run/user/$u/fleet-health /var/tmp/fleet-health-$u /tmp/fleet-health-$u"
		" /dev/shm/fleet-health-$u;";

/* The homes come first and alone, since each program that the script starts costs a client a
 * millisecond, every minute. Nobody else can make a file that is ours (-O). A folder's mode would
 * cost a program to see.
 *
 * Statuses that let the file live: 40 and 41 are the probe's own (remote/serve.h), which what a
 * shell makes of an emptied or overwritten file does not end with; the others are signals from
 * outside (HUP INT KILL PIPE ALRM TERM). */
static const char WARM[] =
	"p=fleet-probe-$h;"
	"run() {"
		" \"$d/$p\";"
		" r=$?;"
		" case $r in"
			" 40|41) exit;;"
			" 129|130|137|141|142|143) ;;"
			" *) rm -f \"$d/$p\";;"
		" esac;"
		" fail probe-failed \"the probe ended with status $r\";"
	" };"
	"try() {"
		" for d in \"$@\"; do"
			" [ -L \"$d\" ] && continue;"
			" [ -O \"$d\" ] && [ -O \"$d/$p\" ] && [ -x \"$d/$p\" ] && run;"
		" done;"
	" };"
	"try \"$@\";";

static const char COLD[] =
	"try \"$@\";"
	"k=;"
	"[ -n \"$HOME\" ] && mkdir \"$HOME/.cache\";"
	"for d in \"$@\"; do"
		" case $d in /*) mkdir \"$d\";; *) continue;; esac;"
		" mine \"$d\" || continue;"
		" t=$d/tmp-$$;"
		" echo exit >\"$t\" && chmod 700 \"$t\" && \"$t\" && k=$d;"
		" rm -f \"$t\";"
		" [ -n \"$k\" ] && break;"
		" rmdir \"$d\";"
	" done;"
	"[ -n \"$k\" ] ||"
		" fail no-exec-directory the home, /run/user, /var/tmp, /tmp and /dev/shm:"
		" none takes a program;"
	"d=$k t=$k/tmp-$$;"
	"clean() { rm -f \"$t\"; };"
	"trap clean 0;"
	"trap exit 1 2 13 15;"
	"echo;"
	"echo \"fleet1 need $m\";"
	"read -r x;"
	"read -r a b s g;"
	"[ \"$a $b $g\" = \"fleet1 upload $h\" ] || fail probe-failed no upload came;"
	"echo \"fleet1 ready\";"
	"head -c \"$s\" >\"$t\";"
	"[ \"$(wc -c <\"$t\")\" -eq \"$s\" ] || fail probe-failed the upload was cut;"
	"case $(head -c 4 \"$t\") in ?ELF) ;; *) fail probe-failed the upload is no program;; esac;"
	"chmod 700 \"$t\";"
	"x=$(\"$t\" --hash </dev/null);"
	"case $x in"
		" $h) ;;"
		" \"\") fail architecture the probe for $m does not start here;;"
		" *) fail probe-failed the upload was damaged;;"
	" esac;"
	"find \"$d\" -type f -mtime +0 \"(\" -name \"fleet-probe-*\" -o -name \"tmp-*\" \")\""
		" -exec rm -f \"{}\" \";\";"
	"mv -f \"$t\" \"$d/$p\" || fail probe-failed the upload cannot be renamed;"
	"trap - 0 1 2 13 15;"
	"echo \"fleet1 ready\";"
	"run";

static const char FORGET[] =
	"for d in \"$@\"; do"
		" mine \"$d\" || continue;"
		" rm -f \"$d\"/fleet-probe-* \"$d\"/tmp-*;"
		" for i in $k; do rm -rf \"$d/$i\"; done;"
		" rmdir \"$d\";"
	" done;"
	"echo;"
	"echo \"fleet1 done 0\"";
/* clang-format on */

/* What builds a probe for a machine, as remote/machines.txt has it: Debian's packages. */
static const struct {
	const char *machine, *package;
} compilers[] = {
	{ "aarch64", "gcc-aarch64-linux-gnu" },
	{ "armv7l", "gcc-arm-linux-gnueabihf" },
	{ "x86_64", "gcc-x86-64-linux-gnu" },
};

/* What goes into the script as a bare word. */
static bool is_word(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-";
	return *s && !s[strspn(s, allowed)];
}

static int append_all(struct buffer *out, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (buffer_append_text(out, parts[i]) < 0)
			return -1;
	return 0;
}

static int append_probes(const struct remote_probe *probes, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++)
		if (!is_word(probes[i].machine) || !is_word(probes[i].hash) ||
			buffer_printf(out, " %s) h=%s;;", probes[i].machine, probes[i].hash) < 0)
			return -1;
	return 0;
}

/* After the probes that there are: in `case` the first that fits counts. */
static int append_missing(struct buffer *out)
{
	for (size_t i = 0; i < ARRAY_LEN(compilers); i++)
		if (buffer_printf(out,
			    " %s) fail architecture no probe for $m: install %s on the server"
			    " and run ./bootstrap build there;;",
			    compilers[i].machine, compilers[i].package) < 0)
			return -1;
	return buffer_append_text(out, " *) fail architecture no probe for \"$m\";; esac;");
}

int remote_shell_run(const struct remote_probe *probes, size_t count, struct buffer *out)
{
	const char *const head[] = { OPEN, COMMON, "case $m in" };
	const char *const tail[] = { WARM, OTHERS, COLD, CLOSE };
	if (append_all(out, head, ARRAY_LEN(head)) < 0 || append_probes(probes, count, out) < 0 ||
		append_missing(out) < 0)
		return -1;
	return append_all(out, tail, ARRAY_LEN(tail));
}

int remote_shell_forget(const char *const *key_ids, size_t count, struct buffer *out)
{
	const char *const head[] = { OPEN, COMMON, OTHERS, "k=\"" };
	const char *const tail[] = { "\";", FORGET, CLOSE };
	if (append_all(out, head, ARRAY_LEN(head)) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!is_word(key_ids[i]) || buffer_printf(out, " %s", key_ids[i]) < 0)
			return -1;
	return append_all(out, tail, ARRAY_LEN(tail));
}
