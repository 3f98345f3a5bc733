// What is drawn with Observable Plot: slices as small multiples, effects, scores before and after.
import * as Plot from "@observablehq/plot";
import { useEffect, useRef, useState } from "preact/hooks";
import { shortNames } from "./names";
import type { Board, Effect, Moved, PageData, SlicePanel, Slices } from "./data";

/** Puts a drawing into the page, anew when its room or what it shows changes. */
export function Drawing(props: { draw: (width: number) => Element; label: string }) {
  const { draw, label } = props;
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    watcher.observe(place.current!);
    return () => watcher.disconnect();
  }, []);
  useEffect(() => {
    if (!width) return;
    const drawn = draw(width);
    // Plot's own sheet is the same for each drawing, and the page's policy forbids it: page.css has it.
    for (const sheet of drawn.querySelectorAll("style")) sheet.remove();
    for (const part of drawn.querySelectorAll("[aria-label]")) {
      part.setAttribute("data-part", part.getAttribute("aria-label")!); // the whole has a name
      part.removeAttribute("aria-label");
    }
    place.current!.replaceChildren(drawn);
  }, [draw, width]);
  return <div ref={place} class="drawing" role="img" aria-label={label} />;
}

const LOOK = { background: "none", overflow: "visible" } as const;
/** Panels that are drawn before more are asked for; of many systems half of them. */
const MANY = 12;
const CROWDED = 8;

export function SlicesDrawn({ page, slices }: { page: PageData; slices: Slices }) {
  const [all, setAll] = useState(false);
  const ends = slices.panels.flatMap((panel) =>
    panel.rows.flatMap(({ score }) => [score.value, score.low ?? score.value, score.high ?? score.value]),
  );
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const domain: [number, number] = [low >= 0 && low < high / 2 ? 0 : low, high];
  const few = slices.panels[0]!.rows.length > CROWDED ? MANY / 2 : MANY;
  const shown = all ? slices.panels : slices.panels.slice(0, few);
  return (
    <>
      <p class="facts">
        {slices.metric} on parts of the samples, on one scale. {slices.note}.
      </p>
      <div class="panels">
        {shown.map((panel) => (
          <Panel key={`${panel.field} ${panel.value}`} {...{ page, panel, domain }} />
        ))}
      </div>
      {slices.panels.length > few && (
        <button type="button" class="more" onClick={() => setAll(!all)}>
          {all ? `Show ${few}` : `Show all ${slices.panels.length}`}
        </button>
      )}
    </>
  );
}

function Panel(props: { page: PageData; panel: SlicePanel; domain: [number, number] }) {
  const { page, panel, domain } = props;
  const names = shortNames(panel.rows.map((row) => page.systems[row.system]!.name));
  const lines = panel.rows.map((row, i) => ({
    name: page.systems[row.system]!.name,
    short: names[i]!,
    ...row.score,
    apart: row.verdict === "told apart",
    delta: row.delta ? `${row.delta.said} ${row.delta.span}` : "baseline",
  }));
  const said = lines.map((each) => `${each.name} ${each.said}`).join(", ");
  const [draw] = useState(() => (width: number) => {
    const colour = (each: { apart: boolean }) => (each.apart ? "var(--accent)" : "var(--soft)");
    return Plot.plot({
      width,
      height: (lines.length > CROWDED ? 16 : 22) * lines.length + 34,
      marginLeft: room(names, width),
      marginRight: 12,
      marginTop: 6,
      marginBottom: 24,
      style: LOOK,
      x: { domain, label: null, ticks: 4, grid: true },
      y: { domain: names, label: null, tickSize: 0 },
      marks: [
        Plot.ruleY(lines.filter((each) => each.low !== null), {
          y: "short", x1: "low", x2: "high", stroke: colour, strokeWidth: 2.2,
        }),
        Plot.dot(lines, {
          y: "short",
          x: "value",
          r: 3.6,
          fill: colour,
          title: (each) => `${each.name}: ${each.said} ${each.span}\nagainst the baseline: ${each.delta}`,
        }),
      ],
    });
  });
  return (
    <figure class={`panel ${panel.apart ? "apart" : ""}`}>
      <figcaption>
        <b>{panel.value}</b>{" "}
        <span class="facts">
          {panel.field.replaceAll("_", " ")} · {panel.n}
        </span>
      </figcaption>
      <Drawing draw={draw} label={said} />
    </figure>
  );
}

/** The room that names need at the left, in pixels. */
function room(names: string[], width: number): number {
  const longest = Math.max(...names.map((name) => name.length));
  return Math.min(longest * 6.7 + 16, width * 0.5);
}

export function EffectsDrawn({ board }: { board: Board }) {
  const sections = [...new Set(board.effects.map((effect) => effect.section))];
  const ends = board.effects.flatMap(({ delta }) => [delta.value, delta.low ?? 0, delta.high ?? 0]);
  const domain: [number, number] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  return (
    <>
      <p class="facts">
        {board.metric}: what a choice adds, with an interval that holds for all of them together. Filled:
        told apart from nothing.
      </p>
      {sections.map((section) => (
        <Section
          key={`${board.metric} ${section}`}
          {...{ section, domain }}
          effects={board.effects.filter((effect) => effect.section === section)}
        />
      ))}
    </>
  );
}

function Section(props: { section: string; effects: Effect[]; domain: [number, number] }) {
  const { section, effects, domain } = props;
  const lines = effects.map((effect) => ({
    label: effect.label,
    ...effect.delta,
    apart: effect.verdict === "told apart",
  }));
  const [draw] = useState(() => (width: number) =>
    Plot.plot({
      width,
      height: 24 * lines.length + 30,
      marginLeft: room(lines.map((each) => each.label), width),
      marginRight: width > 600 ? 150 : 14,
      marginTop: 4,
      marginBottom: 24,
      style: LOOK,
      x: { domain, label: null, ticks: Math.max(3, Math.floor(width / 160)), tickFormat: "+", grid: true },
      y: { domain: lines.map((each) => each.label), label: null, tickSize: 0 },
      marks: [
        Plot.ruleX([0], { stroke: "var(--soft)", strokeDasharray: "3 3" }),
        Plot.ruleY(lines.filter((each) => each.low !== null), {
          y: "label", x1: "low", x2: "high",
          stroke: (each) => (each.apart ? "var(--accent)" : "var(--soft)"), strokeWidth: 2.2,
        }),
        Plot.dot(lines, {
          y: "label",
          x: "value",
          r: 4,
          fill: (each) => (each.apart ? "var(--accent)" : "var(--paper)"),
          stroke: (each) => (each.apart ? "var(--accent)" : "var(--soft)"),
          strokeWidth: 1.6,
          title: (each) => `${each.label}: ${each.said} ${each.span}`,
        }),
        ...(width > 600
          ? [Plot.text(lines, {
              y: "label", frameAnchor: "right", dx: 145, textAnchor: "end", fill: "var(--soft)",
              text: (each) => `${each.said} ${each.span}`,
            })]
          : []),
      ],
    }),
  );
  return (
    <>
      <h3>{section}</h3>
      <Drawing draw={draw} label={lines.map((each) => `${each.label} ${each.said}`).join(", ")} />
    </>
  );
}

/** Whether post-processing moved a score by what is printed of it. */
export function isMoved(each: Moved): boolean {
  const [before, after] = each.said.split(" → ");
  return before !== after;
}

export function MovedDrawn({ page, board }: { page: PageData; board: Board }) {
  const moved = board.raw.filter(isMoved);
  const names = shortNames(moved.map((each) => page.systems[each.system]!.name));
  const lines = moved.map((each, i) => ({ ...each, name: names[i]! }));
  const [draw] = useState(() => (width: number) =>
    Plot.plot({
      width: Math.min(width, 760),
      height: 26 * lines.length + 34,
      marginLeft: room(names, width),
      marginRight: 16,
      marginTop: 6,
      marginBottom: 26,
      style: LOOK,
      x: { label: null, ticks: 5, grid: true, nice: true },
      y: { domain: names, label: null, tickSize: 0 },
      marks: [
        Plot.arrow(lines, {
          x1: "before", x2: "after", y1: "name", y2: "name",
          stroke: "var(--accent)", strokeWidth: 2, headLength: 7, insetEnd: 4,
        }),
        Plot.dot(lines, { x: "before", y: "name", r: 3.5, stroke: "var(--soft)", fill: "var(--paper)" }),
        Plot.dot(lines, {
          x: "after", y: "name", r: 3.5, fill: "var(--accent)", title: (each) => `${each.name}: ${each.said}`,
        }),
      ],
    }),
  );
  return (
    <>
      <p class="facts">{board.metric} of the text as it was written (ring) and as it is scored (dot).</p>
      <Drawing draw={draw} label={lines.map((each) => `${each.name} ${each.said}`).join(", ")} />
    </>
  );
}
