/*
 * The tasks (threads) that are traced, and the pages that were mapped in their
 * processes to hold other paths.
 */
#ifndef TASKS_H
#define TASKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/* What a task is at. */
enum phase {
	/* In the program. */
	RUNNING,
	/* Maps a page for us in place of its call. */
	MAPPING,
	/* Makes its call with another path. */
	REDIRECTED,
};

/* The pages that we mapped in a process, of which each holds one path at a time. */
struct space {
	pid_t process;
	/* Tasks that refer to it. */
	unsigned tasks;
	size_t count;
	size_t capacity;
	/* Those that no call uses. */
	uint64_t *pages;
};

/* A traced task. */
struct task {
	struct task *next;
	pid_t tid;
	enum phase phase;
	/* Of a plain trace: the next stop is at a call's end. */
	bool in_call;
	/* The next stop is at the begin of a call that was seen already. */
	bool begin_follows;
	/* No page could be mapped: the next call goes through as it is. */
	bool pass;
	/* The page in use; 0: none. */
	uint64_t page;
	/* The registers as they were when the call began. */
	struct user_regs_struct registers;
	/* Made when the first page is needed. */
	struct space *space;
};

/* The task of a number, which is new where it was not known. */
struct task *task_of(pid_t tid);

/* Forgets a task, which has ended. */
void forget_task(pid_t tid);

/* Forgets what belonged to the program that a task ran before. */
void renew_task(struct task *task);

/* Takes a page that no call uses; 0 where one has to be mapped first. */
uint64_t take_page(struct task *task);

/* Gives a page back, or adds a new one. */
void give_page(struct task *task, uint64_t page);

#endif
