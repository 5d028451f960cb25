/**
 * What was acquired, to be given back in the reverse order. Giving back twice is as good as once.
 */
export function createReleases() {
  /** @type {(() => void | Promise<void>)[]} */
  const releases = [];
  return {
    /** @param {() => void | Promise<void>} release */
    add: (release) => void releases.push(release),
    async releaseAll() {
      for (let release = releases.pop(); release; release = releases.pop()) await release();
    },
  };
}
