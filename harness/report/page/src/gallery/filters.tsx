// What the gallery is asked for: two systems, an order, and filters.
import type { PageData } from "../data";
import { rivals, SORTS, STATUSES, type Asked, type Sort, type Status } from "./order";

interface Props {
  page: PageData;
  asked: Asked;
  found: number;
  loaded: number;
  controls: boolean;
  onAsk: (asked: Partial<Asked>) => void;
  onControls: (shown: boolean) => void;
}

export function Filters({ page, asked, found, loaded, controls, onAsk, onControls }: Props) {
  const own = rivals(page).map((i) => [i, page.systems[i]!.name] as const);
  const every = page.systems.map((system, i) => [i, system.name] as const);
  const { fields, flags, shown } = page.gallery;
  const field = fields[asked.field];
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <div class="choice">
        <label for="search">Search</label>
        <input
          id="search"
          type="search"
          value={asked.text}
          placeholder="words ( / )"
          onInput={(event) => onAsk({ text: event.currentTarget.value })}
        />
      </div>
      <Choice
        name="Sort by"
        value={asked.sort}
        options={Object.entries(SORTS)}
        onChoose={(sort) => onAsk({ sort: sort as Sort })}
      />
      {own.length > 1 && (
        <>
          <Choice name="A" value={asked.a} options={own} onChoose={(a) => onAsk({ a: Number(a) })} />
          <Choice name="B" value={asked.b} options={own} onChoose={(b) => onAsk({ b: Number(b) })} />
        </>
      )}
      {fields.length > 0 && (
        <Choice
          name="Slice"
          value={asked.field}
          options={[[-1, "any"], ...fields.map((each, i) => [i, each.name.replaceAll("_", " ")] as const)]}
          onChoose={(i) => onAsk({ field: Number(i), value: Number(i) < 0 ? -1 : 0 })}
        />
      )}
      {field && (
        <Choice
          name="Value"
          value={asked.value}
          options={field.values.map((value, i) => [i, value] as const)}
          onChoose={(i) => onAsk({ value: Number(i) })}
        />
      )}
      <Choice
        name="Status"
        value={asked.status}
        options={Object.entries(STATUSES)}
        onChoose={(status) => onAsk({ status: status as Status })}
      />
      <Choice
        name="Flag"
        value={asked.flag}
        options={[[-1, "any"], ...flags.map((flag, i) => [i, flag.replaceAll("_", " ")] as const)]}
        onChoose={(flag) => onAsk({ flag: Number(flag) })}
      />
      {(asked.status !== "any" || asked.flag >= 0) && (
        <Choice
          name="Of"
          value={asked.system}
          options={[[-1, "any system"], ...every]}
          onChoose={(system) => onAsk({ system: Number(system) })}
        />
      )}
      {page.systems.some((system) => system.control) && (
        <label class="check">
          <input
            type="checkbox"
            checked={controls}
            onChange={(event) => onControls(event.currentTarget.checked)}
          />
          controls
        </label>
      )}
      <p class="count" role="status">
        {loaded < shown
          ? `reading ${loaded.toLocaleString("en")} of ${shown.toLocaleString("en")}`
          : `${found.toLocaleString("en")} of ${shown.toLocaleString("en")} samples`}
      </p>
    </form>
  );
}

function Choice(props: {
  name: string;
  value: string | number;
  options: readonly (readonly [string | number, string])[];
  onChoose: (value: string) => void;
}) {
  const id = `choose-${props.name.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <div class="choice">
      <label for={id}>{props.name}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChoose(event.currentTarget.value)}
      >
        {props.options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
