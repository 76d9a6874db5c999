/** Follows the output of `go build -v`. */
export class GoBuildProgress {
  readonly #main: string | undefined;
  #packages = 0;
  #last: string | undefined;
  /** Lines that tell nothing about progress: what to quote when the build fails. */
  readonly #other: string[] = [];

  /** @param main the import path of the program itself, which Go compiles last */
  constructor(main?: string) {
    this.#main = main;
  }

  /** Takes one line of output. */
  line(line: string): void {
    const download = /^go: downloading (\S+) (\S+)$/.exec(line);
    if (download !== null) {
      this.#last = `downloading ${download[1] ?? ""} ${download[2] ?? ""}`;
    } else if (isPackage(line)) {
      this.#packages += 1;
      this.#last = line;
    } else if (line.trim() !== "") {
      this.#other.push(line);
    }
  }

  /** What is going on, in a few words. */
  get text(): string {
    if (this.#last === undefined) return "no package to compile so far";
    if (this.#last === this.#main) return `${String(this.#packages)} packages, linking`;
    return this.#packages === 0 ? this.#last : `${String(this.#packages)} packages, ${this.#last}`;
  }

  /** The last lines that are not progress. */
  lastLines(count: number): readonly string[] {
    return this.#other.slice(-count);
  }
}

/** Go names each package on a line of its own: an import path and nothing else. */
function isPackage(line: string): boolean {
  return /^[a-z0-9][\w.~+-]*(\/[\w.~+-]+)*$/i.test(line);
}
