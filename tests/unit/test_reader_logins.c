/* Who is logged in, by systemd-logind's files and by utmp. */
#include "tests/unit/readers_rig.h"

#include <stdlib.h>
#include <string.h>

#include "remote/bytes/bundle.h"
#include "remote/bytes/utmp.h"

enum { RECORDS_MAX = 4, SESSIONS_MAX = 5 };

struct record {
	int16_t type;
	int32_t pid;
	const char *user;
};

#define SAYS(sessions, users) \
	OUR("login_sessions", "gauge", sessions) OUR("login_users", "gauge", users)
#define SESSION(user, class, state) \
	"# private\nUID=1000\nUSER=" user "\nACTIVE=1\nSTATE=" state "\nCLASS=" class "\n"

/* clang-format off */
static const struct {
	bool has_sessions;
	const char *sessions[SESSIONS_MAX];
	size_t record_size; /* 0: no utmp */
	struct record records[RECORDS_MAX];
	const char *out;
} rows[] = {
	{ .out = "" },
	{ .has_sessions = true, .out = SAYS("0", "0") },
	{ .record_size = 384, .out = SAYS("0", "0") },
	{ .has_sessions = true, .sessions = { SESSION("bob", "user", "active"), SESSION("bob", "user", "online"),
	  SESSION("gdm", "greeter", "active"), SESSION("bob", "manager", "active"), SESSION("eve", "user", "closing") },
	  .out = SAYS("2", "1") },
	{ .has_sessions = true, .sessions = { SESSION("bob", "user-light", "active"), "USER=al\n", "UID=7\nSTATE=active\n", "USER\nUSER=\n", "" },
	  .out = SAYS("2", "2") },
	{ .record_size = 384, .records = { { 2, 0, "reboot" }, { 7, 10, "bob" }, { 7, 11, "bob" }, { 8, 12, "eve" } }, .out = SAYS("2", "1") },
	{ .record_size = 400, .records = { { 7, 10, "a" }, { 7, 11, "b" }, { 7, 12, "" } }, .out = SAYS("2", "2") },
	{ .record_size = 384, .records = { { 7, 1, "a-name-of-thirty-two-characters-" } }, .out = SAYS("1", "1") },
	{ .record_size = 384, .records = { { 77, 1, "a" } }, .out = SAYS("0", "0") },
	{ .record_size = 100, .records = { { 7, 1, "a" } }, .out = SAYS("0", "0") },
	/* who knows of more is believed */
	{ .has_sessions = true, .sessions = { SESSION("bob", "user", "active") }, .record_size = 384,
	  .records = { { 7, 1, "bob" }, { 7, 2, "al" } }, .out = SAYS("2", "2") },
	{ .has_sessions = true, .sessions = { SESSION("bob", "user", "active"), SESSION("al", "user", "active") }, .record_size = 384,
	  .records = { { 7, 1, "bob" } }, .out = SAYS("2", "2") },
};
/* clang-format on */

static void put(struct bundle *b, const char *kind, struct span bytes, int64_t size)
{
	struct bundle_file f = { span_of(kind), span_of("x"), bytes, 1, size };
	assert_true(bundle_add(b, &f));
}

static void put_records(struct bundle *b, const struct record *records, size_t size)
{
	char file[RECORDS_MAX * 400] = "";
	size_t len = 0;
	for (; len < RECORDS_MAX * size && records->user; records++, len += size) {
		memcpy(file + len, &records->type, sizeof records->type);
		memcpy(file + len + 4, &records->pid, sizeof records->pid);
		memcpy(file + len + 44, records->user, strlen(records->user));
	}
	put(b, "utmp", (struct span){ file, len }, (int64_t)len);
}

static void every_row(void **state)
{
	char data[4096];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bundle b = { .data = data, .size = sizeof data };
		put(&b, "sessions", span_of(""), rows[i].has_sessions ? 60 : -1);
		for (size_t k = 0; k < SESSIONS_MAX && rows[i].sessions[k]; k++)
			put(&b, "session", span_of(rows[i].sessions[k]), 1);
		if (rows[i].record_size)
			put_records(&b, rows[i].records, rows[i].record_size);
		assert_string_equal(run_reader(read_logins, data, b.len), rows[i].out);
		for (size_t len = 0; len < b.len; len++)
			(void)run_reader(read_logins, data, len);
	}
}

static void users_have_their_cap(void **state)
{
	static char data[1 << 16];
	struct bundle b = { .data = data, .size = sizeof data };
	(void)state;
	put(&b, "sessions", span_of(""), 60);
	for (int i = 0; i < 300; i++) {
		char session[] = "USER=xy";
		session[5] = (char)('a' + i % 26);
		session[6] = (char)('a' + i / 26);
		put(&b, "session", span_of(session), 1);
	}
	assert_string_equal(run_reader(read_logins, data, b.len), SAYS("300", "256"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(users_have_their_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
