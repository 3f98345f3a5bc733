// What the keys do.
import { useEffect, useRef } from "preact/hooks";

const KEYS = [
  ["j, k", "next sample, the one before"],
  ["Enter", "enlarge its picture"],
  ["/", "search"],
  ["1 – 9", "choose the metric"],
  ["Esc", "close, or leave a field"],
  ["?", "this list"],
] as const;

export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-head" onClose={onClose}>
      <h2 id="help-head">Keys</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
