import { createHook } from 'node:async_hooks';

/** How many PBKDF2 derivations are started while `run` runs. */
export async function countDerivations(run: () => Promise<void>): Promise<number> {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'PBKDF2REQUEST') count++;
    },
  }).enable();
  try {
    await run();
    return count;
  } finally {
    hook.disable();
  }
}
