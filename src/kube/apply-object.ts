import type { ApiClient } from "./api-client.ts";

/** As much of a manifest as an object needs to be applied. */
export interface AppliedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
  readonly [field: string]: unknown;
}

/**
 * Creates an object or makes it what it should be, whatever an older sandkube made of it
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
 *
 * @param collection the path that holds objects of its kind
 * @throws ApiError where the API server refuses it
 */
export async function applyObject(
  client: Pick<ApiClient, "text">,
  collection: string,
  object: AppliedObject,
  signal: AbortSignal,
): Promise<void> {
  await client.text(`${collection}/${object.metadata.name}?fieldManager=sandkube&force=true`, {
    method: "PATCH",
    contentType: "application/apply-patch+yaml",
    body: object,
    signal,
  });
}
