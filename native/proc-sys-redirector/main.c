/*
 * proc-sys-redirector: runs a program for which files of a prepared tree lie in
 * place of those under /proc/sys.
 *
 *   proc-sys-redirector [--trace=seccomp|ptrace] --from /proc/sys --to DIR -- PROGRAM ARGS...
 *
 * A path under --from that the tree holds is replaced by the tree's; any other
 * goes through as it is. It is for the program and all that it starts.
 *
 * This process becomes the program: its exit status is the program's. It is 125
 * where the redirector itself fails, 126 where the program cannot be run, and
 * 127 where it is not there.
 */
#include "launch.h"
#include "tree.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OWN_FAILURE = 125, CANNOT_RUN = 126, NOT_THERE = 127 };

static const char usage[] =
	"usage: proc-sys-redirector [--trace=seccomp|ptrace] --from /proc/sys --to DIR -- PROGRAM ARGS...\n";

static int fail(const char *what, int error)
{
	fprintf(stderr, "proc-sys-redirector: %s%s%s\n", what, error == 0 ? "" : ": ",
		error == 0 ? "" : strerror(error));
	return OWN_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},
		{"trace", required_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	static struct tree tree;
	const char *from = NULL;
	const char *to = NULL;
	const char *mode = "seccomp";
	int option;
	/* "+": what follows the first word that is no option is the program's. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			from = optarg;
			break;
		case 't':
			to = optarg;
			break;
		case 'm':
			mode = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return OWN_FAILURE;
		}
	}
	int every_call = strcmp(mode, "ptrace") == 0;
	if (from == NULL || to == NULL || optind >= argc || (!every_call && strcmp(mode, "seccomp") != 0)) {
		fputs(usage, stderr);
		return OWN_FAILURE;
	}
	const char *wrong = open_tree(&tree, from, to);
	if (wrong != NULL)
		return fail(wrong, 0);
	const char *failed = launch_tracer(&tree, every_call);
	if (failed == NULL && !every_call)
		failed = install_filter();
	if (failed != NULL)
		return fail(failed, errno);
	execvp(argv[optind], argv + optind);
	int error = errno;
	fail(argv[optind], error);
	return error == ENOENT ? NOT_THERE : CANNOT_RUN;
}
