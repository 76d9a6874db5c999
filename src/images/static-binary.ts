import type { Files } from "../contract/host.ts";

/** PT_INTERP of elf(5): the program names a dynamic loader. */
const interpreterSegment = 3;

/**
 * Whether a program needs a dynamic loader and so cannot start in an image that
 * holds nothing else. Of anything but a 64-bit little-endian ELF file this says no.
 */
export async function needsLoader(files: Files, path: string): Promise<boolean> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of files.openRead(path, { start: 0, end: 4095 })) chunks.push(chunk as Uint8Array);
  const start = Buffer.concat(chunks);
  const isElf64 = start.byteLength >= 64 && start.readUInt32BE(0) === 0x7f454c46 && start[4] === 2 && start[5] === 1;
  if (!isElf64) return false;
  const tableOffset = Number(start.readBigUInt64LE(32));
  const entrySize = start.readUInt16LE(54);
  const entries = Array.from({ length: start.readUInt16LE(56) }, (_, index) => tableOffset + index * entrySize);
  return entries.some((at) => at + 4 <= start.byteLength && start.readUInt32LE(at) === interpreterSegment);
}
