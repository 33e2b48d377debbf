/**
 * Secrets made for a data folder when none are configured, and kept there.
 *
 * Owns `<data folder>/secrets.json` (readable by its owner only). Invariant: a secret once made never changes, since
 * tokens are signed and personal data is sealed with it; two starts at once agree on one file.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Secrets {
  /** HS256 key of tokens. */
  readonly authJwtSecret: string;
  /** 32 bytes, base64: wraps the per-user keys. */
  readonly dataKey: string;
  /** Signs list cursors. */
  readonly cursorKey: string;
}

/** What the configuration says of them; the rest is made and kept. */
export interface ConfiguredSecrets {
  readonly authJwtSecret: string | undefined;
  readonly dataKey: string | undefined;
}

/** Returns the folder's secrets, making them at the first call; configured ones take precedence. */
export function loadSecrets(dataDir: string, configured: ConfiguredSecrets): Secrets {
  const path = join(dataDir, 'secrets.json');
  return withConfigured(read(path) ?? make(dataDir, path), configured);
}

export function withConfigured(kept: Secrets, { authJwtSecret, dataKey }: ConfiguredSecrets): Secrets {
  return { ...kept, authJwtSecret: authJwtSecret ?? kept.authJwtSecret, dataKey: dataKey ?? kept.dataKey };
}

export function newSecrets(): Secrets {
  return {
    authJwtSecret: randomBytes(32).toString('base64url'),
    dataKey: randomBytes(32).toString('base64'),
    cursorKey: randomBytes(32).toString('base64url'),
  };
}

/** The key that signs console sessions, made of the one for cursors: the same wherever and as long as that one is. */
export function consoleKeyOf({ cursorKey }: Secrets): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', cursorKey, '', 'console sessions', 32));
}

function read(path: string): Secrets | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text) as Secrets;
}

function make(dataDir: string, path: string): Secrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const secrets = newSecrets();
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return read(path) ?? secrets;
}
