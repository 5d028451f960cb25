import type { Backend } from './contract.ts';
import {
  fileSchema,
  passwordSources,
  pinFile,
  settleFile,
  unpinFile,
  type FileSettings,
} from './file/settings.ts';
import { hasReaders } from './file/settings-readers.ts';
import { storingNotice, trustNeeds } from './file/trust-needs.ts';

const loadStarter = async () => (await import('./file/agent-backend.ts')).fileStarter;
const loadFileKeyring = async () => (await import('./file/backend.ts')).openFileKeyring;

/** An encrypted directory, read through its unlock agent if one runs. */
export const fileBackend: Backend<FileSettings> = {
  type: 'file',
  schema: fileSchema,
  isShared: hasReaders,
  settle: settleFile,
  pin: pinFile,
  unpin: unpinFile,
  trustNeeds,
  storingNotice,
  location: ({ directory }) => directory,
  passwordSources,
  autoUnlockMs: ({ autoUnlockMs }) => autoUnlockMs,
  async open(context) {
    const { createAgentClientKeyring } = await import('./file/agent-client.ts');
    return createAgentClientKeyring(loadFileKeyring)(context);
  },
  loadInspector: async () => (await import('./file/inspect.ts')).fileInspector,
  async loadAgent() {
    const { createAgentControl } = await import('./agent/control.ts');
    const { fileSubject } = await import('./file/agent-client.ts');
    return createAgentControl(fileSubject, loadStarter);
  },
  loadAgentPresence: async () => (await import('./file/agent-client.ts')).filePresence,
  runAgent: async (...start) => (await import('./file/hold.ts')).runFileAgent(...start),
  rekey: async (context, options) =>
    (await import('./file/rekey.ts')).rekeyKeyring(context, options),
  loadReaders: async () => (await import('./file/readers.ts')).fileReaders,
  revealPassword: async (context) => (await import('./file/readers.ts')).revealPassword(context),
};
