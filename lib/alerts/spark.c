#include "lib/alerts/spark.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 8 };

struct columns {
	double value[SPARK_WIDTH];
	bool set[SPARK_WIDTH];
};

static void add(struct columns *c, size_t at, double value, bool lowest)
{
	bool better = lowest ? value < c->value[at] : value > c->value[at];
	if (!c->set[at] || better)
		c->value[at] = value;
	c->set[at] = true;
}

/* Which block. Halves keep a difference of two huge values finite. */
static int level_of(const struct spark *s, double value)
{
	double span = s->most / 2 - s->least / 2;
	if (span <= 0)
		return 0;
	int level = (int)((value / 2 - s->least / 2) / span * LEVELS);
	return level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : level;
}

static void draw(struct spark *s, const struct columns *c)
{
	size_t used = 0;
	for (size_t i = 0; i < SPARK_WIDTH; i++) {
		if (!c->set[i]) {
			s->text[used++] = ' ';
			continue;
		}
		s->text[used++] = '\xe2';
		s->text[used++] = '\x96';
		s->text[used++] = (char)(0x81 + level_of(s, c->value[i]));
	}
	s->text[used] = 0;
}

struct spark spark_draw(
	const struct history_point *points, size_t count, int64_t from, int64_t to, bool lowest)
{
	struct spark s = { .least = INFINITY, .most = -INFINITY };
	struct columns c = { 0 };
	for (size_t i = 0; i < count; i++) {
		const struct history_point *p = &points[i];
		if (p->at < from || p->at >= to || !isfinite(p->value))
			continue;
		s.least = fmin(s.least, p->value);
		s.most = fmax(s.most, p->value);
		add(&c, (size_t)((p->at - from) * SPARK_WIDTH / (to - from)), p->value, lowest);
	}
	if (s.least <= s.most)
		draw(&s, &c);
	return s;
}
