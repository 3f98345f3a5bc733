// A picture as large as the window: the image itself where it is at hand, else the small one.
import { useEffect, useRef, useState } from "preact/hooks";

interface Props {
  picture: { small: string; original: string | null };
  name: string;
  onClose: () => void;
}

export function Zoom({ picture, name, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [source, setSource] = useState(picture.original ?? picture.small);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="zoom" aria-label={`sample ${name}`} onClose={onClose}>
      <button type="button" class="picture" aria-label="Close" onClick={() => dialog.current?.close()}>
        <img src={source} alt={`sample ${name}`} onError={() => setSource(picture.small)} />
      </button>
      <p class="facts">{name}</p>
    </dialog>
  );
}
