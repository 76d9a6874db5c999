/*
 * Puts a tracer over this process.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "tree.h"

#include <stdbool.h>

/*
 * Starts the tracer as a process beside this one, which is traced from now on.
 * Returns NULL, or what failed, with errno.
 */
const char *launch_tracer(const struct tree *tree, bool every_call);

/* Makes every call of this process that takes a path stop. Returns NULL, or what failed, with errno. */
const char *install_filter(void);

#endif
