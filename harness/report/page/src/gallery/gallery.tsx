// All samples, of which only those in sight are drawn.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageData } from "../data";
import { Card } from "./card";
import { Filters } from "./filters";
import { found, usual, type Asked } from "./order";
import type { Samples } from "./samples";
import { Zoom } from "./zoom";

interface Props {
  page: PageData;
  samples: Samples | null;
  /** How many are there; another number says that more have come. */
  loaded: number;
  metric: number;
}

/** What the bar at the top covers, in pixels. */
const BAR = 56;

/** The sample that the page's address names; null: none. */
function linked(): string | null {
  const match = /^#s=(.*)$/.exec(location.hash);
  if (!match) return null;
  try {
    return decodeURIComponent(match[1]!);
  } catch {
    return null;
  }
}

export function Gallery({ page, samples, loaded, metric }: Props) {
  const [asked, setAsked] = useState<Asked>(() => usual(page));
  const [controls, setControls] = useState(false);
  const [current, setCurrent] = useState<number | null>(null);
  const reached = useRef<number | null>(null); // as current, at once: keys come faster than drawing
  const [zoomed, setZoomed] = useState<[number, number] | null>(null);
  const wanted = useRef<string | null>(linked());
  const list = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const byScore = !["run", "id"].includes(asked.sort);
  const places = useMemo(
    () => (samples ? found(page, samples, asked, metric) : []),
    [page, samples, loaded, asked, byScore ? metric : 0],
  );
  useLayoutEffect(() => {
    const measure = () => setOffset((list.current?.getBoundingClientRect().top ?? 0) + scrollY);
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(document.body);
    return () => watcher.disconnect();
  }, []);
  const rows = useWindowVirtualizer({
    count: places.length,
    estimateSize: () => 230,
    overscan: 4,
    scrollMargin: offset,
    scrollPaddingStart: BAR,
    getItemKey: (i) => places[i]!,
  });

  function go(row: number) {
    const place = places[row];
    if (place === undefined || !samples) return;
    setCurrent((reached.current = place));
    history.replaceState(null, "", `#s=${encodeURIComponent(samples.id(place))}`);
    rows.scrollToIndex(row, { align: "start" });
  }

  useEffect(() => {
    const followed = () => {
      wanted.current = linked();
      seek();
    };
    addEventListener("hashchange", followed);
    return () => removeEventListener("hashchange", followed);
  });
  useEffect(seek, [loaded, places]);
  function seek() {
    if (wanted.current === null || !samples) return;
    const place = samples.places.get(wanted.current);
    if (place === undefined) return;
    const row = places.indexOf(place);
    if (row < 0) return setAsked({ ...usual(page), a: asked.a, b: asked.b });
    wanted.current = null;
    go(row);
  }

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const writing = target.closest("input, select, textarea") !== null;
      if (event.key === "Escape" && writing) return target.blur();
      if (writing || event.ctrlKey || event.metaKey || event.altKey || zoomed) return;
      if (event.key === "/") {
        event.preventDefault();
        const search = document.getElementById("search");
        search?.scrollIntoView({ block: "center" });
        search?.focus({ preventScroll: true });
      }
      const at = reached.current === null ? -1 : places.indexOf(reached.current);
      if (event.key === "j") go(Math.min(at + 1, places.length - 1));
      if (event.key === "k") go(Math.max(at - 1, 0));
      if (event.key === "Enter" && target === document.body && at >= 0) setZoomed([places[at]!, 0]);
      if (event.key === "Escape") setCurrent((reached.current = null));
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });

  const zoom = useCallback((place: number, i: number) => setZoomed([place, i]), []);
  const ask = (change: Partial<Asked>) => setAsked((before) => ({ ...before, ...change }));
  const filters = useMemo(
    () => (
      <Filters
        {...{ page, asked, loaded, controls }}
        found={places.length}
        onAsk={ask}
        onControls={setControls}
      />
    ),
    [page, asked, loaded, controls, places],
  );
  const picture = zoomed && samples?.sample(zoomed[0]);
  return (
    <>
      {filters}
      <div ref={list} class="cards" style={{ height: `${rows.getTotalSize()}px` }}>
        {samples &&
          rows.getVirtualItems().map((item) => (
            <div
              key={item.key}
              data-index={item.index}
              ref={rows.measureElement}
              class="place"
              style={{ transform: `translateY(${item.start - offset}px)` }}
            >
              <Card
                {...{ page, samples, metric, controls }}
                place={places[item.index]!}
                current={places[item.index] === current}
                onZoom={zoom}
              />
            </div>
          ))}
      </div>
      {samples && places.length === 0 && loaded === page.gallery.shown && (
        <p class="facts">No sample is like that.</p>
      )}
      {zoomed && picture?.pictures[zoomed[1]] && (
        <Zoom
          picture={picture.pictures[zoomed[1]]!}
          name={picture.id}
          onClose={() => setZoomed(null)}
        />
      )}
    </>
  );
}
