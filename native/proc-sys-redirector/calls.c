/*
 * The system calls that take a path, and the seccomp filter that stops at them.
 *
 * Numbers are of x86-64. A call in the 32-bit or x32 way goes through untouched:
 * neither Go nor any program of a node makes one.
 */
#include "calls.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#if !defined(__x86_64__) || !defined(__LP64__)
#error "only x86-64 is known here: registers, numbers and the length of the syscall instruction are its own"
#endif

/* Those that look at, open or read a file; sorted by number. */
static const struct call calls[] = {
	{SYS_open, 0, -1},      {SYS_stat, 0, -1},      {SYS_lstat, 0, -1},    {SYS_access, 0, -1},
	{SYS_truncate, 0, -1},  {SYS_creat, 0, -1},     {SYS_readlink, 0, -1}, {SYS_openat, 1, 0},
	{SYS_newfstatat, 1, 0}, {SYS_readlinkat, 1, 0}, {SYS_faccessat, 1, 0}, {SYS_statx, 1, 0},
	{CALLS_OPENAT2, 1, 0},  {439 /* faccessat2 */, 1, 0},
};

#define COUNT (sizeof(calls) / sizeof(calls[0]))

const struct call *find_call(unsigned long long number)
{
	for (size_t i = 0; i < COUNT; i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

/*
 * Writes the search of a number among calls [first, end): a tree, because a
 * filter is interpreted at every call of the program. Returns the position
 * after it.
 */
static size_t write_search(struct sock_filter *filter, size_t at, size_t first, size_t end)
{
	if (end - first <= 2) {
		for (size_t i = first; i < end; i++) {
			filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1);
			filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
		}
		filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		return at;
	}
	size_t middle = first + (end - first) / 2;
	size_t branch = at++;
	size_t upper = write_search(filter, at, first, middle);
	filter[branch] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, calls[middle].number,
						      (unsigned char)(upper - at), 0);
	return write_search(filter, upper, middle, end);
}

size_t make_filter(struct sock_filter filter[FILTER_LENGTH])
{
	size_t at = 0;
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	return write_search(filter, at, 0, COUNT);
}
