import { AtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';

const maxBytes = 64 * 1024;
const limitMs = 60_000;

/**
 * All of standard input as text.
 *
 * @throws ERR_USAGE when it is too large, not UTF-8, or does not end within a minute
 */
export async function readInput(host: Pick<Host, 'stdin' | 'sleep'>): Promise<string> {
  const timer = new AbortController();
  const limit = host.sleep(limitMs, timer.signal).then(() => {
    throw new AtmosError('ERR_USAGE', 'standard input did not end within a minute', {
      hints: ['give the JSON through a pipe or a file: --stdin < key.json'],
    });
  });
  try {
    return await Promise.race([readAll(host), limit]);
  } finally {
    timer.abort();
  }
}

async function readAll({ stdin }: Pick<Host, 'stdin'>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const part of stdin as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new AtmosError('ERR_USAGE', `standard input has more than ${maxBytes} bytes`);
    chunks.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new AtmosError('ERR_USAGE', 'standard input is not UTF-8 text');
  }
}
