import type { Inspector } from '../inspection.ts';
import { examineSecretService } from './linux/inspect.ts';
import { examineKeychain } from './macos/inspect.ts';
import { examineCredentials } from './windows/inspect.ts';

export const systemInspector: Inspector = {
  // Whether there is one, it alone knows, and says when it is probed.
  describe: () => ({ isMade: true }),
  async examine(context) {
    switch (context.host.platform) {
      case 'linux':
        return examineSecretService(context.host);
      case 'darwin':
        return examineKeychain(context);
      case 'win32':
        return examineCredentials(context);
      default:
        return [];
    }
  },
};
