#include "tests/fleetsim/rules.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

enum { RULES_FILE_MAX = 16 << 20, RULE_MAX = 256 };

/* splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). */
static uint64_t scramble(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

uint64_t mix(uint64_t seed, uint64_t a, uint64_t b)
{
	return scramble(scramble(scramble(seed) ^ a) ^ b);
}

/* Cuts `text` at the last of these characters; what is behind it, or NULL. */
static char *cut(char *text, const char *characters)
{
	char *at = strpbrk(text, characters);
	if (!at)
		return NULL;
	*at = 0;
	return at + 1;
}

static int parse_share(struct rule *rule, const char *text)
{
	char *end;
	double percent = strtod(text, &end);
	if (strcmp(end, "%") != 0 || !(percent > 0 && percent <= 100))
		return -1;
	rule->share = percent == 100 ? 0 : (uint32_t)(percent / 100 * 4294967296.0) | 1;
	return 0;
}

static int parse_net(struct rule *rule, char *text)
{
	struct in_addr address;
	char *end, *bits = cut(text, "/");
	unsigned long n = bits ? strtoul(bits, &end, 10) : 32;
	if (inet_pton(AF_INET, text, &address) != 1 || n > 32 || (bits && (*end || end == bits)))
		return -1;
	rule->mask = n ? UINT32_MAX << (32 - n) : 0;
	rule->net = ntohl(address.s_addr) & rule->mask;
	return 0;
}

static int parse_fault(struct rule *rule, char *text)
{
	char *moment = cut(text, ":");
	if (strcmp(text, "ok") == 0)
		return moment ? -1 : 0;
	rule->fault = fault_find(text);
	if (!rule->fault || (rule->fault->moment == AT_ANY) != (moment != NULL))
		return -1;
	rule->moment = rule->fault->moment;
	rule->is_random = moment && strcmp(moment, "random") == 0;
	return moment && !rule->is_random ? moment_parse(moment, &rule->moment) : 0;
}

static int parse_rule(struct rule *rule, char *text)
{
	*rule = (struct rule){ 0 };
	char *fault = cut(text, "=");
	rule->is_per_visit = strchr(text, '~') != NULL;
	char *share = cut(text, "@~");
	if (!fault || parse_net(rule, text) < 0 || (share && parse_share(rule, share) < 0))
		return -1;
	return parse_fault(rule, fault);
}

int rules_add(struct rules *r, const char *text, struct error *err)
{
	char copy[RULE_MAX];
	struct rule rule;
	if (strlen(text) >= sizeof copy)
		return error_set(err, "a rule of more than %d characters", RULE_MAX);
	memcpy(copy, text, strlen(text) + 1);
	if (parse_rule(&rule, copy) < 0)
		return error_set(err, "`%s' is no rule: see tests/fleetsim/rules.h", text);
	if (rule.fault && rule.fault->trouble == TROUBLE_DARK && rule.share)
		return error_set(err, "`%s': all of a net is dark, or nothing", text);
	struct rule *items = realloc(r->items, (r->count + 1) * sizeof *items);
	if (!items)
		return error_set(err, "out of memory");
	r->items = items;
	r->items[r->count++] = rule;
	return 0;
}

int rules_read(struct rules *r, const char *path, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer file = { 0 };
	if (file_read(path, FILE_ANY, RULES_FILE_MAX, &file, err) < 0)
		return -1;
	for (char *line = file.data, *next; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		line[strcspn(line, "# \t")] = 0;
		if (*line && rules_add(r, line, err) < 0)
			return error_context(err, "%s", path);
	}
	return 0;
}

void rules_finish(struct rules *r)
{
	free(r->items);
	*r = (struct rules){ .seed = r->seed };
}

/* Rules at the same share hit different hosts, since each has its own number. */
static bool is_hit(const struct rules *r, size_t i, uint32_t address, uint64_t visit)
{
	const struct rule *rule = &r->items[i];
	if ((address & rule->mask) != rule->net)
		return false;
	uint64_t turn = rule->is_per_visit ? visit + 1 : 0;
	return !rule->share || (uint32_t)mix(r->seed + i, address, turn) < rule->share;
}

/* A host that has its probe comes by all moments but the upload. */
static enum moment any_moment(const struct rules *r, uint32_t address, uint64_t turn)
{
	enum moment m = (enum moment)(mix(~r->seed, address, turn) % (MOMENT_COUNT - 1));
	return m < AT_UPLOAD ? m : m + 1;
}

const struct fault *rules_find(
	const struct rules *r, uint32_t address, uint64_t visit, enum moment *ret_moment)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct rule *rule = &r->items[i];
		if (!is_hit(r, i, address, visit))
			continue;
		*ret_moment = rule->is_random
				      ? any_moment(r, address, rule->is_per_visit ? visit + 1 : 0)
				      : rule->moment;
		return rule->fault;
	}
	return NULL;
}
