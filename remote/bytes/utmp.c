#include "remote/bytes/utmp.h"

#include <string.h>

#include "lib/compiler.h"

enum { TYPE_AT = 0, PID_AT = 4, USER_AT = 44, TYPE_MAX = 9 };

struct utmp_record utmp_record(struct span file, size_t at)
{
	int16_t type;
	int32_t pid;
	const char *record = file.at + at, *user = record + USER_AT;
	memcpy(&type, record + TYPE_AT, sizeof type);
	memcpy(&pid, record + PID_AT, sizeof pid);
	const char *end = memchr(user, 0, UTMP_USER_MAX);
	size_t len = end ? (size_t)(end - user) : UTMP_USER_MAX;
	return (struct utmp_record){ type, pid, { user, len }, at };
}

static bool fits(struct span file, size_t size)
{
	if (file.len % size != 0)
		return false;
	for (size_t at = 0; at < file.len; at += size) {
		int type = utmp_record(file, at).type;
		if (type < 0 || type > TYPE_MAX)
			return false;
	}
	return true;
}

size_t utmp_record_size(struct span file)
{
	static const size_t sizes[] = { 384, 400 };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (fits(file, sizes[i]))
			return sizes[i];
	return 0;
}
