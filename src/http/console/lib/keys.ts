/** The keyboard: one listener, the newest handler of a key wins, and none is called while somebody types. */
import { useLayoutEffect, useRef } from 'preact/hooks';

type Handler = (event: KeyboardEvent) => void;
type Bindings = Readonly<Record<string, Handler>>;

const layers: { readonly current: Bindings }[] = [];
const PREFIX_WITHIN_MS = 1500;
let prefix: { readonly key: string; readonly until: number } | null = null;

/**
 * Binds keys (`/`, `ArrowLeft`, `g h` for one after the other, `Ctrl+k`) as long as the component is there: from the moment
 * it can be seen, on a busy machine too, so that nothing typed at once is lost.
 */
export function useKeys(bindings: Bindings): void {
  const layer = useRef(bindings);
  layer.current = bindings;
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

/** Hands keys to who bound them. Returns how to stop. */
export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    const name = nameOf(event);
    if (event.isComposing || (isTyping(event.target) && name !== 'Escape' && !name.startsWith('Ctrl+'))) return;
    if (document.querySelector('dialog[open]') !== null && name !== 'Escape') return;
    const after = prefix !== null && event.timeStamp < prefix.until ? `${prefix.key} ${name}` : null;
    const handler = (after === null ? undefined : handlerOf(after)) ?? handlerOf(name);
    prefix = handler === undefined && name === 'g' ? { key: name, until: event.timeStamp + PREFIX_WITHIN_MS } : null;
    handler?.(event);
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function handlerOf(name: string): Handler | undefined {
  return layers.findLast((layer) => layer.current[name] !== undefined)?.current[name];
}

function nameOf({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): string {
  if (ctrlKey || metaKey) return `Ctrl+${key}`;
  return altKey ? `Alt+${key}` : key;
}

/** A slider or a box takes no letters. */
function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'range' && target.type !== 'checkbox';
  return target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName));
}
