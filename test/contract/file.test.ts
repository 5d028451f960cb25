import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyringErrorCodes } from '../../src/core/errors.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { contentsOf } from '../support/contents.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { fileFailures, notOfFiles, unprovoked } from './file-failures.ts';
import { keyringContract } from './index.ts';

describe.concurrent('the file keyring keeps the contract', () => {
  const cases = keyringContract({
    async fresh() {
      const { path, remove } = createTemporaryDirectory();
      const directory = join(path, 'keyring');
      return {
        open: async () => openTestKeyring({ directory }),
        contents: () => contentsOf(path),
        remove: async () => remove(),
      };
    },
    failures: fileFailures,
  });

  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});

test('each error of the closed set has a case or a reason why it has none', () => {
  const ofEveryBackend = ['ERR_KEYRING_INVALID_KEY', 'ERR_KEYRING_TOO_LARGE'];
  const tried = [...ofEveryBackend, ...fileFailures.map(({ code }) => code)];
  expect(new Set([...tried, ...unprovoked, ...notOfFiles])).toEqual(new Set(keyringErrorCodes));
});
