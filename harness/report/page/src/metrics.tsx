// The metric that all of the page is about: buttons, or the keys 1 to 9.
import type { PageData } from "./data";

interface Props {
  page: PageData;
  metric: number;
  onChoose: (metric: number) => void;
}

export function Metrics({ page, metric, onChoose }: Props) {
  return (
    <fieldset class="metrics">
      <legend class="hidden">Metric</legend>
      {page.boards.map((board, i) => (
        <label class={i === metric ? "chosen" : ""}>
          <input type="radio" name="metric" checked={i === metric} onChange={() => onChoose(i)} />
          {board.metric}
          {i === page.deciding && <span class="facts"> decides</span>}
        </label>
      ))}
    </fieldset>
  );
}
