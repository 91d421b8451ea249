#ifndef FLEET_REMOTE_BYTES_SPAN_H
#define FLEET_REMOTE_BYTES_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A run of bytes inside somebody else's, and the few ways in which the kernel's files are cut
 * up. Nothing here is NUL-terminated, and no function reads beyond the span.
 */
struct span {
	const char *at;
	size_t len;
};

/* Of a NUL-terminated string. */
struct span span_of(const char *text);

/* Takes that character off `rest`, when it begins with it. */
bool span_char(struct span *rest, char c);

/* Takes the next line off `rest`, without its newline; a last line may lack it. */
bool span_line(struct span *rest, struct span *ret_line);

/* Takes the next word off `rest`: what stands between blanks (space and tab). */
bool span_word(struct span *rest, struct span *ret_word);

bool span_is_digit(char c);
bool span_is(struct span s, const char *text);
bool span_equal(struct span a, struct span b);
bool span_starts(struct span s, const char *text);
bool span_ends(struct span s, struct span end);

/* Whether the word stands in a list that `separator` divides: "rw" in "rw,noatime". */
bool span_lists(struct span list, char separator, const char *word);

/* The whole span as decimal digits, or false. */
bool span_u64(struct span s, uint64_t *ret_value);

/* The same with a sign before them, or none. */
bool span_i64(struct span s, int64_t *ret_value);

/* "-1.5" as -1500 with three decimals. Digits behind the last are cut, those that lack are 0. */
bool span_decimal(struct span s, unsigned decimals, int64_t *ret_value);

/* "12.34" as 1234, with exactly `decimals` digits behind the point. */
bool span_fixed(struct span s, unsigned decimals, uint64_t *ret_value);

/* Word `column`, counted from 0, as a number: decimal, or lower-case hexadecimal. */
bool span_column(struct span line, unsigned column, uint64_t *ret_value);
bool span_hex_column(struct span line, unsigned column, uint64_t *ret_value);

/* Copies the bytes and returns where they end. Nearly all that a report is made of is a few of
 * them, for which musl's memcpy(3) takes several times as long as eight at a time. */
char *span_copy(struct span s, char *to);

#endif
