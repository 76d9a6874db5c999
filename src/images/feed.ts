import type { Extract, Pack } from "tar-stream";

/** What can be fed: an archive to be read, or an entry of one to be written. */
export type FeedTarget = Extract | ReturnType<Pack["entry"]>;

/**
 * Writes chunks to a stream of tar-stream's kind (streamx), as fast as it takes
 * them, and ends it. Returns early where the stream is destroyed, because who
 * destroyed it knows why.
 */
export async function feed(chunks: AsyncIterable<Uint8Array>, sink: FeedTarget): Promise<void> {
  let wake = (): void => undefined;
  sink.on("drain", () => {
    wake();
  });
  // Whoever reads or made the stream is told of its error too; without a listener here it would end the process.
  sink.on("error", () => undefined);
  // A stream that was destroyed never drains.
  sink.on("close", () => {
    wake();
  });
  for await (const chunk of chunks) {
    if (sink.destroying) return;
    if (sink.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  if (!sink.destroying) sink.end(undefined);
}
