import type { Inspector } from '../inspection.ts';
import { examineSecretService } from './linux/inspect.ts';

export const systemInspector: Inspector = {
  // Whether there is one, it alone knows, and says when it is probed.
  describe: () => ({ isMade: true }),
  examine: async ({ host }) => (host.platform === 'linux' ? examineSecretService(host) : []),
};
