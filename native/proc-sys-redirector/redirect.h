/*
 * What is done to a call that takes a path: at its begin the path is replaced,
 * at its end the registers are put back.
 */
#ifndef REDIRECT_H
#define REDIRECT_H

#include "tasks.h"
#include "tree.h"

#include <stdbool.h>

/* A call begins. Whether its end has to be seen. */
bool begin_call(const struct tree *tree, struct task *task);

/* A call stopped which begin_call wanted to see the end of. Whether that is still to come. */
bool end_call(struct task *task);

#endif
