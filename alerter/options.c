#include "alerter/options.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "lib/log.h"
#include "lib/program.h"

static const char help[] =
	"usage: fleet-alerter [-c FILE] [--dry-run] [-v]\n"
	"\n"
	"Judges the samples that were not judged yet, and tells whom it concerns.\n"
	"\n"
	"  -c FILE     the configuration; otherwise ./config.xml, then\n"
	"              /etc/fleet-health/config.xml\n"
	"  --dry-run   prints what would be told, and changes nothing\n"
	"  -v          says what was done; twice says more\n"
	"  -h, --help; --version\n"
	"\n"
	"Exit codes: 0 done; 75 another alerter is at work; otherwise as sysexits(3).\n";

static const struct option longs[] = {
	{ "dry-run", no_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static struct options done(int exit_code)
{
	return (struct options){ .done = true, .exit_code = exit_code };
}

static struct options print(const char *text)
{
	(void)fputs(text, stdout);
	return done(program_told());
}

struct options options_parse(int argc, char **argv)
{
	struct options o = { 0 };
	int c;
	while ((c = getopt_long(argc, argv, "c:vh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.config = optarg;
			break;
		case 'n':
			o.dry_run = true;
			break;
		case 'v':
			o.verbose++;
			break;
		case 'h':
			return print(help);
		case 'V':
			return print("fleet-alerter " FLEET_VERSION "\n");
		default:
			return done(EX_USAGE);
		}
	}
	if (optind < argc) {
		log_error("what is '%s'? see --help", argv[optind]);
		return done(EX_USAGE);
	}
	return o;
}
