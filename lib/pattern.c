#include "lib/pattern.h"

/* When bytes do not fit, the last star takes one more. Those before it need no other try: they have
 * left to it as much of the text as they could. */
bool pattern_matches(const char *pattern, size_t pattern_len, const char *text, size_t text_len)
{
	size_t p = 0, t = 0;
	size_t behind_star = 0, taken = 0; /* 0: there was none yet; how far it reaches */
	while (t < text_len) {
		if (p < pattern_len && pattern[p] == '*') {
			behind_star = ++p;
			taken = t;
		} else if (p < pattern_len && (pattern[p] == '?' || pattern[p] == text[t])) {
			p++;
			t++;
		} else if (behind_star) {
			p = behind_star;
			t = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}
