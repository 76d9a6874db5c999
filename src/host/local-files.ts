import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream, createWriteStream, type BigIntStats } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileStatus, FileSystemStatus, Files } from "../contract/host.ts";

/** The files of this machine. */
export class LocalFiles implements Files {
  readText(path: string): Promise<string> {
    return fs.readFile(path, "utf8");
  }

  readTextIfPresent(path: string): Promise<string | undefined> {
    return unlessAbsent(this.readText(path));
  }

  readBytes(path: string): Promise<Uint8Array> {
    return fs.readFile(path);
  }

  async write(path: string, data: string | Uint8Array, options: { readonly mode?: number } = {}): Promise<void> {
    await fs.mkdir(dirname(path), { recursive: true });
    // A reader sees the old content or the new, and a crash leaves one of them.
    const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
    try {
      const file = await fs.open(temporary, "wx", options.mode ?? 0o644);
      try {
        await file.writeFile(data);
        await file.datasync();
      } finally {
        await file.close();
      }
      await fs.rename(temporary, path);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
  }

  async writeInPlace(path: string, data: string): Promise<void> {
    const file = await fs.open(path, constants.O_WRONLY);
    try {
      await file.write(data);
    } finally {
      await file.close();
    }
  }

  async makeDirectory(path: string, options: { readonly mode?: number } = {}): Promise<void> {
    await fs.mkdir(path, { recursive: true, mode: options.mode ?? 0o755 });
  }

  makeTemporaryDirectory(prefix: string): Promise<string> {
    return fs.mkdtemp(join(tmpdir(), prefix));
  }

  async remove(path: string): Promise<void> {
    await fs.rm(path, { recursive: true, force: true, maxRetries: 3 });
  }

  removeDirectory(path: string): Promise<void> {
    return fs.rmdir(path);
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    const names = await unlessAbsent(fs.readdir(path));
    return names?.sort();
  }

  async status(path: string): Promise<FileStatus | undefined> {
    const stats = await unlessAbsent(fs.stat(path, { bigint: true }));
    return stats && toStatus(stats);
  }

  async linkStatus(path: string): Promise<FileStatus | undefined> {
    const stats = await unlessAbsent(fs.lstat(path, { bigint: true }));
    return stats && toStatus(stats);
  }

  async fileSystem(path: string): Promise<FileSystemStatus> {
    const stats = await fs.statfs(path);
    return {
      magic: stats.type,
      totalBytes: stats.blocks * stats.bsize,
      freeBytes: stats.bavail * stats.bsize,
    };
  }

  async isWritable(path: string): Promise<boolean> {
    try {
      await fs.access(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }

  readLink(path: string): Promise<string> {
    return fs.readlink(path);
  }

  makeLink(target: string, path: string): Promise<void> {
    return fs.symlink(target, path);
  }

  rename(from: string, to: string): Promise<void> {
    return fs.rename(from, to);
  }

  async copy(from: string, to: string): Promise<void> {
    await fs.cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }

  setMode(path: string, mode: number): Promise<void> {
    return fs.chmod(path, mode);
  }

  openRead(path: string, options: { readonly start?: number; readonly end?: number } = {}): Readable {
    return createReadStream(path, options);
  }

  openWrite(path: string, options: { readonly mode?: number } = {}): Writable {
    return createWriteStream(path, { mode: options.mode ?? 0o644 });
  }

  async sha256(path: string): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
    return hash.digest("hex");
  }
}

async function unlessAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function toStatus(stats: BigIntStats): FileStatus {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    mode: Number(stats.mode & 0o7777n),
    inode: stats.ino,
    modifiedNanoseconds: stats.mtimeNs,
    changedNanoseconds: stats.ctimeNs,
  };
}

function kindOf(stats: BigIntStats): FileStatus["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "link";
  if (stats.isSocket()) return "socket";
  if (stats.isFIFO()) return "fifo";
  return "device";
}
