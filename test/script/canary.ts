import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const chunkLength = 12;

/**
 * The forms that a leaked secret can have: every 12 characters of it (a shorter secret: all of it)
 * as they are, reversed, escaped for JSON and for a URL, in hex, and in base64 and base64url at
 * every offset.
 */
export function formsOf(secret: string): string[] {
  const plain = chunksOf(secret).flatMap((chunk) => [
    chunk,
    chunk.split('').toReversed().join(''),
    JSON.stringify(chunk).slice(1, -1),
    encodeURIComponent(chunk),
    Buffer.from(chunk).toString('hex'),
    Buffer.from(chunk).toString('hex').toUpperCase(),
  ]);
  const base64 = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    // Without the characters that depend on the neighboring bytes.
    const core = bytes
      .toString('base64')
      .replace(/=+$/, '')
      .slice(offset === 0 ? 0 : offset + 1, -1);
    return chunksOf(core).flatMap((chunk) => [
      chunk,
      chunk.replaceAll('+', '-').replaceAll('/', '_'),
    ]);
  });
  return [...new Set([...plain, ...base64])];
}

/** The names of the secrets that the text contains in any form. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name);
}

/** Every file and name below a directory, by path. */
export function textsUnder(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
  return Object.fromEntries(
    paths.map(({ entry, path }) => [
      path,
      entry.isFile() ? `${path}\n${readFileSync(path, 'utf8')}` : path,
    ]),
  );
}

/** Records the command line of every process that runs until it is stopped. Linux only. */
export function watchCommandLines(): { stop(): string[] } {
  const seen = new Set<string>();
  let isWatching = true;
  const look = () => {
    if (!isWatching) return;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const line = commandLineOf(pid);
      if (line !== undefined) seen.add(line);
    }
    setTimeout(look, 2);
  };
  look();
  return {
    stop() {
      isWatching = false;
      return [...seen];
    },
  };
}

function commandLineOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // The process has exited.
    return undefined;
  }
}

function chunksOf(text: string): string[] {
  if (text.length <= chunkLength) return [text];
  return Array.from({ length: text.length - chunkLength + 1 }, (_, at) =>
    text.slice(at, at + chunkLength),
  );
}
