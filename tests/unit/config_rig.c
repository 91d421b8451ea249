#include "tests/unit/config_rig.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[PATH_MAX];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

int rig_make(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = {
		{ "id_ed25519", 0600 },
		{ "id_ed25519.pub", 0644 },
		{ "passphrase", 0600 },
		{ "db.password", 0600 },
		{ "mail.password", 0600 },
		{ "web.password", 0600 },
		{ "ssh_config", 0600 },
		{ "db-ca.pem", 0644 },
		{ "mail-ca.pem", 0644 },
		{ "open.password", 0644 },
		{ "open.key", 0640 },
	};
	char made[] = "/tmp/test-config-XXXXXX";
	if (!mkdtemp(made) || !realpath(made, dir) || chdir(dir) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		rig_put(files[i].name, "one line\n", files[i].mode);
	rig_put("web.url", "https://chat.example.com/hooks/fleet\n", 0600);
	rig_put("alert.template", "{\"text\": \"{{subject}}\"}\n", 0644);
	return mkdir("clients.d", 0755) < 0 || mkdir("probes", 0755) < 0 ? -1 : 0;
}

int rig_remove(void **state)
{
	(void)state;
	return chdir("/") < 0 ? -1 : nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *rig_dir(void)
{
	return dir;
}

void rig_put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(name, mode), 0);
}

struct config *rig_load(const char *xml)
{
	struct config *config = NULL;
	struct config_problems problems;
	rig_put("config.xml", xml, 0600);
	int result = config_load("config.xml", &config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		print_error("%s:%d: %s\n", problems.items[i].file, problems.items[i].line,
			problems.items[i].text);
	assert_int_equal(problems.count, 0);
	assert_int_equal(result, 0);
	assert_non_null(config);
	config_problems_finish(&problems);
	return config;
}

void rig_refuse(const char *xml, struct config_problems *ret_problems)
{
	struct config *config = NULL;
	rig_put("config.xml", xml, 0600);
	if (config_load("config.xml", &config, ret_problems) == 0)
		fail_msg("accepted: %s", xml);
	assert_null(config);
	assert_true(ret_problems->count > 0);
}

bool rig_says_what_to_do(const char *text)
{
	static const char *const words[] = { "write ", "run: ", "leave ", "add ", "make ", "name ",
		"give ", "mend " };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

const struct config_problem *rig_only_mistake(const struct config_problems *p, const char *xml)
{
	const struct config_problem *found = NULL;
	for (size_t i = 0; i < p->count; i++) {
		const struct config_problem *q = &p->items[i];
		if (found && !q->warning)
			fail_msg("%s\n%d: %s\n%d: %s", xml, found->line, found->text, q->line,
				q->text);
		if (!q->warning)
			found = q;
	}
	if (!found)
		fail_msg("nothing said about %s", xml);
	return found;
}

void rig_assert_path(const char *path, const char *name)
{
	char expected[4200];
	(void)snprintf(expected, sizeof expected, "%s/%s", rig_dir(), name);
	assert_string_equal(path, expected);
}

void rig_assert_list(const char *const *list, const char *expected)
{
	char joined[500] = "";
	for (; *list; list++) {
		strcat(joined, joined[0] ? " " : "");
		strcat(joined, *list);
	}
	assert_string_equal(joined, expected);
}
