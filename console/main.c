#include <stdio.h>

int main(void)
{
	puts("not built yet");
	return 1;
}
