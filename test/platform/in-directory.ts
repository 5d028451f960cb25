import type { ContractCase } from '../contract/index.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';

/** A case with a new directory, which is always removed afterwards. */
export function inDirectory(name: string, run: (directory: string) => Promise<void>): ContractCase {
  return {
    name,
    async run() {
      const { path, remove } = createTemporaryDirectory();
      try {
        await run(path);
      } finally {
        remove();
      }
    },
  };
}
