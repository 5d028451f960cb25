/**
 * Resources that are released in the reverse order of their acquisition. A second release does
 * nothing, and a failed one does not prevent the others.
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
