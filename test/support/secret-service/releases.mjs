/**
 * What was acquired, to be given back in the reverse order. Giving back twice is as good as once,
 * and one that fails does not keep the others.
 */
export function createReleases() {
  /** @type {(() => void | Promise<void>)[]} */
  const releases = [];
  return {
    /** @param {() => void | Promise<void>} release */
    add: (release) => void releases.push(release),
    async releaseAll() {
      const failures = [];
      for (let release = releases.pop(); release; release = releases.pop()) {
        try {
          await release();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
