// A prediction and its references → which of its words the best reference has, and which it misses.
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

export interface Marked {
  /** The prediction in pieces; those that are marked stand in the reference. */
  pieces: { text: string; hit: boolean }[];
  missed: string[];
}

export function wordsOf(text: string): string[] {
  return Array.from(text.toLowerCase().matchAll(WORD), (found) => found[0]);
}

/** Marks the words that a prediction has in common with the reference that shares most with it. */
export function marked(prediction: string, references: string[]): Marked {
  const own = new Set(wordsOf(prediction));
  let best: string[] = [];
  let most = -1;
  for (const reference of references) {
    const words = wordsOf(reference);
    const shared = words.filter((word) => own.has(word)).length;
    const share = words.length + own.size ? (2 * shared) / (words.length + own.size) : 0;
    if (share > most) [best, most] = [words, share];
  }
  const wanted = new Set(best);
  const pieces: Marked["pieces"] = [];
  let end = 0;
  for (const { 0: word, index } of prediction.matchAll(WORD)) {
    if (!wanted.has(word.toLowerCase())) continue;
    if (index > end) pieces.push({ text: prediction.slice(end, index), hit: false });
    pieces.push({ text: word, hit: true });
    end = index + word.length;
  }
  if (end < prediction.length) pieces.push({ text: prediction.slice(end), hit: false });
  return { pieces, missed: [...wanted].filter((word) => !own.has(word)) };
}
