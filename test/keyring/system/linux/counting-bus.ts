import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../../support/temporary.ts';

export interface CountingBus {
  readonly address: string;
  /** Number of times that the client wrote after it had read, or first: each waits for the bus. */
  exchanges(): number;
  /** Number of times that the client sent this text. */
  sent(text: string): number;
  reset(): void;
}

/** A socket that forwards to a bus, and counts how often a client waits for it. */
export async function openCountingBus(busAddress: string): Promise<CountingBus> {
  const upstream = /^unix:path=([^,]+)/.exec(busAddress)?.[1] ?? '';
  const path = join(temporaryDirectory(), 'bus');
  let writes: Buffer[] = [];
  let exchanges = 0;
  let isReading = true;
  const server = createServer((client) => {
    const bus = createConnection(upstream);
    client.on('data', (bytes) => {
      if (isReading) exchanges += 1;
      isReading = false;
      writes.push(bytes);
      bus.write(bytes);
    });
    bus.on('data', (bytes) => {
      isReading = true;
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, bus],
      [bus, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
    onTestFinished(() => void client.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  onTestFinished(() => void server.close());
  return {
    address: `unix:path=${path}`,
    exchanges: () => exchanges,
    sent: (text) => Buffer.concat(writes).toString('latin1').split(text).length - 1,
    reset() {
      writes = [];
      exchanges = 0;
    },
  };
}
