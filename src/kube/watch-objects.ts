import { isAborted } from "../contract/is-aborted.ts";
import type { Clock } from "../contract/host.ts";
import { ApiError, type ApiClient } from "./api-client.ts";

/** What every object of the API has. */
export interface ApiObject {
  readonly metadata: { readonly resourceVersion?: string };
}

/** What is told of a collection. */
export interface WatchHandlers<T> {
  /** Everything there is: at the start, and after a gap that the API server cannot fill. */
  replaced(items: readonly T[]): void;
  changed(object: T): void;
  removed(object: T): void;
  /** The API server is away or refuses; what was told before stays true as far as anybody knows. */
  trouble(because: string): void;
}

interface List<T> {
  readonly metadata: { readonly resourceVersion?: string };
  readonly items?: readonly T[];
}

type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: T }
  | { readonly type: "ERROR"; readonly object: { readonly code?: number; readonly message?: string } };

/** Milliseconds. A watch that says nothing for so long is dead: a bookmark comes about once a minute. */
const silence = 150_000;
const backoff = { first: 100, most: 5000 };
/** How long the server keeps a watch open (seconds). */
const watchSeconds = 300;

/**
 * Follows a collection until the signal: lists it, watches from there, and lists
 * again only where the server says that it has forgotten the changes since
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 */
export async function watchObjects<T extends ApiObject>(
  client: ApiClient,
  path: string,
  handlers: WatchHandlers<T>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let version: string | undefined;
  let delay = backoff.first;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await client.json<List<T>>(path, { signal, timeout: 30_000 });
        version = list.metadata.resourceVersion ?? "";
        handlers.replaced(list.items ?? []);
      }
      const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${String(watchSeconds)}&resourceVersion=${version}`;
      for await (const line of client.lines(`${path}?${query}`, { signal, silence })) {
        const event = JSON.parse(line) as WatchEvent<T>;
        if (event.type === "ERROR") {
          throw new ApiError(event.object.code ?? 0, event.object.message ?? "the watch failed");
        }
        delay = backoff.first;
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type === "DELETED") handlers.removed(event.object);
        else if (event.type !== "BOOKMARK") handlers.changed(event.object);
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (error instanceof ApiError && error.status === 410) {
        version = undefined;
        continue;
      }
      handlers.trouble(error instanceof Error ? error.message : String(error));
      await clock.sleep(delay, signal).catch(() => undefined);
      delay = Math.min(delay * 2, backoff.most);
    }
  }
}
