#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/metrics/promtext.h"

static void check_sample(const struct prom_sample *s)
{
	assert(s->name[0] && !strchr("0123456789", s->name[0]));
	assert(isfinite(s->value));
	assert(s->label_count <= PROMTEXT_LABELS_MAX);
	for (size_t i = 0; i < s->label_count; i++) {
		const struct prom_label *l = &s->labels[i];
		assert(i == 0 || strcmp(s->labels[i - 1].name, l->name) < 0);
		assert(utf8_valid(l->value, strlen(l->value)));
		assert(prom_label(s, l->name) == l->value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct promtext text;
	if (promtext_parse((const char *)data, size, &text, NULL) < 0)
		return 0;
	assert(text.count <= PROMTEXT_SAMPLES_MAX);
	for (size_t i = 0; i < text.count; i++)
		check_sample(&text.samples[i]);
	promtext_finish(&text);
	return 0;
}
