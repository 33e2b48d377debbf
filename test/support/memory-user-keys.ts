import type { UserKeys } from '../../src/infra/sealing/sealer.ts';

/** Wrapped keys in memory, to be looked at as they are stored. */
export function memoryUserKeys(): UserKeys & { readonly stored: Map<string, string> } {
  const stored = new Map<string, string>();
  const marks = new Map<string, string>();
  return {
    stored,
    get: async (userId) => stored.get(userId) ?? null,
    async put(userId, wrapped) {
      if (!stored.has(userId)) stored.set(userId, wrapped);
      return stored.get(userId) as string;
    },
    async erase(userId) {
      stored.delete(userId);
      marks.delete(userId);
    },
    async mark(userId, mark) {
      if (stored.has(userId)) marks.set(userId, mark);
    },
    marked: async (mark, limit) =>
      [...marks]
        .filter(([, of]) => of === mark)
        .map(([userId]) => userId)
        .sort()
        .slice(0, limit),
  };
}
