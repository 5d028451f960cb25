import { expect, test } from 'vitest';
import { createPrinter } from '../../../src/cli/printer.ts';
import { createProgress } from '../../../src/cli/ui/progress.ts';
import { fakeHost } from '../../support/fake-host.ts';

function watch({ isTTY }: { isTTY: boolean }) {
  const clock = { ms: 5_000 };
  const shown: string[] = [];
  const host = fakeHost({
    monotonicMs: () => clock.ms,
    stderr: { isTTY, write: (text, done) => (shown.push(text), done()) },
  });
  const progress = createProgress({ host, ...createPrinter(host) }, { doing: 'copying', total: 9 });
  return { clock, shown, progress };
}

test('work of less than a second shows nothing', async () => {
  const { clock, shown, progress } = watch({ isTTY: true });
  clock.ms += 999;
  await progress.tell(8);
  await progress.end();
  expect(shown).toEqual([]);
});

test('longer work shows one line, updated at most ten times a second and removed at the end', async () => {
  const { clock, shown, progress } = watch({ isTTY: true });
  for (const [afterMs, done] of [
    [1_000, 3],
    [99, 4],
    [1, 5],
  ] as const) {
    clock.ms += afterMs;
    await progress.tell(done);
  }
  await progress.end();
  expect(shown).toEqual(['\r\u001b[Kcopying: 3 of 9', '\r\u001b[Kcopying: 5 of 9', '\r\u001b[K']);
});

test('nothing is shown where standard error is no terminal', async () => {
  const { clock, shown, progress } = watch({ isTTY: false });
  clock.ms += 60_000;
  await progress.tell(8);
  await progress.end();
  expect(shown).toEqual([]);
});
