#include "tests/contract/rig.h"

#include <ftw.h>
#include <sys/wait.h>
#include <unistd.h>

const int64_t noon = INT64_C(1795348800000); /* 2026-11-22T12:00:00Z */

uint64_t id_at(int64_t n)
{
	return attempt_floor(noon + n);
}

static const char *server_folder(void)
{
	return getenv("FLEET_MARIADB");
}

bool rig_is_mariadb(void)
{
	return server_folder() != NULL;
}

/* Runs a command with `input` and returns what it printed; fails the test when it fails. */
static char *run_shell(const char *command, const char *input)
{
	char name[] = "/tmp/contract-sql.XXXXXX";
	int fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, input, strlen(input)), strlen(input));
	close(fd);
	char line[1024];
	(void)snprintf(line, sizeof line, "%s <%s 2>&1", command, name);
	struct buffer out = { 0 };
	FILE *p = popen(line, "r");
	assert_non_null(p);
	char piece[4096];
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, p)) > 0)
		assert_int_equal(buffer_append(&out, piece, n), 0);
	int status = pclose(p);
	unlink(name);
	assert_int_equal(buffer_append(&out, "", 0), 0);
	if (status != 0)
		fail_msg("%s: %s: %s", line, input, out.data);
	return out.data;
}

static void shell_command(struct rig *r, char *out, size_t size)
{
	if (rig_is_mariadb())
		(void)snprintf(out, size,
			"mariadb --no-defaults --default-character-set=utf8mb4 -u root -S %s "
			"-N -B -r %s",
			r->config.socket, r->config.database);
	else
		(void)snprintf(
			out, size, "sqlite3 -batch -bail -nullvalue NULL %s", r->config.path);
}

static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

/* SQLite's 2026-11-22T12:00:00.000Z → 2026-11-22 12:00:00.000; MariaDB's tabs → '|' */
static void make_alike(char *text)
{
	char *to = text;
	for (char *p = text; *p;) {
		if (!is_time(p)) {
			*to++ = *p == '\t' ? '|' : *p;
			p++;
			continue;
		}
		memmove(to, p, 23);
		to[10] = ' ';
		to += 23;
		p += 24;
	}
	*to = 0;
}

char *rig_select(struct rig *r, const char *sql)
{
	char command[700];
	shell_command(r, command, sizeof command);
	char *out = run_shell(command, sql);
	make_alike(out);
	return out;
}

void rig_execute(struct rig *r, const char *sql)
{
	free(rig_select(r, sql));
}

struct storage *rig_open(struct rig *r)
{
	struct storage *s;
	assert_done(r, storage_open(&r->config, false, &s, &r->err));
	return s;
}

void rig_reopen(struct rig *r)
{
	storage_close(r->s);
	r->s = rig_open(r);
}

static void set_up_mariadb(struct rig *r)
{
	static char socket[300];
	(void)snprintf(socket, sizeof socket, "%s/socket", server_folder());
	r->config = (struct storage_config){ .engine = STORAGE_MARIADB,
		.path = "",
		.host = "",
		.socket = socket,
		.user = "root",
		.password = "",
		.database = "",
		.tls_ca = "",
		.timeout_ms = 10000 };
	rig_execute(r, "DROP DATABASE IF EXISTS fleet_test; CREATE DATABASE fleet_test");
	r->config.database = "fleet_test";
}

static void set_up_sqlite(struct rig *r)
{
	static char path[300];
	(void)snprintf(path, sizeof path, "%s/fleet.db", r->folder);
	r->config = (struct storage_config){ .engine = STORAGE_SQLITE, .path = path };
}

int rig_set_up(void **state)
{
	struct rig *r = calloc(1, sizeof *r);
	if (!r)
		return -1;
	(void)snprintf(r->folder, sizeof r->folder, "/tmp/contract.XXXXXX");
	if (!mkdtemp(r->folder))
		return -1;
	if (rig_is_mariadb())
		set_up_mariadb(r);
	else
		set_up_sqlite(r);
	assert_done(r, storage_open(&r->config, true, &r->s, &r->err));
	*state = r;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int rig_tear_down(void **state)
{
	struct rig *r = *state;
	storage_close(r->s);
	(void)nftw(r->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(r);
	return 0;
}

static void control(const char *verb)
{
	char command[700];
	(void)snprintf(
		command, sizeof command, "\"$FLEET_MARIADB_CONTROL\" %s %s", verb, server_folder());
	free(run_shell(command, ""));
}

void rig_kill(void)
{
	control("kill");
}

void rig_start(void)
{
	control("start");
}

struct sample failed_sample(int64_t n, const char *client)
{
	return (struct sample){
		.id = id_at(n),
		.client = client,
		.cycle_id = id_at(0),
		.taken_at = noon + n,
		.received_at = noon + n + 1,
		.outcome = OUTCOME_TIMEOUT,
		.first_outcome = OUTCOME_TIMEOUT,
		.stage = STAGE_CONNECT,
		.error = "no answer within 5 s",
		.duration_ms = 5000,
	};
}

struct sample good_sample(
	int64_t n, const char *client, const struct reading *readings, size_t count)
{
	struct sample s = failed_sample(n, client);
	s.outcome = s.first_outcome = OUTCOME_OK;
	s.stage = STAGE_NONE;
	s.error = "";
	s.duration_ms = 80;
	memcpy(s.probe_hash, "0123456789abcdef0123456789abcdef", 33);
	s.has_report = true;
	memset(s.digest, (int)(n & 0xff), sizeof s.digest);
	s.readings = readings;
	s.reading_count = count;
	return s;
}

enum put_result put(struct rig *r, const struct sample *s)
{
	enum put_result result;
	assert_done(r, storage_put_samples(r->s, s, 1, &result, &r->err));
	return result;
}
