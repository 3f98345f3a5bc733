// The leaderboard of one metric: a real table that sorts by each of its columns.
import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
  useTable,
  type ColumnDef,
} from "@tanstack/react-table";
import { useMemo } from "preact/hooks";
import { controlName, type Board, type BoardRow, type PageData, type System } from "./data";
import { Interval, scaleOf, type Scale } from "./interval";

interface Line {
  row: BoardRow;
  system: System;
  controls: { row: BoardRow; system: System }[];
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
});

function linesOf(page: PageData, board: Board): Line[] {
  const lines: Line[] = [];
  for (const row of board.rows) {
    const system = page.systems[row.system]!;
    if (system.control) lines.at(-1)?.controls.push({ row, system });
    else lines.push({ row, system, controls: [] });
  }
  return lines;
}

function columnsOf(board: Board, counts: boolean): ColumnDef<typeof features, Line>[] {
  const number = { sortFn: "basic", sortUndefined: "last" } as const;
  const columns: ColumnDef<typeof features, Line>[] = [
    { id: "system", header: "system", accessorFn: (line) => line.system.name, sortFn: "basic" },
    {
      id: "score",
      header: board.metric,
      accessorFn: (line) => line.row.score?.value,
      sortDescFirst: true,
      ...number,
    },
    { id: "interval", header: "95 % interval", enableSorting: false },
  ];
  if (board.pairs.length) {
    columns.push({
      id: "delta",
      header: "against the baseline",
      accessorFn: (line) => line.row.delta?.value,
      sortDescFirst: true,
      ...number,
    });
  }
  if (counts) {
    columns.push(
      { id: "n", header: "n", accessorFn: (line) => line.system.n, ...number },
      { id: "unscored", header: "unscored", accessorFn: (line) => line.system.unscored, ...number },
    );
  }
  return columns;
}

interface Props {
  page: PageData;
  board: Board;
  /** Whether controls are shown below their systems. */
  controls: boolean;
}

export function Leaderboard({ page, board, controls }: Props) {
  const counts = useMemo(
    () => new Set(page.systems.map((s) => `${s.n} ${s.unscored}`)).size > 1 ||
      page.systems.some((s) => s.unscored > 0),
    [page],
  );
  const data = useMemo(() => linesOf(page, board), [page, board]);
  const columns = useMemo(() => columnsOf(board, counts), [board, counts]);
  const table = useTable({ features, columns, data });
  const scale = useMemo(() => scaleOf(board.rows.map((row) => row.score)), [board]);
  return (
    <table class="board">
      <caption class="hidden">Systems by {board.metric}</caption>
      <thead>
        <tr>
          {table.getHeaderGroups()[0]!.headers.map((header) => {
            const sorted = header.column.getIsSorted();
            const name = String(header.column.columnDef.header);
            const numeric = ["score", "n", "unscored"].includes(header.id);
            return (
              <th
                key={header.id}
                scope="col"
                class={numeric ? "num" : ""}
                aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
              >
                {header.column.getCanSort() ? (
                  <button type="button" onClick={header.column.getToggleSortingHandler()}>
                    {name}
                    <span aria-hidden="true" class="arrow">
                      {sorted === "asc" ? "▲" : sorted === "desc" ? "▼" : ""}
                    </span>
                  </button>
                ) : (
                  name
                )}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {table.getRowModel().rows.flatMap(({ original }) => [
          <Row key={original.row.system} {...{ ...original, board, scale, counts }} />,
          ...(controls ? original.controls : []).map((control) => (
            <Row key={control.row.system} {...{ ...control, board, scale, counts }} />
          )),
        ])}
      </tbody>
    </table>
  );
}

function Row(props: {
  row: BoardRow;
  system: System;
  board: Board;
  scale: Scale;
  counts: boolean;
}) {
  const { row, system, board, scale, counts } = props;
  return (
    <tr class={system.control ? "control" : row.best ? `best ${row.verdict === "told apart" ? "apart" : ""}` : ""}>
      <th scope="row">
        {system.control ? <span class="facts">{controlName(system)}</span> : system.name}
        {row.letters && (
          <span class="letters" title="Systems that share a letter are not told apart">
            {" "}
            {row.letters}
          </span>
        )}
      </th>
      <td class="num score">{row.score ? `${row.stays ? "= " : ""}${row.score.said}` : "–"}</td>
      <td class="draw">
        {row.score && <Interval figure={row.score} scale={scale} />}
        <span class="span">{row.score ? row.score.span : row.missing}</span>
      </td>
      {board.pairs.length > 0 && (
        <td class="delta">
          {row.delta ? (
            <>
              {system.control && <span class="facts">of which from the picture </span>}
              <b class={row.verdict?.replaceAll(" ", "-")}>{row.delta.said}</b>{" "}
              <span class="span">{row.delta.span}</span>
            </>
          ) : (
            system.baseline && !system.control && <span class="facts">baseline</span>
          )}
        </td>
      )}
      {counts && (
        <>
          <td class="num" data-label="n">{system.n}</td>
          <td class="num" data-label="unscored">{system.unscored}</td>
        </>
      )}
    </tr>
  );
}
