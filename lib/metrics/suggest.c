#include "lib/metrics/suggest.h"

#include <ctype.h>
#include <string.h>

#include "lib/metrics/metrics.h"

enum { NAME_MAX_LEN = 64 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Insertions, deletions and replacements between two names, letter case aside (Levenshtein).
 * One row of the matrix is enough; `b` is at most NAME_MAX_LEN long. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	size_t len = strlen(b);
	for (size_t j = 0; j <= len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= len; j++) {
			int same = tolower((unsigned char)a[i - 1]) ==
				   tolower((unsigned char)b[j - 1]);
			unsigned replaced = diagonal + !same;
			diagonal = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, replaced);
		}
	}
	return row[len];
}

/* The nearest that is nearer than `nearest`. */
static const char *find_near(const char *name, unsigned nearest)
{
	const char *found = NULL;
	size_t len = strlen(name);
	if (len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < 2 * metric_count(); i++) {
		const struct metric *m = metric_at(i / 2);
		const char *known = i % 2 ? m->name : m->alert;
		size_t other = strlen(known), least_edits = other > len ? other - len : len - other;
		if (!other || least_edits >= nearest)
			continue;
		unsigned distance = edit_distance(known, name);
		if (distance < nearest) {
			nearest = distance;
			found = known;
		}
	}
	return found;
}

const char *metric_suggest(const char *name)
{
	return find_near(name, (unsigned)(strlen(name) / 3 + 1)); /* a third wrong */
}

const char *metric_misspelt(const char *name)
{
	return metric_find(name) ? NULL : find_near(name, 3);
}
