/*
 * Who is logged in: what systemd-logind keeps in run/systemd/sessions, and run/utmp. Debian 12
 * has both, though only programs that use PAM are in the first and only those that care in the
 * second; Debian 13 has no utmp any more. So what knows of more is believed.
 */
#include "remote/readers/readers.h"

#include "remote/bytes/bundle.h"
#include "remote/bytes/utmp.h"

enum { USERS_MAX = 256 };

struct logins {
	uint64_t sessions;
	struct span users[USERS_MAX]; /* each once */
	size_t user_count;
	bool is_known;
};

static void add(struct logins *l, struct span user)
{
	size_t i = 0;
	l->sessions++;
	while (i < l->user_count && !span_equal(l->users[i], user))
		i++;
	if (i == l->user_count && i < USERS_MAX)
		l->users[l->user_count++] = user;
}

/* KEY=value */
static struct span value_of(struct span file, const char *key)
{
	struct span line;
	while (span_line(&file, &line)) {
		size_t len = 0;
		while (len < line.len && line.at[len] != '=')
			len++;
		if (len < line.len && span_is((struct span){ line.at, len }, key))
			return (struct span){ line.at + len + 1, line.len - len - 1 };
	}
	return (struct span){ "", 0 };
}

/* Not those of the login screen, nor of a user's own service manager, nor that are ending. */
static void read_session(struct span file, struct logins *l)
{
	struct span user = value_of(file, "USER"), class = value_of(file, "CLASS");
	if (user.len > 0 && (class.len == 0 || span_starts(class, "user")) &&
		!span_is(value_of(file, "STATE"), "closing"))
		add(l, user);
}

static void read_records(struct span file, struct logins *l)
{
	size_t size = utmp_record_size(file);
	for (size_t at = 0; at < file.len && size > 0; at += size) {
		struct utmp_record r = utmp_record(file, at);
		if (r.type == UTMP_USER && r.user.len > 0)
			add(l, r.user);
	}
}

void read_logins(struct span bytes, struct text *out)
{
	struct logins sessions = { .is_known = false }, records = { .is_known = false };
	struct bundle_file f;
	while (bundle_next(&bytes, &f)) {
		if (f.size < 0)
			continue;
		if (span_is(f.kind, "sessions"))
			sessions.is_known = true;
		else if (span_is(f.kind, "session"))
			read_session(f.bytes, &sessions);
		else if (span_is(f.kind, "utmp")) {
			records.is_known = true;
			read_records(f.bytes, &records);
		}
	}
	if (!sessions.is_known && !records.is_known)
		return;
	const struct logins *l = sessions.sessions >= records.sessions ? &sessions : &records;
	text_single(out, "fleet_login_sessions", "gauge", l->sessions, 0);
	text_single(out, "fleet_login_users", "gauge", l->user_count, 0);
}
