/*
 * The tracer: lets every task of the program go on until a call takes a path.
 */
#ifndef TRACE_H
#define TRACE_H

#include "tree.h"

#include <stdbool.h>
#include <sys/types.h>

/* Begins to trace a process and all that it will start. Returns 0 or an errno. */
int begin_trace(pid_t process, bool every_call);

/* Traces until the last task has ended. */
void trace(const struct tree *tree, bool every_call);

#endif
