// Every two systems on one metric as a table of differences: the row less the column.
import { useState } from "preact/hooks";
import type { Board, PageData, Pair } from "./data";

/** Systems up to which columns have names, and cells their intervals. */
const FEW = 6;

interface Cell {
  pair: Pair;
  value: number;
  said: string;
  span: string;
}

/** Differences of the row's system less the column's, by both their places. */
function cellsOf(board: Board): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const pair of board.pairs) {
    const { delta } = pair;
    cells.set(`${pair.candidate} ${pair.baseline}`, {
      pair,
      value: delta.value,
      said: delta.said,
      span: delta.span,
    });
    cells.set(`${pair.baseline} ${pair.candidate}`, {
      pair,
      value: -delta.value,
      said: turned(delta.said),
      span: delta.low === null ? delta.span : turnedSpan(delta.span),
    });
  }
  return cells;
}

/** Turns the sign of a printed number, so that it is rounded but once. */
export function turned(said: string): string {
  if (said.startsWith("+")) return `-${said.slice(1)}`;
  return said.startsWith("-") ? `+${said.slice(1)}` : said;
}

function turnedSpan(span: string): string {
  const ends = span.slice(1, -1).split(", ").reverse();
  const opposite = ends.map((end) =>
    end.startsWith("-") ? end.slice(1) : Number(end) ? `-${end}` : end,
  );
  return `[${opposite.join(", ")}]`;
}

function shade(cell: Cell, largest: number): string {
  const size = Math.min(3, Math.ceil((Math.abs(cell.value) / largest) * 3)) || 0;
  if (cell.pair.verdict !== "told apart" || size === 0) return "even";
  return `${cell.value > 0 ? "up" : "down"}-${size}`;
}

export function Pairs({ page, board }: { page: PageData; board: Board }) {
  const order = board.rows.map((row) => row.system).filter((i) => !page.systems[i]!.control);
  const [shown, show] = useState<Pair | null>(null);
  const many = order.length > FEW;
  const cells = cellsOf(board);
  const largest = Math.max(...board.pairs.map((pair) => Math.abs(pair.delta.value)), 1e-9);
  const sentence = shown && board.pairs.includes(shown) ? shown.sentence : null;
  return (
    <>
      <p class="facts">
        {board.metric} of the row less that of the column, with intervals that hold for all pairs
        together. Coloured: told apart.
      </p>
      <div class="wide" tabIndex={0} role="region" aria-label="Differences of every two systems">
        <table class={`pairs ${many ? "many" : ""}`}>
          <caption class="hidden">Differences in {board.metric}, row less column</caption>
          <thead>
            <tr>
              <td />
              {order.map((column, place) => (
                <th key={column} scope="col">
                  {many ? place + 1 : page.systems[column]!.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.map((row, place) => (
              <tr key={row}>
                <th scope="row">
                  {many && <span class="facts">{place + 1} </span>}
                  <span class="name">{page.systems[row]!.name}</span>
                </th>
                {order.map((column) => {
                  const cell = cells.get(`${row} ${column}`);
                  if (!cell) return <td key={column} class="none" />;
                  return (
                    <td key={column} class={shade(cell, largest)}>
                      <button
                        type="button"
                        onMouseEnter={() => show(cell.pair)}
                        onFocus={() => show(cell.pair)}
                        onClick={() => show(cell.pair)}
                        aria-describedby="pair-said"
                      >
                        <b>{cell.said}</b>
                        <span class="span">{cell.span}</span>
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p id="pair-said" class="said" aria-live="polite">
        {sentence ?? "Point at a cell, or go to it with Tab, to read what may be said of it."}
      </p>
    </>
  );
}
