// The files of samples as they come → columns over all samples; nothing is kept twice.
import { FILES, type PageData, type SampleColumns } from "../data";

export class Samples {
  readonly total: number;
  loaded = 0;
  readonly places = new Map<string, number>();
  private readonly chunks: SampleColumns[] = [];
  private readonly starts: number[] = [];
  private readonly scores: Float32Array[][];
  private texts: string[] = [];

  constructor(page: PageData) {
    this.total = page.gallery.shown;
    this.scores = page.systems.map(() =>
      page.boards.map(() => new Float32Array(this.total).fill(NaN)),
    );
  }

  add(columns: SampleColumns): void {
    const start = this.loaded;
    this.starts.push(start);
    this.chunks.push(columns);
    columns.ids.forEach((id, i) => this.places.set(id, start + i));
    columns.answers.forEach((answers, system) =>
      answers.scores.forEach((values, metric) =>
        values.forEach((value, i) => {
          if (value !== null) this.scores[system]![metric]![start + i] = value;
        }),
      ),
    );
    this.loaded += columns.ids.length;
  }

  private at(place: number): [SampleColumns, number] {
    let chunk = Math.min(this.starts.length - 1, Math.floor(place / (this.chunks[0]!.ids.length || 1)));
    while (this.starts[chunk]! > place) chunk -= 1;
    return [this.chunks[chunk]!, place - this.starts[chunk]!];
  }

  id(place: number): string {
    const [chunk, i] = this.at(place);
    return chunk.ids[i]!;
  }

  sample(place: number) {
    const [chunk, i] = this.at(place);
    return {
      id: chunk.ids[i]!,
      references: chunk.references[i]!,
      pictures: chunk.pictures[i]!.map((name, k) => ({
        small: `${FILES}/thumbs/${name}`,
        original: chunk.originals[i]![k] ?? null,
      })),
      more: chunk.more[i]!,
    };
  }

  /** The places of a sample's values of a field. */
  values(place: number, field: number): number[] {
    const [chunk, i] = this.at(place);
    return chunk.fields[field]![i]!;
  }

  answer(place: number, system: number) {
    const [chunk, i] = this.at(place);
    const answers = chunk.answers[system]!;
    const text = answers.texts[i] ?? null;
    return {
      text,
      raw: answers.raws[i] ?? null,
      reason: text === null ? (answers.reasons.find(([at]) => at === i)?.[1] ?? "") : null,
      flags: answers.flags[i]!,
    };
  }

  /** A sample's score; NaN where there is none. */
  score(place: number, system: number, metric: number): number {
    return this.scores[system]![metric]?.[place] ?? NaN;
  }

  /** All that a search looks through, in lower case; made when it is first asked for. */
  text(place: number): string {
    const known = this.texts[place];
    if (known !== undefined) return known;
    const [chunk, i] = this.at(place);
    const said = chunk.answers.map((answers) => answers.texts[i] ?? "");
    return (this.texts[place] = [chunk.ids[i]!, ...chunk.references[i]!, ...said]
      .join("\n")
      .toLowerCase());
  }
}

/** Loads the files one after the other, so that the page stays at hand; tells after each. */
export async function load(page: PageData, told: (samples: Samples) => void): Promise<void> {
  const samples = new Samples(page);
  globalThis.harnessSamples = (columns) => samples.add(columns);
  for (let chunk = 0; chunk < page.gallery.chunks; chunk += 1) {
    await script(`${FILES}/samples-${chunk}.js`);
    if (chunk === 0 || chunk % 8 === 7) told(samples);
  }
  told(samples);
}

function script(source: string): Promise<void> {
  return new Promise((resolve) => {
    const element = document.createElement("script");
    element.src = source;
    element.onload = element.onerror = () => {
      element.remove();
      resolve();
    };
    document.head.append(element);
  });
}
