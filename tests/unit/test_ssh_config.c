/*
 * ssh_config(5) as `ssh -G` of the real OpenSSH understands it.
 */
#include "tests/unit/folder_rig.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/config/ssh_config.h"

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(name, 0600), 0);
}

static int warnings, warned_line;

static void count_warning(void *arg, const char *file, int line, const char *text)
{
	(void)arg;
	assert_true(file[0] && text[0]);
	warnings++;
	warned_line = line;
}

static struct ssh_config *load(const char *path)
{
	struct ssh_config *c = NULL;
	struct error err;
	warnings = 0;
	if (ssh_config_load(path, count_warning, NULL, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

/* ---- the oracle ------------------------------------------------------------------------- */

static const char *const names[SSH_CONFIG_KEYS] = { "hostname", "identityfile", "port",
	"proxycommand", "proxyjump", "user" };

struct oracle {
	char values[SSH_CONFIG_KEYS][512]; /* "" = it says nothing */
};

static struct oracle ask_ssh(const char *file, const char *host)
{
	struct oracle o = { 0 };
	char command[512], line[1024];
	(void)snprintf(command, sizeof command, "ssh -G -F %s '%s' 2>&1", file, host);
	FILE *p = popen(command, "r");
	assert_non_null(p);
	while (fgets(line, sizeof line, p)) {
		line[strcspn(line, "\n")] = 0;
		for (size_t i = 0; i < SSH_CONFIG_KEYS; i++) {
			size_t len = strlen(names[i]);
			if (strncmp(line, names[i], len) == 0 && line[len] == ' ' &&
				!o.values[i][0])
				(void)snprintf(
					o.values[i], sizeof o.values[i], "%s", line + len + 1);
		}
	}
	if (pclose(p) != 0)
		fail_msg("ssh refuses %s for %s", file, host);
	return o;
}

/* What ssh does when nothing is said. */
static bool is_default(size_t key, const char *value, const char *host)
{
	switch ((enum ssh_config_key)key) {
	case SSH_CONFIG_HOSTNAME:
		return strcasecmp(value, host) == 0;
	case SSH_CONFIG_PORT:
		return strcmp(value, "22") == 0;
	case SSH_CONFIG_USER:
		return strcmp(value, getpwuid(geteuid())->pw_name) == 0;
	case SSH_CONFIG_IDENTITY_FILE:
		return strncmp(value, "~/.ssh/id_", 10) == 0;
	default:
		return value[0] == 0;
	}
}

static void expect_same(const struct ssh_config *c, const char *file, const char *host)
{
	struct oracle o = ask_ssh(file, host);
	struct ssh_config_value ours[SSH_CONFIG_KEYS];
	const struct ssh_config_token tokens[] = { { 'h', host }, { 0, NULL } };
	char expanded[512];
	ssh_config_find(c, host, ours);
	for (size_t i = 0; i < SSH_CONFIG_KEYS; i++) {
		const char *mine = ours[i].text;
		if (mine && i == SSH_CONFIG_HOSTNAME) {
			assert_int_equal(
				ssh_config_expand(mine, tokens, expanded, sizeof expanded), 0);
			mine = expanded;
		}
		if (mine && i == SSH_CONFIG_PROXY_JUMP && strcmp(mine, "none") == 0)
			mine = NULL;
		if (mine &&
			i == SSH_CONFIG_PROXY_COMMAND) /* of which only the first word is kept */
			o.values[i][strcspn(o.values[i], " ")] = 0;
		bool same = mine ? strcasecmp(mine, o.values[i]) == 0
				 : is_default(i, o.values[i], host);
		if (!same)
			fail_msg("%s, host %s: %s is \"%s\", ssh says \"%s\"", file, host, names[i],
				mine ? mine : "(nothing)", o.values[i]);
	}
}

static const char *const texts[] = {
	"",
	"# nothing\n\n  \t# at all\n",
	"Host web1\n  HostName 192.0.2.1\n  Port 2222\n  User monitor\n  IdentityFile ~/.ssh/web\n",
	"User first\nHost web*\nUser second\nPort 23\nHost *\nPort 24\nUser third\n",
	"Host web? !web2 db1\nUser some\nHost *\nUser rest\n",
	"Host !web1 *\nUser others\n",
	"Host * !web1\nUser others\n",
	"Host !web1\nUser nobody\n",
	"Host WEB1\nUser big\nHost web1\nUser small\n",
	"host web1\nhostname=%h.example.com\nPORT = 2022\nuser  =  x\n",
	"Host web1\nHostName \"192.0.2.7\"\nUser 'mon itor'\nIdentityFile \"/a b/c\"\n",
	"Host \"web1\" 'db1'\nUser quoted\n",
	"Host web1 # a comment\nUser commented # here, too\nPort 24 #x\n",
	"Host web1\nUser a\\ b\nIdentityFile /x\\\"y\n",
	"Host web1\nIdentityFile /one\nIdentityFile /two\nHost *\nIdentityFile /three\n",
	"Host web1\nProxyJump bastion\nHost db1\nProxyJump a,b@c:22\nHost *\nProxyJump none\n",
	"Host web1\nProxyCommand nc %h %p\nHost *\nProxyJump bastion\n",
	"Host web1\nProxyJump none\nHost *\nProxyJump bastion\n",
	"Host web1\nHostName %%h-%h\nHost 2001:db8::*\nPort 26\n",
	"Host *.example.com\nPort 27\nHost *example*\nUser star\n",
	"Host web1\r\n\tUser carriage\r\n\tPort 28\r\n",
	"Compression yes\nHost web1\nForwardAgent no\nUser other\nServerAliveInterval 5\n",
	"Host web1\nUser before\nInclude ^inner\nPort 30\nHost db1\nPort 31\n",
	"Include ^inner\nUser outer\n",
	"Host db1\nInclude ^inner\nPort 32\nHost *\nUser last\n",
	"Include ^in* ^none-such\nHost *\nUser last\n",
	"Include ^inner ^deeper/one\nUser last\n",
	"Host w*1\nUser glob\nHost *b*\nUser db\nHost **\nPort 33\n",
};

static const char *const hosts[] = { "web1", "web2", "WEB1", "db1", "x.example.com", "example.org",
	"192.0.2.1", "2001:db8::1" };

/* `^` stands for the folder: ssh looks for relative names in ~/.ssh, whatever -F says. */
static void put_in_folder(const char *name, const char *text)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	for (; *text; text++)
		if ((*text == '^' ? buffer_printf(&b, "%s/", rig_folder())
				  : buffer_append(&b, text, 1)) < 0)
			fail();
	put(name, b.data ? b.data : "");
}

static void agrees_with_openssh(void **state)
{
	(void)state;
	char file[64];
	assert_int_equal(mkdir("deeper", 0700), 0);
	put("inner", "Port 40\nHost web2\nUser inner\nHost x*\nUser inner-x\nPort 41\n");
	put("inner2", "Host *\nPort 42\nIdentityFile /inner2\n");
	put_in_folder("deeper/one", "Host db*\nUser deep\nInclude ^inner2\n");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		(void)snprintf(file, sizeof file, "%s/config%zu", rig_folder(), i);
		put_in_folder(file, texts[i]);
		struct ssh_config *c = load(file);
		assert_int_equal(warnings, 0);
		for (size_t k = 0; k < ARRAY_LEN(hosts); k++)
			expect_same(c, file, hosts[k]);
		ssh_config_destroy(c);
	}
}

/* ---- on its own ------------------------------------------------------------------------- */

static const char *find(const struct ssh_config *c, const char *host, enum ssh_config_key key)
{
	struct ssh_config_value values[SSH_CONFIG_KEYS];
	ssh_config_find(c, host, values);
	return values[key].text ? values[key].text : "";
}

static void passes_over_what_stands_under_match(void **state)
{
	(void)state;
	put("match", "User first\nMatch host web1\nPort 1\nHost db1\nPort 2\nMatch all\nPort 3\n");
	struct ssh_config *c = load("match");
	assert_int_equal(warnings, 2);
	assert_int_equal(warned_line, 6);
	assert_string_equal(find(c, "web1", SSH_CONFIG_PORT), "");
	assert_string_equal(find(c, "web1", SSH_CONFIG_USER), "first");
	assert_string_equal(find(c, "db1", SSH_CONFIG_PORT), "2");
	ssh_config_destroy(c);
}

static void warns_of_lines_it_cannot_use(void **state)
{
	(void)state;
	static const char *const bad[] = { "Host \"web1\nUser x\n", "Host\nUser x\n", "User\n",
		"User \"\"\n", "User a b\n", "Port 'x\n", "Include no/such\\\"\n" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		put("bad", bad[i]);
		struct ssh_config *c = load("bad");
		assert_int_equal(warnings, i + 1 < ARRAY_LEN(bad));
		assert_string_equal(find(c, "web1", SSH_CONFIG_USER), "");
		ssh_config_destroy(c);
	}
}

static void goes_in_no_circle(void **state)
{
	(void)state;
	put("circle", "Include circle\nUser round\n");
	struct ssh_config *c = load("circle");
	assert_int_equal(warnings, 1);
	assert_string_equal(find(c, "web1", SSH_CONFIG_USER), "round");
	ssh_config_destroy(c);
}

static void refuses_what_others_can_write(void **state)
{
	(void)state;
	struct ssh_config *c;
	struct error err;
	put("open", "User x\n");
	assert_int_equal(chmod("open", 0666), 0);
	assert_int_equal(ssh_config_load("open", NULL, NULL, &c, &err), -1);
	assert_non_null(strstr(err.text, "chmod"));
	assert_int_equal(ssh_config_load("missing", NULL, NULL, &c, &err), -1);
	put("around", "Include open\nUser y\n");
	c = load("around");
	assert_int_equal(warnings, 1);
	assert_string_equal(find(c, "web1", SSH_CONFIG_USER), "y");
	ssh_config_destroy(c);
	assert_int_equal(symlink("around", "link"), 0);
	c = load("link");
	assert_string_equal(find(c, "web1", SSH_CONFIG_USER), "y");
	ssh_config_destroy(c);
}

static const struct {
	const char *value, *expanded; /* NULL: refused */
} expansions[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "%h", "web1" },
	{ "a%hb%%c%r", "aweb1b%cme" },
	{ "%", NULL },
	{ "x%", NULL },
	{ "%x", NULL },
	{ "0123456789012345678901234567890", "0123456789012345678901234567890" },
	{ "01234567890123456789012345678901", NULL },
};

static void expands_tokens(void **state)
{
	(void)state;
	const struct ssh_config_token tokens[] = { { 'h', "web1" }, { 'r', "me" }, { 0, NULL } };
	for (size_t i = 0; i < ARRAY_LEN(expansions); i++) {
		char out[32];
		int r = ssh_config_expand(expansions[i].value, tokens, out, sizeof out);
		assert_int_equal(r, expansions[i].expanded ? 0 : -1);
		if (r == 0)
			assert_string_equal(out, expansions[i].expanded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_openssh),
		cmocka_unit_test(passes_over_what_stands_under_match),
		cmocka_unit_test(warns_of_lines_it_cannot_use),
		cmocka_unit_test(goes_in_no_circle),
		cmocka_unit_test(refuses_what_others_can_write),
		cmocka_unit_test(expands_tokens),
	};
	return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
