// A score as a dot and its interval as a line, on a scale that all rows of a table share.
// harness/report/scale.py draws the same for those who run no scripts.
import type { Figure } from "./data";

const WIDTH = 240;
const EDGE = 6;

export interface Scale {
  low: number;
  high: number;
}

export function scaleOf(figures: (Figure | null)[]): Scale {
  const ends = figures.flatMap((each) =>
    each ? [each.value, each.low ?? each.value, each.high ?? each.value] : [],
  );
  let low = ends.length ? Math.min(...ends) : 0;
  const high = ends.length ? Math.max(...ends) : 1;
  if (low >= 0 && low <= (high - low) / 2) low = 0;
  return { low, high: high > low ? high : low + 1 };
}

export function Interval({ figure, scale }: { figure: Figure; scale: Scale }) {
  const x = (value: number) =>
    (EDGE + ((value - scale.low) / (scale.high - scale.low)) * (WIDTH - 2 * EDGE)).toFixed(1);
  return (
    <svg
      class="interval"
      viewBox={`0 0 ${WIDTH} 20`}
      role="img"
      aria-label={`${figure.said} ${figure.span}`}
    >
      <line class="base" x1={EDGE} x2={WIDTH - EDGE} y1="10" y2="10" />
      {figure.low !== null && figure.high !== null && (
        <line class="bar" x1={x(figure.low)} x2={x(figure.high)} y1="10" y2="10" />
      )}
      <circle class="dot" cx={x(figure.value)} cy="10" r="4.5" />
    </svg>
  );
}
