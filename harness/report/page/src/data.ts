// The shapes of data.js and samples-N.js. harness/report/page_data.py says what each field means,
// and writes every number as it is printed.

export interface Figure {
  value: number;
  low: number | null;
  high: number | null;
  said: string;
  span: string;
}

export interface System {
  name: string;
  variant: string;
  model: string;
  decoding: string;
  baseline: boolean;
  control: "blind" | "shuffled" | "grey" | null;
  control_of: number | null;
  n: number;
  unscored: number;
  hidden: boolean;
}

export interface BoardRow {
  system: number;
  score: Figure | null;
  missing: string | null;
  delta: Figure | null;
  verdict: Verdict | null;
  letters: string;
  best: boolean;
  stays: boolean;
}

export type Verdict = "told apart" | "equivalent" | "not worse" | "not told apart" | "cannot tell";

export interface Pair {
  baseline: number;
  candidate: number;
  delta: Figure;
  verdict: Verdict;
  sentence: string;
}

export interface Moved {
  system: number;
  before: number;
  after: number;
  said: string;
}

export interface Effect {
  section: string;
  label: string;
  delta: Figure;
  verdict: Verdict;
}

export interface Board {
  metric: string;
  ranked: boolean;
  said: string;
  below: string;
  rows: BoardRow[];
  pairs: Pair[];
  raw: Moved[];
  effects: Effect[];
}

export interface SliceRow {
  system: number;
  score: Figure;
  delta: Figure | null;
  verdict: Verdict | null;
}

export interface SlicePanel {
  field: string;
  value: string;
  n: number;
  apart: boolean;
  rows: SliceRow[];
}

export interface Slices {
  metric: string;
  note: string;
  panels: SlicePanel[];
}

export interface Field {
  name: string;
  values: string[];
}

export interface GalleryInfo {
  samples: number;
  shown: number;
  chosen: string;
  chunks: number;
  fields: Field[];
  flags: string[];
}

export interface PageData {
  suite: string;
  run: string;
  deciding: number;
  systems: System[];
  boards: Board[];
  slices: Slices | null;
  gallery: GalleryInfo;
}

export interface AnswerColumns {
  texts: (string | null)[];
  raws: (string | null)[];
  reasons: [number, string][];
  flags: number[];
  scores: (number | null)[][];
}

export interface SampleColumns {
  chunk: number;
  ids: string[];
  references: string[][];
  pictures: string[][];
  originals: (string | null)[][];
  more: number[];
  fields: number[][][];
  answers: AnswerColumns[];
}

declare global {
  // What data.js and samples-N.js call.
  var harnessPage: (page: PageData) => void;
  var harnessSamples: (columns: SampleColumns) => void;
}

/** The folder of this script, in which data, samples and thumbs stand. */
export const FILES = "report_files";

export function controlName(system: System): string {
  const shown = {
    blind: "without the image",
    shuffled: "with another sample's image",
    grey: "with a grey image",
  };
  return system.control ? shown[system.control] : system.name;
}
