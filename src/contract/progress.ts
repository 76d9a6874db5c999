/**
 * What a use case tells while it runs. Renderers turn it into a live line on a
 * terminal or plain lines elsewhere; both go to stderr.
 */
export type ProgressEvent =
  | { readonly kind: "started"; readonly step: string }
  /** More about a step that is under way: a module being built, the reason a wait goes on. */
  | { readonly kind: "detail"; readonly step: string; readonly detail: string }
  | { readonly kind: "finished"; readonly step: string; readonly milliseconds: number; readonly detail?: string }
  | { readonly kind: "failed"; readonly step: string; readonly milliseconds: number; readonly detail?: string }
  /** It ended and nobody can say how. */
  | { readonly kind: "abandoned"; readonly step: string; readonly milliseconds: number; readonly detail: string }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "warning"; readonly text: string };

/** Receives progress. Never throws. */
export type Progress = (event: ProgressEvent) => void;

/** Progress that nobody looks at. */
export const silent: Progress = () => undefined;

/**
 * Runs one step and reports its start, its end and its duration.
 *
 * @param run receives a function that reports a detail of this step
 */
export async function step<T>(
  progress: Progress,
  title: string,
  run: (detail: (text: string) => void) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  progress({ kind: "started", step: title });
  try {
    const result = await run((detail) => {
      progress({ kind: "detail", step: title, detail });
    });
    progress({ kind: "finished", step: title, milliseconds: performance.now() - start });
    return result;
  } catch (error) {
    progress({ kind: "failed", step: title, milliseconds: performance.now() - start });
    throw error;
  }
}
