import { ApiError, type ApiClient } from "./api-client.ts";

interface Node {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

/** Whether the API server calls a node Ready; the reason why not is the node's own. */
export async function nodeHealth(
  client: ApiClient,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly because: string }> {
  try {
    const node = await client.json<Node>(`/api/v1/nodes/${name}`, { signal, timeout: 5000 });
    const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
    if (ready?.status === "True") return { ok: true };
    return {
      ok: false,
      because: `node ${name} is not Ready: ${ready?.message ?? "the kubelet has not said anything"}`,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError && error.status === 404) {
      return { ok: false, because: `node ${name} has not registered` };
    }
    return { ok: false, because: error instanceof Error ? error.message : String(error) };
  }
}
