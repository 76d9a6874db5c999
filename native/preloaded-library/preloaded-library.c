/*
 * Experiment 09 of those that came before sandkube: a library for LD_PRELOAD that
 * redirects what a program opens below /proc/sys to $SANDKUBE_PROC_SYS, where a
 * file of that name is there. It is in the laboratory only. A library reaches a
 * program through its dynamic loader; a static one, as Go's are, has none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char below[] = "/proc/sys/";

/* The path to open in place of this one; buffer has PATH_MAX bytes. */
static const char *redirected(const char *path, char *buffer)
{
	const char *tree = getenv("SANDKUBE_PROC_SYS");
	int length;

	if (tree == NULL || path == NULL || strncmp(path, below, sizeof(below) - 1) != 0)
		return path;
	length = snprintf(buffer, PATH_MAX, "%s/%s", tree, path + sizeof(below) - 1);
	if (length < 0 || length >= PATH_MAX || access(buffer, F_OK) != 0)
		return path;
	return buffer;
}

static mode_t mode_of(int flags, va_list arguments)
{
	return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		static int (*next)(const char *, int, ...);                                        \
		char buffer[PATH_MAX];                                                             \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		if (next == NULL)                                                                  \
			next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);           \
		va_start(arguments, flags);                                                        \
		mode = mode_of(flags, arguments);                                                  \
		va_end(arguments);                                                                 \
		return next(redirected(path, buffer), flags, mode);                                \
	}

#define OPENAT(name)                                                                               \
	int name(int directory, const char *path, int flags, ...)                                  \
	{                                                                                          \
		static int (*next)(int, const char *, int, ...);                                   \
		char buffer[PATH_MAX];                                                             \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		if (next == NULL)                                                                  \
			next = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name);      \
		va_start(arguments, flags);                                                        \
		mode = mode_of(flags, arguments);                                                  \
		va_end(arguments);                                                                 \
		return next(directory, redirected(path, buffer), flags, mode);                     \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
