#include "tests/fleetsim/options.h"

#include <stdlib.h>
#include <unistd.h>

const char options_usage[] =
	"fleetsim -k HOST_KEY -a AUTHORIZED.pub [OPTION...]\n"
	"  -p PORT     to listen on; any that is free without it\n"
	"  -w WORKERS  processes\n"
	"  -l FOLDER   for the ledger\n"
	"  -r FILE     of rules (tests/fleetsim/rules.h), read again at SIGHUP\n"
	"  -f RULE     one of them, before those of the file\n"
	"  -s SEED     of all that is random\n"
	"  -t SECONDS  to live at most\n"
	"  -P PASSWORD that lets in, too\n"
	"  -c          cold: no host has a probe at first\n"
	"  -F          a forced command: the probe runs, whatever is asked\n"
	"  -n ADDRESS:COUNT  only tells the fault of each of these hosts at its first visit\n";

enum { SECONDS_DEFAULT = 600, SECONDS_MAX = 1000000 };

static int parse_text(const char *text, unsigned most, void *ret)
{
	(void)most;
	*(const char **)ret = text;
	return 0;
}

static int parse_number(const char *text, unsigned most, void *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (!*text || *end || n > most)
		return -1;
	*(unsigned *)ret = (unsigned)n;
	return 0;
}

static int parse_flag(const char *text, unsigned most, void *ret)
{
	(void)text, (void)most;
	*(bool *)ret = true;
	return 0;
}

#define FIELD(name) offsetof(struct options, name)

/* clang-format off */
static const struct {
	char letter;
	int (*parse)(const char *text, unsigned most, void *ret);
	size_t field;
	unsigned most;
} letters[] = {
	{ 'F', parse_flag,   FIELD(is_forced),  0 },
	{ 'P', parse_text,   FIELD(password),   0 },
	{ 'a', parse_text,   FIELD(authorized), 0 },
	{ 'c', parse_flag,   FIELD(is_cold),    0 },
	{ 'k', parse_text,   FIELD(host_key),   0 },
	{ 'l', parse_text,   FIELD(ledger),     0 },
	{ 'n', parse_text,   FIELD(range),      0 },
	{ 'p', parse_number, FIELD(port),       UINT16_MAX },
	{ 'r', parse_text,   FIELD(rules_file), 0 },
	{ 's', parse_number, FIELD(seed),       UINT32_MAX },
	{ 't', parse_number, FIELD(seconds),    SECONDS_MAX },
	{ 'w', parse_number, FIELD(workers),    WORKERS_MAX },
};
/* clang-format on */

static int take(struct options *o, int letter, const char *text)
{
	if (letter == 'f') {
		if (o->rule_count == OPTION_RULES_MAX)
			return -1;
		o->rules[o->rule_count++] = text;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (letters[i].letter == letter)
			return letters[i].parse(
				text, letters[i].most, (char *)o + letters[i].field);
	return -1;
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options o = { .workers = 1, .seconds = SECONDS_DEFAULT };
	for (int c; (c = getopt(argc, argv, "FP:a:cf:k:l:n:p:r:s:t:w:")) != -1;)
		if (take(&o, c, optarg) < 0)
			return -1;
	bool can_run = o.host_key && o.authorized && o.workers && o.seconds;
	if (optind != argc || (!o.range && !can_run))
		return -1;
	*ret_options = o;
	return 0;
}

int options_rules(const struct options *o, struct rules *ret_rules, struct error *err)
{
	struct rules r = { .seed = o->seed };
	int result = 0;
	for (size_t i = 0; i < o->rule_count && result == 0; i++)
		result = rules_add(&r, o->rules[i], err);
	if (result == 0 && o->rules_file)
		result = rules_read(&r, o->rules_file, err);
	if (result < 0) {
		rules_finish(&r);
		return -1;
	}
	*ret_rules = r;
	return 0;
}
