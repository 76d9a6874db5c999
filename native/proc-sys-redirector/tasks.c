/*
 * The tasks (threads) that are traced, and the pages that were mapped in their
 * processes to hold other paths.
 *
 * Pages belong to a process, found by the number of its first thread. A child
 * of vfork shares its parent's memory and has pages of its own all the same: one
 * that it maps stays in the parent's memory, 4 KB for good, and harms nothing.
 */
#include "tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024u

static struct task *buckets[BUCKETS];

static struct task **place_of(pid_t tid)
{
	struct task **place = &buckets[(unsigned)tid % BUCKETS];
	while (*place != NULL && (*place)->tid != tid)
		place = &(*place)->next;
	return place;
}

/* Without memory nothing can be traced; ending ends the program too (PTRACE_O_EXITKILL). */
static void *allocated(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

struct task *task_of(pid_t tid)
{
	struct task **place = place_of(tid);
	if (*place == NULL) {
		*place = allocated(calloc(1, sizeof(**place)));
		(*place)->tid = tid;
	}
	return *place;
}

static void leave_space(struct task *task)
{
	struct space *space = task->space;
	task->space = NULL;
	if (space == NULL || --space->tasks > 0)
		return;
	free(space->pages);
	free(space);
}

void renew_task(struct task *task)
{
	leave_space(task);
	task->phase = RUNNING;
	task->page = 0;
	task->pass = false;
	task->begin_follows = false;
}

void forget_task(pid_t tid)
{
	struct task **place = place_of(tid);
	struct task *task = *place;
	if (task == NULL)
		return;
	/* Another thread may use its page; where that was the last one, all is freed. */
	if (task->page != 0)
		give_page(task, task->page);
	leave_space(task);
	*place = task->next;
	free(task);
}

/* The number of a task's process, which is that of its first thread; 0 where it is gone. */
static pid_t process_of(pid_t tid)
{
	char line[256];
	snprintf(line, sizeof(line), "/proc/%d/status", (int)tid);
	FILE *file = fopen(line, "re");
	int process = 0;
	if (file == NULL)
		return 0;
	while (process == 0 && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "Tgid:", 5) == 0)
			process = (int)strtol(line + 5, NULL, 10);
	fclose(file);
	return process;
}

static void join_space(struct task *task)
{
	pid_t process = process_of(task->tid);
	/* A first thread that has ended stays known to the tracer until the last one has. */
	struct task *first = process == 0 ? task : task_of(process);
	if (first->space == NULL) {
		first->space = allocated(calloc(1, sizeof(*first->space)));
		first->space->process = process;
		first->space->tasks = 1;
	}
	if (first == task)
		return;
	task->space = first->space;
	task->space->tasks++;
}

uint64_t take_page(struct task *task)
{
	if (task->space == NULL)
		join_space(task);
	struct space *space = task->space;
	return space->count == 0 ? 0 : space->pages[--space->count];
}

void give_page(struct task *task, uint64_t page)
{
	struct space *space = task->space;
	task->page = 0;
	if (space == NULL)
		return;
	if (space->count == space->capacity) {
		space->capacity = space->capacity == 0 ? 4 : space->capacity * 2;
		space->pages = allocated(realloc(space->pages, space->capacity * sizeof(*space->pages)));
	}
	space->pages[space->count++] = page;
}
