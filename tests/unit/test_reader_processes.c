/* What is running. */
#include "tests/unit/readers_rig.h"

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_processes, "1\n2\nself\n12x\nnet\n300\n", ONE("processes_pids", "gauge", "3") },
	{ read_processes, "self\n", "" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
