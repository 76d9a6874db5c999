import type { WatchHandlers } from "../../kube/watch-objects.ts";
import { log } from "./log.ts";
import { nameOf } from "./service-objects.ts";

/** The objects of one collection as a watch tells them, by NAMESPACE/NAME. */
export class FollowedObjects<
  T extends { readonly metadata: { readonly name: string; readonly namespace: string } },
> implements WatchHandlers<T> {
  readonly #kind: string;
  readonly #onChange: () => void;
  readonly #objects = new Map<string, T>();
  #isKnown = false;

  /** @param kind is for the log */
  constructor(kind: string, onChange: () => void) {
    this.#kind = kind;
    this.#onChange = onChange;
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
    for (const item of items) this.#objects.set(nameOf(item), item);
    this.#isKnown = true;
    this.#onChange();
  }

  changed(object: T): void {
    this.#objects.set(nameOf(object), object);
    this.#onChange();
  }

  removed(object: T): void {
    this.#objects.delete(nameOf(object));
    this.#onChange();
  }

  trouble(because: string): void {
    log(`${this.#kind}: ${because}`);
  }
}
