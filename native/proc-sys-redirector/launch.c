/*
 * Puts a tracer over this process.
 *
 * The program does not become the tracer's child: it becomes this very process,
 * and the tracer one beside it (as of strace --daemonize). So whoever started us
 * has the program's own number, output, signals and exit status, and nothing has
 * to be passed on. The tracer is a grandchild, so that the program has no child
 * which it did not make.
 */
#define _GNU_SOURCE
#include "launch.h"

#include "calls.h"
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a terminal or a supervisor sends to a whole group is the program's to answer: the tracer ends with the program. */
static const int left_to_program[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN,
				      SIGTTOU, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM};

/* Closes everything but one descriptor: a pipe held by the tracer would never end for its reader. */
static void keep_only(int kept)
{
	long most = sysconf(_SC_OPEN_MAX);
	if ((kept == 0 || syscall(SYS_close_range, 0, (unsigned)kept - 1, 0) == 0) &&
	    syscall(SYS_close_range, (unsigned)kept + 1, ~0u, 0) == 0)
		return;
	if (most < 0 || most > 65536)
		most = 65536;
	for (int descriptor = 0; descriptor < most; descriptor++)
		if (descriptor != kept)
			close(descriptor);
}

/* Runs the tracer over a process; reports on the socket whether it could begin. */
static void run_tracer(const struct tree *tree, pid_t process, bool every_call, int socket)
{
	struct tree own = *tree;
	for (size_t i = 0; i < sizeof(left_to_program) / sizeof(left_to_program[0]); i++)
		signal(left_to_program[i], SIG_IGN);
	keep_only(socket);
	own.root = open(own.to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* The working directory stays the program's only. */
	int failure = own.root < 0 || chdir("/") != 0 ? errno : 0;
	pid_t self = getpid();
	char go;
	if (write(socket, &self, sizeof(self)) != (ssize_t)sizeof(self) || read(socket, &go, 1) != 1)
		_exit(1);
	if (failure == 0)
		failure = begin_trace(process, every_call);
	if (write(socket, &failure, sizeof(failure)) != (ssize_t)sizeof(failure) || failure != 0)
		_exit(1);
	close(socket);
	trace(&own, every_call);
	exit(0);
}

static bool read_whole(int file, void *buffer, size_t size)
{
	ssize_t count;
	do
		count = read(file, buffer, size);
	while (count < 0 && errno == EINTR);
	return count == (ssize_t)size;
}

/* The tracer says who it is, is allowed to trace, and says whether it does. */
static const char *let_trace(int socket)
{
	pid_t tracer;
	int failure;
	if (!read_whole(socket, &tracer, sizeof(tracer)))
		return "the tracer did not start";
	/* Where Yama lets only a parent trace, this makes an exception. Elsewhere it is refused, and not needed. */
	prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
	if (write(socket, "", 1) != 1 || !read_whole(socket, &failure, sizeof(failure)))
		return "the tracer ended";
	prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	errno = failure;
	return failure == 0 ? NULL : "this process cannot be traced";
}

const char *launch_tracer(const struct tree *tree, bool every_call)
{
	int sockets[2];
	pid_t process = getpid();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
		return "no socket";
	pid_t child = fork();
	if (child == 0) {
		pid_t grandchild = fork();
		if (grandchild == 0)
			run_tracer(tree, process, every_call, sockets[1]);
		_exit(grandchild < 0 ? 1 : 0);
	}
	close(sockets[1]);
	int status = 1;
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		close(sockets[0]);
		return "the tracer could not be started";
	}
	const char *failed = let_trace(sockets[0]);
	close(sockets[0]);
	return failed;
}

const char *install_filter(void)
{
	struct sock_filter filter[FILTER_LENGTH];
	struct sock_fprog program = {.len = (unsigned short)make_filter(filter), .filter = filter};
	/*
	 * The flag keeps the processor's speculation as it was: some kernels slow a
	 * process down that has a filter. The loop lets a kernel without the flag have
	 * none; and where privileges are missing, this process gives up to gain new ones.
	 */
	for (int privileged = 1; privileged >= 0; privileged--) {
		if (privileged == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
			return "new privileges could not be given up";
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0 ||
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
			return NULL;
		if (errno != EACCES)
			break;
	}
	return "the filter was refused";
}
