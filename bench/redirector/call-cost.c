/*
 * Measures what system calls cost, and prints nanoseconds a call as JSON.
 *
 *   call-cost DIRECTORY MILLISECONDS    where DIRECTORY/kernel/a is redirected and DIRECTORY/kernel/b is not
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STRETCHES 25

static char covered[4096];
static char passed[4096];
static int zero;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void look_at_passed(void)
{
	struct stat status;
	if (stat(passed, &status) != 0)
		exit(1);
}

static void look_at_covered(void)
{
	struct stat status;
	if (stat(covered, &status) != 0)
		exit(1);
}

static void open_passed(void)
{
	int file = open(passed, O_RDONLY);
	if (file < 0 || close(file) != 0)
		exit(1);
}

static void other(void)
{
	syscall(SYS_getppid);
}

static void read_byte(void)
{
	char byte;
	if (pread(zero, &byte, 1, 0) != 1)
		exit(1);
}

static double cost(void (*call)(void), double milliseconds)
{
	double best = 0;
	/* The best of several stretches: what else the machine does only adds. */
	for (int stretch = 0; stretch < STRETCHES; stretch++) {
		long count = 0;
		double start = now();
		double end = start + milliseconds * 1e6 / STRETCHES;
		while (now() < end)
			for (int i = 0; i < 100; i++, count++)
				call();
		double each = (now() - start) / (double)count;
		if (best == 0 || each < best)
			best = each;
	}
	return best;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	double milliseconds = strtod(argv[2], NULL);
	snprintf(covered, sizeof(covered), "%s/kernel/a", argv[1]);
	snprintf(passed, sizeof(passed), "%s/kernel/b", argv[1]);
	zero = open("/dev/zero", O_RDONLY);
	printf("{\"stat\": %.1f, ", cost(look_at_passed, milliseconds));
	printf("\"openClose\": %.1f, ", cost(open_passed, milliseconds));
	printf("\"redirectedStat\": %.1f, ", cost(look_at_covered, milliseconds));
	printf("\"getppid\": %.1f, ", cost(other, milliseconds));
	printf("\"pread\": %.1f}\n", cost(read_byte, milliseconds));
	return 0;
}
