/*
 * Reads and writes the memory of a traced task that stands still.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads exactly that many bytes; false where some of them are not there. */
bool read_memory(pid_t tid, uint64_t address, void *buffer, size_t size);

/* Writes exactly that many bytes; false where not all could be written. */
bool write_memory(pid_t tid, uint64_t address, const void *buffer, size_t size);

/*
 * Reads a string with its terminating zero. Returns its length, or -1 where it
 * is not all there or does not fit. Never reads past the page in which it ends.
 */
ssize_t read_string(pid_t tid, uint64_t address, char *buffer, size_t size);

#endif
