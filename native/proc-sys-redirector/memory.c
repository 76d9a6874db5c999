/*
 * Reads and writes the memory of a traced task that stands still.
 *
 * By process_vm_readv(2) where the kernel has it, and word by word through
 * ptrace(2) where not (gVisor before 2023). A word is read at an aligned address
 * and so never crosses the end of a page.
 */
#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define PAGE 4096ul
/* Most paths are shorter; one read of this fetches them. */
#define FIRST_CHUNK 128u

/* The kernel has no process_vm_readv, or does not let us. */
static bool words_only;

static bool is_unavailable(int error)
{
	return error == ENOSYS || error == EPERM;
}

static bool read_words(pid_t tid, uint64_t address, char *buffer, size_t size)
{
	while (size > 0) {
		size_t skip = address % sizeof(long);
		errno = 0;
		long word = ptrace(PTRACE_PEEKDATA, tid, (void *)(address - skip), NULL);
		if (errno != 0)
			return false;
		size_t part = sizeof(word) - skip;
		if (part > size)
			part = size;
		memcpy(buffer, (const char *)&word + skip, part);
		buffer += part;
		address += part;
		size -= part;
	}
	return true;
}

bool read_memory(pid_t tid, uint64_t address, void *buffer, size_t size)
{
	if (!words_only) {
		struct iovec local = {buffer, size};
		struct iovec remote = {(void *)address, size};
		ssize_t count = process_vm_readv(tid, &local, 1, &remote, 1, 0);
		if (count >= 0 || !is_unavailable(errno))
			return count == (ssize_t)size;
		words_only = true;
	}
	return read_words(tid, address, buffer, size);
}

static bool write_words(pid_t tid, uint64_t address, const char *buffer, size_t size)
{
	while (size > 0) {
		size_t skip = address % sizeof(long);
		size_t part = sizeof(long) - skip;
		if (part > size)
			part = size;
		long word = 0;
		if (part < sizeof(word) && !read_words(tid, address - skip, (char *)&word, sizeof(word)))
			return false;
		memcpy((char *)&word + skip, buffer, part);
		if (ptrace(PTRACE_POKEDATA, tid, (void *)(address - skip), (void *)word) != 0)
			return false;
		buffer += part;
		address += part;
		size -= part;
	}
	return true;
}

bool write_memory(pid_t tid, uint64_t address, const void *buffer, size_t size)
{
	if (!words_only) {
		struct iovec local = {(void *)(uintptr_t)buffer, size};
		struct iovec remote = {(void *)address, size};
		ssize_t count = process_vm_writev(tid, &local, 1, &remote, 1, 0);
		if (count >= 0 || !is_unavailable(errno))
			return count == (ssize_t)size;
		words_only = true;
	}
	return write_words(tid, address, buffer, size);
}

ssize_t read_string(pid_t tid, uint64_t address, char *buffer, size_t size)
{
	size_t length = 0;
	size_t most = FIRST_CHUNK;
	while (length < size) {
		size_t chunk = PAGE - (address + length) % PAGE;
		if (chunk > most)
			chunk = most;
		if (chunk > size - length)
			chunk = size - length;
		if (!read_memory(tid, address + length, buffer + length, chunk))
			return -1;
		const char *end = memchr(buffer + length, '\0', chunk);
		if (end != NULL)
			return end - buffer;
		length += chunk;
		most = PAGE;
	}
	return -1;
}
