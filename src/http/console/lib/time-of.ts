/** Epoch ms of a time as the API tells it, which is either that or RFC 3339. */
export function timeOf(time: number | string): number {
  return typeof time === 'number' ? time : Date.parse(time);
}
