import type { WatchHandlers } from "./watch-objects.ts";

/** What tells one object of a collection from another; no namespace: the kind has none. */
interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects of one collection as a watch tells them. */
export class FollowedObjects<T extends Named> implements WatchHandlers<T> {
  readonly #onChange: () => void;
  readonly #onTrouble: (because: string) => void;
  readonly #objects = new Map<string, T>();
  #isKnown = false;

  constructor(onChange: () => void, onTrouble: (because: string) => void) {
    this.#onChange = onChange;
    this.#onTrouble = onTrouble;
  }

  /** Whether the API server has told what there is. What it told stays true while it is away. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  get size(): number {
    return this.#objects.size;
  }

  values(): MapIterator<T> {
    return this.#objects.values();
  }

  replaced(items: readonly T[]): void {
    this.#objects.clear();
    for (const item of items) this.#objects.set(keyOf(item), item);
    this.#isKnown = true;
    this.#onChange();
  }

  changed(object: T): void {
    this.#objects.set(keyOf(object), object);
    this.#onChange();
  }

  removed(object: T): void {
    this.#objects.delete(keyOf(object));
    this.#onChange();
  }

  trouble(because: string): void {
    this.#onTrouble(because);
  }
}

function keyOf({ metadata }: Named): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
