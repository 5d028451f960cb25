import type { ContractCase } from '../contract/index.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';

/** A case that has a directory of its own, which is gone afterwards whatever happened. */
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
