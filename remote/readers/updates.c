/*
 * What update-notifier of Ubuntu counted last, in the words of a message of the day: "12 updates
 * can be applied immediately." or "12 packages can be updated."; "3 of these updates are standard
 * security updates." or "3 updates are security updates.", a line that newer ones leave out for 0.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"

/* Two words of a line each. */
/* clang-format off */
static const char *const all[][2] = {
	{ "can", "immediately." },
	{ "can", "updated." },
};
static const char *const security[][2] = {
	{ "are", "security" },
	{ "is",  "security" },
};
/* clang-format on */

static bool has_word(struct span line, const char *wanted)
{
	struct span word;
	while (span_word(&line, &word))
		if (span_is(word, wanted))
			return true;
	return false;
}

/* The number that begins the first such line. */
static bool find_count(struct span file, const char *const words[2][2], uint64_t *ret_count)
{
	struct span line;
	while (span_line(&file, &line))
		for (size_t i = 0; i < 2; i++)
			if (has_word(line, words[i][0]) && has_word(line, words[i][1]) &&
				span_column(line, 0, ret_count))
				return true;
	return false;
}

void read_updates(struct span bytes, struct text *out)
{
	uint64_t pending, count = 0;
	bool is_known = find_count(bytes, all, &pending);
	if (is_known)
		text_single(out, "fleet_updates_pending", "gauge", pending, 0);
	if (find_count(bytes, security, &count) || is_known)
		text_single(out, "fleet_security_updates_pending", "gauge", count, 0);
}
