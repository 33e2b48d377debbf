/** What the person signed in follows, has saved and has not read: kept by the server, the same on every device. */
import type { Desk } from '../../console-api/desk-schemas.ts';
import { get, send, session } from './api.ts';
import { observable } from './observable.ts';

const EMPTY: Desk = { followed: [], views: [], mentions: [] };

export const desk = observable<Desk>(EMPTY);

// Whoever signs in next has a desk of their own.
session.subscribe(() => {
  if (!session.get()) desk.set(EMPTY);
});

/** Asks for it; leaves what is known when no server answers. */
export async function loadDesk(): Promise<void> {
  await get<Desk>('/desk').then(desk.set, () => {});
}

/** @throws ApiError */
export async function changeDesk(path: string, body?: object): Promise<void> {
  desk.set(await send<Desk>('POST', path, body === undefined ? {} : { body }));
}
