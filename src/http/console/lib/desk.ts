/** What the person signed in follows, has saved and has not read: kept by the server, the same on every device. */
import type { Desk } from '../../console-api/desk-schemas.ts';
import { get, send } from './api.ts';
import { observable } from './observable.ts';

export const desk = observable<Desk>({ followed: [], views: [], mentions: [] });

/** Asks for it; leaves what is known when no server answers. */
export async function loadDesk(): Promise<void> {
  await get<Desk>('/desk').then(desk.set, () => {});
}

/** @throws ApiError */
export async function changeDesk(path: string, body?: object): Promise<void> {
  desk.set(await send<Desk>('POST', path, body === undefined ? {} : { body }));
}
