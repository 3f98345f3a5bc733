// Names of systems where there is little room.

/** Shortens names that stand beside each other; those of a matrix keep their levels alone. */
export function shortNames(names: string[]): string[] {
  const matrix = names.map((name) => /^[^[\]]+\[([^\]]*)\](.*)$/.exec(name));
  if (names.length > 1 && matrix.every((found) => found !== null)) {
    const levels = matrix.map((found) => found![1]!.split(",").map((each) => each.split("=").at(-1)!));
    const varied = levels[0]!.map((_, i) => new Set(levels.map((own) => own[i])).size > 1);
    const short = matrix.map(
      (found, k) => levels[k]!.filter((_, i) => varied[i]).join(", ") + found![2]!,
    );
    if (new Set(short).size === names.length && short.every((name) => name)) return short.map(cut);
  }
  const cuts = names.map(cut);
  return new Set(cuts).size === names.length ? cuts : names;
}

function cut(name: string): string {
  return name.length > 28 ? `${name.slice(0, 13)}…${name.slice(-14)}` : name;
}
