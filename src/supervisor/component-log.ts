import { stripVTControlCharacters } from "node:util";
import { copyFile, open, stat, truncate } from "node:fs/promises";

/** A log file grows to this size, then its content moves to `.1` (bytes). */
const mostBytes = 16 * 1024 * 1024;

/** How much of a log is read at first for its last lines (bytes). */
const firstTail = 64 * 1024;

/**
 * Bounds a log: where it is too long it is copied to `PATH.1` and emptied. The
 * component holds it open in append mode, so a rename would not do.
 */
export async function trimLog(path: string): Promise<void> {
  try {
    const { size } = await stat(path);
    if (size <= mostBytes) return;
    await copyFile(path, `${path}.1`);
    await truncate(path, 0);
  } catch {
    // A full disk or a log that the user took away must not stop the supervisor; the log stays long.
  }
}

/** The last lines of a log, without reading more of it than they need. */
export async function lastLines(path: string, count: number): Promise<readonly string[]> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    for (let length = Math.min(size, firstTail); ; length = Math.min(size, length * 4)) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      const lines = stripVTControlCharacters(buffer.subarray(0, bytesRead).toString()).split("\n"); // kine colours its log
      if (length < size) lines.shift(); // it begins in the middle
      const whole = lines.filter((line) => line !== "");
      if (whole.length >= count || length === size) return count === 0 ? [] : whole.slice(-count);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
