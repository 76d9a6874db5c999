/*
 * The system calls that take a path, and the seccomp filter that stops at them.
 */
#ifndef CALLS_H
#define CALLS_H

#include <linux/filter.h>
#include <stddef.h>

/* A system call that takes a path which may be one of a kernel setting. */
struct call {
	unsigned number;
	/* The argument that holds the path. */
	int path;
	/* The argument that holds the directory a relative path begins at; -1: the working directory. */
	int directory;
};

/* The call of a number; NULL where it takes no path. */
const struct call *find_call(unsigned long long number);

/* openat2, which older C libraries do not name. */
#define CALLS_OPENAT2 437

/* Room enough for a filter. */
#define FILTER_LENGTH 64

/* Writes the filter, which traces the calls above and allows all others; returns its length. */
size_t make_filter(struct sock_filter filter[FILTER_LENGTH]);

#endif
