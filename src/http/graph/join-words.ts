import type { Words } from '../../machines/meta.ts';

/** Several words as one text, with each language's own separator. */
export function join(parts: readonly Words[], zh: string, en: string): Words {
  return { zh: parts.map((part) => part.zh).join(zh), en: parts.map((part) => part.en).join(en) };
}
