// data.js + the page's own text → the parts that react, each in its place on the page.
import { render, type ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
import type { PageData } from "./data";
import { Gallery } from "./gallery/gallery";
import { rivals } from "./gallery/order";
import { load, type Samples } from "./gallery/samples";
import { Help } from "./help";
import { Leaderboard } from "./leaderboard";
import { Metrics } from "./metrics";
import { Pairs } from "./pairs";
import { EffectsDrawn, isMoved, MovedDrawn, SlicesDrawn } from "./plots";
import { ThemeButton } from "./theme";

/** Systems up to which a leaderboard shows their controls without being asked. */
const FEW = 6;

/** Puts something in the place of what the page says there without scripts. */
function In({ place, children }: { place: string; children: ComponentChildren }) {
  const [element] = useState(() => {
    const found = document.getElementById(place);
    found?.replaceChildren();
    return found;
  });
  return element && createPortal(<>{children}</>, element);
}

function Verdict({ page, metric }: { page: PageData; metric: number }) {
  const board = page.boards[metric]!;
  const decides = metric === page.deciding;
  return (
    <>
      <h1 id="verdict-said" class={page.boards[page.deciding]!.said.length > 90 ? "long" : ""}>
        {page.boards[page.deciding]!.said}
      </h1>
      {page.boards[page.deciding]!.below && (
        <p class="below">{page.boards[page.deciding]!.below}</p>
      )}
      {!decides && (
        <p class="other">
          {board.said}
          <span class="facts"> {board.below}</span>
        </p>
      )}
    </>
  );
}

function App({ page }: { page: PageData }) {
  const [metric, setMetric] = useState(page.deciding);
  const [samples, setSamples] = useState<Samples | null>(null);
  const [loaded, setLoaded] = useState(0);
  const [help, setHelp] = useState(false);
  const [controls, setControls] = useState(rivals(page).length <= FEW);
  useEffect(() => {
    void load(page, (some) => {
      setSamples(some);
      setLoaded(some.loaded);
    });
  }, [page]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (target.closest("select, textarea, input:not([type=radio])")) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") setHelp(true);
      const chosen = Number(event.key) - 1;
      if (/^[1-9]$/.test(event.key) && chosen < page.boards.length) setMetric(chosen);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [page]);
  const board = page.boards[metric];
  return (
    <>
      <In place="controls">
        <button type="button" class="quiet" onClick={() => setHelp(true)} aria-label="Keys">
          ?
        </button>
        <ThemeButton />
      </In>
      {board && (
        <>
          <In place="verdict-live">
            <Verdict {...{ page, metric }} />
          </In>
          <In place="board">
            <div class="choosing">
              <Metrics {...{ page, metric }} onChoose={setMetric} />
              {page.systems.some((system) => system.control) && (
                <label class="check">
                  <input
                    type="checkbox"
                    checked={controls}
                    onChange={(event) => setControls(event.currentTarget.checked)}
                  />
                  controls
                </label>
              )}
            </div>
            <Leaderboard {...{ page, board, controls }} key={board.metric} />
          </In>
          {page.boards.some((each) => each.pairs.length > 0) && (
            <In place="pairs">
              {board.pairs.length > 0 ? (
                <Pairs {...{ page, board }} />
              ) : (
                <p class="facts">Nothing was compared on {board.metric}.</p>
              )}
            </In>
          )}
        </>
      )}
      {board && board.effects.length > 0 && (
        <In place="effects-drawn">
          <EffectsDrawn board={board} key={board.metric} />
        </In>
      )}
      {board && board.raw.some(isMoved) && (
        <In place="moved">
          <MovedDrawn {...{ page, board }} key={board.metric} />
        </In>
      )}
      {page.slices && (
        <In place="slices-drawn">
          <SlicesDrawn page={page} slices={page.slices} />
        </In>
      )}
      <In place="gallery">
        <Gallery {...{ page, samples, loaded, metric }} />
      </In>
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

globalThis.harnessPage = (page) => {
  const root = document.createElement("div");
  document.body.append(root);
  render(<App page={page} />, root);
  document.documentElement.dataset.ready = "";
};
