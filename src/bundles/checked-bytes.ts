import { createHash } from "node:crypto";

/**
 * Passes bytes on and hashes them; ends in an error where they are not those that were announced.
 *
 * @param refuse makes the error out of the SHA-256 and the number of bytes that came
 */
export async function* checkedBytes(
  chunks: AsyncIterable<unknown>,
  announced: { readonly sha256: string; readonly size: number },
  refuse: (sha256: string, size: number) => Error,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    size += chunk.byteLength;
    yield chunk;
  }
  const sha256 = hash.digest("hex");
  if (sha256 !== announced.sha256 || size !== announced.size) throw refuse(sha256, size);
}
