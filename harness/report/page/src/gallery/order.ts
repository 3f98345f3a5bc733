// Samples + what is asked for → which of them are shown, in which order.
import type { PageData } from "../data";
import type { Samples } from "./samples";

export type Sort = "run" | "id" | "win" | "loss" | "disagreement" | "worst";
export type Status = "any" | "answered" | "failed" | "empty" | "changed";

export interface Asked {
  text: string;
  /** A field and one of its values; -1: any. */
  field: number;
  value: number;
  status: Status;
  /** -1: any. */
  flag: number;
  /** Whose status and flag; -1: that of any system. */
  system: number;
  sort: Sort;
  a: number;
  b: number;
}

export const SORTS: Record<Sort, string> = {
  run: "order of the run",
  win: "largest win of B over A",
  loss: "largest loss of B to A",
  disagreement: "largest disagreement",
  worst: "worst of B",
  id: "id",
};

export const STATUSES: Record<Status, string> = {
  any: "any status",
  answered: "answered",
  failed: "no answer",
  empty: "empty answer",
  changed: "changed by post-processing",
};

export function rivals(page: PageData): number[] {
  return page.systems.map((_, i) => i).filter((i) => !page.systems[i]!.control);
}

/** What is asked for before anybody asks: the best against the baseline, in the run's order. */
export function usual(page: PageData): Asked {
  const board = page.boards[page.deciding];
  const own = rivals(page);
  const base = own.find((i) => page.systems[i]!.baseline) ?? own[0] ?? 0;
  const ranked = board ? board.rows.map((row) => row.system).filter((i) => own.includes(i)) : own;
  return {
    text: "",
    field: -1,
    value: -1,
    status: "any",
    flag: -1,
    system: -1,
    sort: "run",
    a: base,
    b: ranked.find((i) => i !== base) ?? base,
  };
}

export function found(page: PageData, samples: Samples, asked: Asked, metric: number): number[] {
  const words = asked.text.toLowerCase().split(/\s+/).filter(Boolean);
  const systems = asked.system < 0 ? page.systems.map((_, i) => i) : [asked.system];
  const places: number[] = [];
  for (let place = 0; place < samples.loaded; place += 1) {
    if (asked.field >= 0 && asked.value >= 0) {
      if (!samples.values(place, asked.field).includes(asked.value)) continue;
    }
    if (asked.status !== "any" || asked.flag >= 0) {
      if (!systems.some((system) => fits(samples, place, system, asked))) continue;
    }
    if (words.length) {
      const text = samples.text(place);
      if (!words.every((word) => text.includes(word))) continue;
    }
    places.push(place);
  }
  return sorted(page, samples, places, asked, metric);
}

function fits(samples: Samples, place: number, system: number, asked: Asked): boolean {
  const answer = samples.answer(place, system);
  if (asked.flag >= 0 && !(answer.flags & (1 << asked.flag))) return false;
  switch (asked.status) {
    case "any":
      return true;
    case "failed":
      return answer.text === null;
    case "answered":
      return answer.text !== null;
    case "empty":
      return answer.text !== null && answer.text.trim() === "";
    case "changed":
      return answer.raw !== null;
  }
}

function sorted(
  page: PageData,
  samples: Samples,
  places: number[],
  asked: Asked,
  metric: number,
): number[] {
  if (asked.sort === "run") return places;
  if (asked.sort === "id") {
    const order = new Intl.Collator(undefined, { numeric: true });
    const ids = new Map(places.map((place) => [place, samples.id(place)]));
    return places.sort((one, other) => order.compare(ids.get(one)!, ids.get(other)!));
  }
  const own = rivals(page);
  const key = (place: number): number => {
    const gain = samples.score(place, asked.b, metric) - samples.score(place, asked.a, metric);
    switch (asked.sort) {
      case "win":
        return -gain;
      case "loss":
        return gain;
      case "worst":
        return samples.score(place, asked.b, metric);
      default: {
        const scores = own.map((i) => samples.score(place, i, metric)).filter((s) => !isNaN(s));
        return scores.length > 1 ? Math.min(...scores) - Math.max(...scores) : NaN;
      }
    }
  };
  // Samples without a score stand last, whichever way it goes.
  const keys = new Map(places.map((place) => [place, key(place)]));
  const rank = (place: number): number => (isNaN(keys.get(place)!) ? Infinity : keys.get(place)!);
  return places.sort((one, other) => {
    const [a, b] = [rank(one), rank(other)];
    return a === b ? one - other : a - b;
  });
}
