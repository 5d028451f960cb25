import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { glob } from '../../src/host/glob.ts';
import {
  linkStatOf,
  listDirectory,
  readRegularFile,
  realPathOf,
  statIfVisible,
  statOf,
} from '../../src/host/read-files.ts';
import {
  areUnchanged,
  machineMetadata,
  recordReads,
  type Metadata,
  type Reads,
  type Seen,
} from '../../src/host/read-recorder.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** By then, the files of a test have not changed for long enough. */
const later = () => new Date(Date.now() + 60_000);

async function readsOf(
  task: () => unknown,
  { now = later(), metadata = machineMetadata }: { now?: Date; metadata?: Metadata } = {},
): Promise<Reads> {
  const { reads } = await recordReads(async () => void task(), now, metadata);
  return reads;
}

async function seenBy(task: () => unknown): Promise<readonly Seen[]> {
  const reads = await readsOf(task);
  if ('refusal' in reads) throw new Error(reads.refusal);
  return reads.seen;
}

/** A directory `d` with a file `f`, and the links `to-f` and `to-d`. */
function openPlace() {
  const root = temporaryDirectory();
  const at = (name: string) => join(root, name);
  mkdirSync(at('d'));
  writeFileSync(at('d/f'), 'one', { mode: 0o600 });
  symlinkSync('d/f', at('to-f'));
  symlinkSync('d', at('to-d'));
  return { root, at };
}

type Place = ReturnType<typeof openPlace>;

/** What is looked at, and a change that must be noticed. */
const noticed: readonly [string, (place: Place) => unknown, (place: Place) => void][] = [
  [
    'other content of equal size, with the old times',
    ({ at }) => readRegularFile(at('d/f')),
    ({ at }) => {
      const { atime, mtime } = statSync(at('d/f'));
      writeFileSync(at('d/f'), 'two');
      utimesSync(at('d/f'), atime, mtime);
    },
  ],
  [
    'another file in its place',
    ({ at }) => readRegularFile(at('d/f')),
    ({ at }) => {
      writeFileSync(at('d/g'), 'one', { mode: 0o600 });
      renameSync(at('d/g'), at('d/f'));
    },
  ],
  [
    'looser permissions of a file',
    ({ at }) => readRegularFile(at('d/f')),
    ({ at }) => chmodSync(at('d/f'), 0o666),
  ],
  [
    'one more name of a file',
    ({ at }) => readRegularFile(at('d/f')),
    ({ at }) => linkSync(at('d/f'), at('d/g')),
  ],
  ['a removed file', ({ at }) => readRegularFile(at('d/f')), ({ at }) => unlinkSync(at('d/f'))],
  [
    'a link that leads to another file',
    ({ at }) => readRegularFile(at('to-f')),
    ({ at }) => {
      writeFileSync(at('d/g'), 'one');
      unlinkSync(at('to-f'));
      symlinkSync('d/g', at('to-f'));
    },
  ],
  [
    'another link to the same file',
    ({ at }) => linkStatOf(at('to-f')),
    ({ at }) => {
      unlinkSync(at('to-f'));
      symlinkSync('d/../d/f', at('to-f'));
    },
  ],
  [
    'a directory on the way that became a link',
    ({ at }) => realPathOf(at('d/f')),
    ({ at }) => {
      renameSync(at('d'), at('moved'));
      symlinkSync('moved', at('d'));
    },
  ],
  [
    'a file that was looked for in vain',
    ({ at }) => statIfVisible(at('d/.git')),
    ({ at }) => writeFileSync(at('d/.git'), ''),
  ],
  [
    'one more name in a listed directory',
    ({ at }) => listDirectory(at('d')),
    ({ at }) => writeFileSync(at('d/g'), ''),
  ],
  [
    'looser permissions of a directory',
    ({ at }) => linkStatOf(at('d')),
    ({ at }) => chmodSync(at('d'), 0o777),
  ],
  [
    'another directory in its place',
    ({ at }) => statOf(at('d')),
    ({ at }) => {
      renameSync(at('d'), at('old'));
      mkdirSync(at('d'));
    },
  ],
];

describe('what was read', () => {
  test.each(noticed)('has changed after %s', async (_, look, change) => {
    const place = openPlace();
    const seen = await seenBy(() => look(place));
    expect(areUnchanged(seen)).toBe(true);
    change(place);
    expect(areUnchanged(seen)).toBe(false);
  });

  test('has not changed after a new file in a directory that was only judged', async () => {
    const { at } = openPlace();
    const seen = await seenBy(() => [linkStatOf(at('d')), readRegularFile(at('d/f'))]);
    writeFileSync(at('d/g'), '');
    expect(areUnchanged(seen)).toBe(true);
  });

  test('has changed if it cannot be looked at any more', async () => {
    const { at } = openPlace();
    const seen = await seenBy(() => [statIfVisible(at('d/g')), statOf(at('d/f'))]);
    rmSync(at('d'), { recursive: true });
    // No directory now: looking at what is below fails.
    writeFileSync(at('d'), '');
    expect(areUnchanged(seen)).toBe(false);
  });

  test('is nothing outside of a task', async () => {
    const { at } = openPlace();
    readRegularFile(at('d/f'));
    expect(await seenBy(() => {})).toEqual([]);
  });
});

describe('nothing is recorded', () => {
  const refusalOf = async (...args: Parameters<typeof readsOf>) => {
    const reads = await readsOf(...args);
    return 'refusal' in reads ? reads.refusal : undefined;
  };
  const recent = 'a file changed within the last two seconds, or will change in the future';

  test.each([
    ['1.9 s ago', 1_900, recent],
    ['2.1 s ago', 2_100, undefined],
    ['in the future', -60_000, recent],
  ])('of a file that changed %s: only if its time settles it', async (_, agoMs, refusal) => {
    const { at } = openPlace();
    const now = new Date(statSync(at('d/f')).ctimeMs + agoMs);
    expect(await refusalOf(() => readRegularFile(at('d/f')), { now })).toBe(refusal);
  });

  test('of a listed directory that changed just now, but of a judged one', async () => {
    const { root, at } = openPlace();
    const now = new Date(statSync(root).ctimeMs + 100);
    expect(await refusalOf(() => listDirectory(root), { now })).toBe(recent);
    expect(await refusalOf(() => linkStatOf(at('d')), { now })).toBeUndefined();
  });

  test.each([
    ['NFS', 0x6969],
    ['SMB 2', 0xfe534d42],
    ['FUSE', 0x65735546],
    ['an unknown file system', 1],
  ])('of a file on %s', async (_, type) => {
    const { at } = openPlace();
    const metadata = { ...machineMetadata, fileSystemType: () => type };
    expect(await refusalOf(() => readRegularFile(at('d/f')), { metadata })).toBe(
      `the file system of ${at('d/f')} is not a known one`,
    );
  });

  test.each([0xef53, 0x58465342, 0x9123683e, 0x9123683e | 0, 0x2fc12fc1, 0x01021994, 0x794c7630])(
    'of a file on another file system than the local ones, such as %i',
    async (type) => {
      const { at } = openPlace();
      const metadata = { ...machineMetadata, fileSystemType: () => type };
      expect(await refusalOf(() => readRegularFile(at('d/f')), { metadata })).toBeUndefined();
    },
  );

  test('of a file that changed between two looks', async () => {
    const { at } = openPlace();
    const task = () => {
      readRegularFile(at('d/f'));
      writeFileSync(at('d/f'), 'another');
      statOf(at('d/f'));
    };
    expect(await refusalOf(task)).toBe(`${at('d/f')} changed meanwhile`);
  });

  test.each<[string, (place: Place) => unknown, RegExp]>([
    [
      'a file that cannot be opened',
      ({ at }) => expect(() => readRegularFile(at('d/g'))).toThrow('ENOENT'),
      /\/d\/g could not be opened$/,
    ],
    [
      'a path below a file',
      ({ at }) => statIfVisible(at('d/f/g')),
      /^a path could not be looked at$/,
    ],
    ['a pattern', ({ root }) => glob('*', root), /^files were searched by a pattern$/],
  ])('where %s was looked for', async (_, look, refusal) => {
    const place = openPlace();
    const { reads } = await recordReads(async () => void (await look(place)), later());
    expect(reads).toEqual({ refusal: expect.stringMatching(refusal) });
  });

  test('by a task that failed, or after it', async () => {
    const { at } = openPlace();
    const failed = recordReads(() => Promise.reject(new Error('no')), later());
    await expect(failed).rejects.toThrow('no');
    readRegularFile(at('d/f'));
    expect(await seenBy(() => {})).toEqual([]);
  });
});
