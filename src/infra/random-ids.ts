/**
 * The real `Ids`: the one place that draws randomness for the runtime.
 */
import { randomBytes } from 'node:crypto';
import type { Ids } from '../actors/ports.ts';

export class RandomIds implements Ids {
  /** 128 random bits, 22 characters. */
  random(): string {
    return randomBytes(16).toString('base64url');
  }

  fraction(): number {
    return Math.random();
  }
}
