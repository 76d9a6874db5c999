/*
 * What is done to a call that takes a path: at its begin the path is replaced,
 * at its end the registers are put back.
 *
 * The other path needs room in the program's memory. Below the stack pointer is
 * none that is surely free: a goroutine's stack has its end there, and another
 * object behind it (docs/adr/0010). So the call is made one of mmap first, whose
 * page is ours for good, and then made again.
 */
#include "redirect.h"

#include "calls.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#define PAGE 4096ul
/* The length of the instruction that makes a call. */
#define SYSCALL_LENGTH 2u
/* The code segment of 64-bit programs. */
#define USER_CS 0x33u

/* A path has to fit in a page. */
_Static_assert(PATH_MAX <= PAGE, "a page holds a path");

/*
 * Whether this kernel stops at the begin of a call once more after a stop of the
 * filter, as Linux did before 4.8 and gVisor does (pkg/sentry/kernel/task_syscall.go).
 */
static bool begins_again;

static unsigned long long *argument(struct user_regs_struct *registers, int index)
{
	switch (index) {
	case 0:
		return &registers->rdi;
	case 1:
		return &registers->rsi;
	default:
		return &registers->rdx;
	}
}

/* openat2 may be told that a path must not leave where it begins; then it means something else. */
static bool is_confined(const struct task *task)
{
	struct open_how how;
	if (task->registers.orig_rax != CALLS_OPENAT2)
		return false;
	return !read_memory(task->tid, task->registers.rdx, &how, sizeof(how)) ||
	       (how.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_NO_XDEV)) != 0;
}

static bool set_registers(const struct task *task, struct user_regs_struct *registers)
{
	return ptrace(PTRACE_SETREGS, task->tid, NULL, registers) == 0;
}

/* Makes the call one that maps a page. */
static bool begin_mapping(struct task *task)
{
	struct user_regs_struct mapping = task->registers;
	mapping.orig_rax = SYS_mmap;
	mapping.rdi = 0;
	mapping.rsi = PAGE;
	mapping.rdx = PROT_READ | PROT_WRITE;
	mapping.r10 = MAP_PRIVATE | MAP_ANONYMOUS;
	mapping.r8 = (unsigned long long)-1;
	mapping.r9 = 0;
	if (!set_registers(task, &mapping))
		return false;
	task->phase = MAPPING;
	return true;
}

bool begin_call(const struct tree *tree, struct task *task)
{
	/* Not initialized: they are large, and this runs at every path. */
	char path[PATH_MAX];
	char other[PATH_MAX];
	struct user_regs_struct *registers = &task->registers;
	if (ptrace(PTRACE_GETREGS, task->tid, NULL, registers) != 0 || registers->cs != USER_CS)
		return false;
	const struct call *call = find_call(registers->orig_rax);
	if (call == NULL)
		return false;
	uint64_t address = *argument(registers, call->path);
	if (read_string(task->tid, address, path, sizeof(path)) < 0)
		return false;
	int directory = call->directory < 0 ? AT_FDCWD : (int)*argument(registers, call->directory);
	size_t length = redirected(tree, task->tid, directory, path, other);
	if (length == 0 || is_confined(task))
		return false;
	if (task->pass) {
		task->pass = false;
		return false;
	}
	task->page = take_page(task);
	if (task->page == 0)
		return begin_mapping(task);
	if (!write_memory(task->tid, task->page, other, length + 1)) {
		/* The program unmapped it: it is ours no longer. */
		task->page = 0;
		return begin_mapping(task);
	}
	struct user_regs_struct changed = *registers;
	*argument(&changed, call->path) = task->page;
	if (!set_registers(task, &changed)) {
		give_page(task, task->page);
		return false;
	}
	task->phase = REDIRECTED;
	task->begin_follows = begins_again;
	return true;
}

/* The page is there, or not; the program makes its own call now. */
static void end_mapping(struct task *task, uint64_t page)
{
	if (page == 0 || page >= (uint64_t)-PAGE)
		task->pass = true;
	else
		give_page(task, page);
	struct user_regs_struct again = task->registers;
	again.rip -= SYSCALL_LENGTH;
	again.rax = again.orig_rax;
	/* Not in a call: nothing is to be restarted. */
	again.orig_rax = (unsigned long long)-1;
	set_registers(task, &again);
}

bool end_call(struct task *task)
{
	struct user_regs_struct now;
	if (task->begin_follows) {
		task->begin_follows = false;
		return true;
	}
	if (ptrace(PTRACE_GETREGS, task->tid, NULL, &now) != 0)
		return false;
	if (task->phase == MAPPING) {
		/* A call that begins shows this result; mmap has it never. */
		if (now.rax == (unsigned long long)-ENOSYS) {
			begins_again = true;
			return true;
		}
		task->phase = RUNNING;
		end_mapping(task, now.rax);
		return false;
	}
	const struct call *call = find_call(task->registers.orig_rax);
	if (call != NULL) {
		*argument(&now, call->path) = *argument(&task->registers, call->path);
		set_registers(task, &now);
	}
	task->phase = RUNNING;
	give_page(task, task->page);
	return false;
}
