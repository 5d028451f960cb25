import { KeyringError } from '../../core/errors.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { BackendContext } from '../contract.ts';
import type { Inspector } from '../inspection.ts';
import { findDirectory, listKeys, networkFileSystem } from './directory.ts';
import { examineFiles } from './inspect-entries.ts';
import { examineDirectory, examineNetwork } from './inspection/directory.ts';
import { examineSpace } from './inspection/space.ts';
import { examineState, isStateThere } from './inspection/state.ts';
import { countWeakEntries, examineStrength } from './inspection/strength.ts';

export const fileInspector: Inspector = {
  describe(context) {
    const directory = find(context);
    if (directory === undefined) return { isMade: false };
    return {
      isMade: isStateThere(directory) || listKeys(directory, context.host).length > 0,
      ...withoutAbsent({
        weakEntries: countWeakEntries(directory, context.host),
        networkFileSystem: networkFileSystem(directory),
      }),
    };
  },
  async examine(context) {
    const { host, settings } = context;
    const directory = find(context);
    if (directory === undefined) return [examineSpace(settings.directory.value)];
    return [
      examineDirectory(directory, host),
      ...(await examineFiles(directory, host)),
      examineStrength(directory, host),
      ...(await examineState(directory, host)),
      examineNetwork(directory),
      examineSpace(directory),
    ];
  },
};

/** Undefined when there is none yet, or none that may be used: why, the probe says. */
function find({ settings, host }: BackendContext): string | undefined {
  try {
    return findDirectory(settings.directory.value, host.userId);
  } catch (error) {
    if (error instanceof KeyringError) return undefined;
    throw error;
  }
}
