/*
 * The tracer: lets every task of the program go on until a call takes a path.
 *
 * Stops are those of PTRACE_SEIZE (ptrace(2)): an event has its number above the
 * signal, a stop at a call has bit 7 set, a group stop is an event of its own,
 * and anything else is a signal that the program is to get.
 *
 * Ends are stopped at for the sake of their order: a thread that runs another
 * program takes the number of the first one, which is killed. Were that not held
 * at its end until we let it go, what is meant for it could reach the new program.
 */
#include "trace.h"

#include "redirect.h"
#include "tasks.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define OPTIONS                                                                                                        \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESECCOMP)
#define SYSCALL_STOP (SIGTRAP | 0x80)

int begin_trace(pid_t process, bool every_call)
{
	if (ptrace(PTRACE_SEIZE, process, NULL, (void *)(uintptr_t)OPTIONS) != 0)
		return errno;
	/* Only a task that stands still can be told to stop at its calls. */
	if (every_call && ptrace(PTRACE_INTERRUPT, process, NULL, NULL) != 0)
		return errno;
	return 0;
}

/* Lets a task go on. Where it has been killed meanwhile, its end is told by the next wait. */
static void resume(const struct task *task, bool to_next_stop, int signal)
{
	ptrace(to_next_stop ? PTRACE_SYSCALL : PTRACE_CONT, task->tid, NULL, (void *)(intptr_t)signal);
}

/* The program of a process was replaced. The thread that did so has the process's number now, whatever it had before. */
static void after_exec(struct task *task, bool every_call)
{
	unsigned long former = 0;
	if (ptrace(PTRACE_GETEVENTMSG, task->tid, NULL, &former) == 0 && (pid_t)former != task->tid)
		forget_task((pid_t)former);
	renew_task(task);
	task->in_call = every_call;
}

static bool is_group_stop(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void handle_event(const struct tree *tree, struct task *task, int event, int signal, bool every_call)
{
	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		resume(task, begin_call(tree, task), 0);
		return;
	case PTRACE_EVENT_STOP:
		/* It stays stopped, and will tell when it goes on. */
		if (is_group_stop(signal) && ptrace(PTRACE_LISTEN, task->tid, NULL, NULL) == 0)
			return;
		break;
	case PTRACE_EVENT_EXEC:
		after_exec(task, every_call);
		break;
	default:
		break;
	}
	resume(task, every_call || task->phase != RUNNING, 0);
}

/* A stop at the begin or the end of a call. */
static void handle_call(const struct tree *tree, struct task *task, bool every_call)
{
	if (!every_call) {
		resume(task, task->phase != RUNNING && end_call(task), 0);
		return;
	}
	task->in_call = !task->in_call;
	if (task->in_call)
		begin_call(tree, task);
	else if (task->phase != RUNNING)
		end_call(task);
	resume(task, true, 0);
}

void trace(const struct tree *tree, bool every_call)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno != EINTR)
			return;
		if (tid < 0)
			continue;
		if (!WIFSTOPPED(status)) {
			forget_task(tid);
			continue;
		}
		struct task *task = task_of(tid);
		int event = status >> 16;
		int signal = WSTOPSIG(status);
		if (event != 0)
			handle_event(tree, task, event, signal, every_call);
		else if (signal == SYSCALL_STOP)
			handle_call(tree, task, every_call);
		else
			resume(task, every_call || task->phase != RUNNING, signal);
	}
}
