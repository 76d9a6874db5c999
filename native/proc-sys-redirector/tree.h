/*
 * What lies in place of what: the covered directory (--from), the prepared tree
 * (--to), and where a path of the program leads.
 */
#ifndef TREE_H
#define TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The covered directory and the tree over it. */
struct tree {
	char from[PATH_MAX];
	size_t from_length;
	char to[PATH_MAX];
	size_t to_length;
	/* The tree's root, open. */
	int root;
	struct stat status;
	/* Whether this kernel shows what root directory a task has. */
	bool shows_roots;
};

/* Opens a tree. Returns NULL, or what is wrong. */
const char *open_tree(struct tree *tree, const char *from, const char *to);

/*
 * Where a path of a task leads, in place of which another is to be used.
 *
 * Only what its text says is looked at: a symbolic link on the way is not
 * followed. directory is a file descriptor of the task's, or AT_FDCWD.
 *
 * Returns the length of the other path, in `other`; 0 where the tree does not
 * hold it, so that the path stays as it is.
 */
size_t redirected(const struct tree *tree, pid_t tid, int directory, const char *path, char other[PATH_MAX]);

#endif
