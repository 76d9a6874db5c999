/*
 * What lies in place of what: the covered directory (--from), the prepared tree
 * (--to), and where a path of the program leads.
 *
 * The covered directory has no symbolic links on the way to it or in it, which
 * is true of /proc/sys; so its paths can be told from their text alone.
 */
#define _GNU_SOURCE
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path that is being walked: absolute, without a slash at its end; the root is "". */
struct walk {
	char path[PATH_MAX];
	size_t length;
	/* The path ends so that only a directory may be there. */
	bool wants_directory;
};

/* Whether a path is another, or lies in it. */
static bool is_within(const char *path, const char *directory, size_t length)
{
	return strncmp(path, directory, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

const char *open_tree(struct tree *tree, const char *from, const char *to)
{
	if (from[0] != '/' || strlen(from) >= sizeof(tree->from) || realpath(to, tree->to) == NULL)
		return from[0] != '/' ? "--from has to be an absolute path" : "--to is not there";
	if (realpath(from, tree->from) == NULL)
		return "--from is not there";
	tree->from_length = strlen(tree->from);
	tree->to_length = strlen(tree->to);
	if (tree->from_length == 1 || is_within(tree->to, tree->from, tree->from_length))
		return "--to lies in --from";
	tree->root = open(tree->to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (tree->root < 0 || fstat(tree->root, &tree->status) != 0)
		return "--to is not a directory";
	struct stat status;
	tree->shows_roots = stat("/proc/self/root/", &status) == 0;
	return NULL;
}

/* Whether a path is the covered directory, above it or in it. */
static bool is_on_the_way(const struct tree *tree, const struct walk *walk)
{
	if (walk->length >= tree->from_length)
		return is_within(walk->path, tree->from, tree->from_length);
	return is_within(tree->from, walk->path, walk->length);
}

static bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Goes up. What was gone into has to be a directory, or the kernel would refuse it too. */
static bool walk_up(const struct tree *tree, struct walk *walk)
{
	if (walk->length == 0)
		return true;
	if (walk->length > tree->from_length && !is_directory(walk->path))
		return false;
	while (walk->path[--walk->length] != '/')
		;
	walk->path[walk->length] = '\0';
	return true;
}

/* Walks along a path. False where it leads elsewhere, or may: what it goes through could be a symbolic link. */
static bool walk_along(const struct tree *tree, struct walk *walk, const char *path)
{
	for (;;) {
		path += strspn(path, "/");
		size_t length = strcspn(path, "/");
		if (length == 0)
			return true;
		walk->wants_directory = path[length] == '/' || path[0] == '.';
		if (length == 2 && path[0] == '.' && path[1] == '.') {
			if (!walk_up(tree, walk))
				return false;
		} else if (length != 1 || path[0] != '.') {
			walk->wants_directory = path[length] == '/';
			if (walk->length + 1 + length >= sizeof(walk->path))
				return false;
			walk->path[walk->length] = '/';
			memcpy(walk->path + walk->length + 1, path, length);
			walk->length += 1 + length;
			walk->path[walk->length] = '\0';
			if (!is_on_the_way(tree, walk))
				return false;
		}
		path += length;
	}
}

/* Begins at a directory of a task's, which the kernel names without symbolic links. */
static bool begin_at(struct walk *walk, pid_t tid, int directory)
{
	char name[64];
	if (directory == AT_FDCWD)
		snprintf(name, sizeof(name), "/proc/%d/cwd", (int)tid);
	else
		snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)tid, directory);
	ssize_t length = readlink(name, walk->path, sizeof(walk->path));
	if (length < 1 || (size_t)length >= sizeof(walk->path) || walk->path[0] != '/')
		return false;
	walk->length = length == 1 ? 0 : (size_t)length;
	walk->path[walk->length] = '\0';
	return true;
}

/* Whether the tree has a file of this name, or a directory that is not really there; no symbolic link counts. */
static bool tree_holds(const struct tree *tree, const struct walk *walk)
{
	char name[PATH_MAX];
	memcpy(name, walk->path + tree->from_length + 1, walk->length - tree->from_length);
	int directory = tree->root;
	char *part = name;
	for (char *slash; directory >= 0 && (slash = strchr(part, '/')) != NULL; part = slash + 1) {
		*slash = '\0';
		int next = openat(directory, part, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
		if (directory != tree->root)
			close(directory);
		directory = next;
	}
	struct stat status;
	bool found = directory >= 0 && fstatat(directory, part, &status, AT_SYMLINK_NOFOLLOW) == 0;
	if (directory >= 0 && directory != tree->root)
		close(directory);
	if (!found)
		return false;
	if (S_ISREG(status.st_mode))
		return true;
	struct stat covered;
	return S_ISDIR(status.st_mode) && lstat(walk->path, &covered) != 0 && errno == ENOENT;
}

/* Whether a task sees the same tree as we do: it may have another root directory, or other mounts. */
static bool sees_tree(const struct tree *tree, pid_t tid)
{
	if (!tree->shows_roots)
		return true;
	char root[64];
	snprintf(root, sizeof(root), "/proc/%d/root", (int)tid);
	int directory = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat status;
	bool same = directory >= 0 && fstatat(directory, tree->to + 1, &status, 0) == 0 &&
		    status.st_dev == tree->status.st_dev && status.st_ino == tree->status.st_ino;
	if (directory >= 0)
		close(directory);
	return same;
}

size_t redirected(const struct tree *tree, pid_t tid, int directory, const char *path, char other[PATH_MAX])
{
	/* Not initialized as a whole: it is large, and this runs at every path. */
	struct walk walk;
	walk.path[0] = '\0';
	walk.length = 0;
	walk.wants_directory = false;
	if (path[0] == '\0' || (path[0] != '/' && !begin_at(&walk, tid, directory)))
		return 0;
	if (!walk_along(tree, &walk, path) || walk.length <= tree->from_length)
		return 0;
	if (!is_on_the_way(tree, &walk) || !tree_holds(tree, &walk) || !sees_tree(tree, tid))
		return 0;
	const char *within = walk.path + tree->from_length;
	size_t within_length = walk.length - tree->from_length;
	size_t length = tree->to_length + within_length + (walk.wants_directory ? 1 : 0);
	if (length >= PATH_MAX)
		return 0;
	memcpy(other, tree->to, tree->to_length);
	memcpy(other + tree->to_length, within, within_length);
	if (walk.wants_directory)
		other[length - 1] = '/';
	other[length] = '\0';
	return length;
}
