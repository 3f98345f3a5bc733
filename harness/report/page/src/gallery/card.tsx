// One sample: its picture, its references, and what each system said of it.
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import { controlName, type PageData } from "../data";
import { marked } from "./marks";
import { rivals } from "./order";
import type { Samples } from "./samples";

interface Props {
  page: PageData;
  samples: Samples;
  place: number;
  metric: number;
  controls: boolean;
  current: boolean;
  onZoom: (place: number, picture: number) => void;
}

/** Drawn anew only when something of it has changed, since scrolling asks at every frame. */
export const Card = memo(({ page, samples, place, metric, controls, current, onZoom }: Props) => {
  const sample = samples.sample(place);
  const board = page.boards[metric];
  const shown = page.systems.map((_, i) => i).filter((i) => controls || !page.systems[i]!.control);
  const winners = board?.ranked ? best(page, samples, place, metric) : [];
  return (
    <article class={`card ${current ? "current" : ""}`} aria-label={`sample ${sample.id}`}>
      {sample.pictures.length > 0 && (
        <div class="pictures">
          {sample.pictures.map((picture, i) => (
            <button type="button" onClick={() => onZoom(place, i)} aria-label="Enlarge the picture">
              <img src={picture.small} alt={`sample ${sample.id}`} decoding="async" />
            </button>
          ))}
          {sample.more > 0 && (
            <span class="facts">
              {sample.pictures.length ? "and " : ""}
              {sample.more} not shown
            </span>
          )}
        </div>
      )}
      <div class="texts">
        <div class="references">
          {sample.references.map((text) => (
            <p dir="auto">{text}</p>
          ))}
          <a class="facts" href={`#s=${encodeURIComponent(sample.id)}`}>
            {sample.id}
          </a>
        </div>
        <ul class="answers">
          {shown.map((system) => (
            <AnswerLine
              {...{ page, samples, place, metric, system, references: sample.references }}
              won={winners.includes(system)}
            />
          ))}
        </ul>
      </div>
    </article>
  );
});

/** The systems with the highest score of a sample, unless all have it. */
function best(page: PageData, samples: Samples, place: number, metric: number): number[] {
  const own = rivals(page).filter((i) => !isNaN(samples.score(place, i, metric)));
  const scores = own.map((i) => samples.score(place, i, metric));
  const top = Math.max(...scores);
  const winners = own.filter((_, k) => scores[k] === top);
  return winners.length < own.length ? winners : [];
}

function AnswerLine(props: {
  page: PageData;
  samples: Samples;
  place: number;
  metric: number;
  system: number;
  references: string[];
  won: boolean;
}) {
  const { page, samples, place, metric, system, references, won } = props;
  const [open, setOpen] = useState(false);
  const answer = samples.answer(place, system);
  const entry = page.systems[system]!;
  const score = samples.score(place, system, metric);
  const { pieces, missed } = marked(answer.text ?? "", references);
  const flags = page.gallery.flags.filter((_, i) => answer.flags & (1 << i));
  return (
    <li class={won ? "won" : ""}>
      <span class="name">
        {entry.control ? `${page.systems[entry.control_of ?? 0]!.name} ${controlName(entry)}` : entry.name}
      </span>
      <div class="answer">
        {answer.text === null ? (
          <span class="failed">{answer.reason}</span>
        ) : (
          <span dir="auto" class="text">
            {pieces.length ? pieces.map((p) => (p.hit ? <mark>{p.text}</mark> : p.text)) : <i>(empty)</i>}
          </span>
        )}
        {answer.text !== null && missed.length > 0 && (
          <span class="missed" dir="auto">
            misses {missed.join(", ")}
          </span>
        )}
        {flags.map((flag) => (
          <span class="flag">{flag.replaceAll("_", " ")}</span>
        ))}
        {answer.raw !== null && (
          <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "hide raw text" : "raw text"}
          </button>
        )}
        {open && <pre dir="auto">{answer.raw}</pre>}
      </div>
      <span class="score" title={page.boards[metric]?.metric}>
        {won && <span class="crown" title="highest score of this sample">★<span class="hidden">best </span></span>}
        {isNaN(score) ? "–" : score.toFixed(2)}
      </span>
    </li>
  );
}
