// The sources of the JSON Schema and of docs/configuration.md.
import { createSettingsSchema } from '../../src/config/schema.ts';
import { specSchema } from '../../src/keyring/registry.ts';

export {
  identityKinds,
  kindOf,
  otherIdentityKinds,
  otherProviderKinds,
  providerKindOf,
  providerKinds,
} from '../../src/clouds/registry.ts';
export { closedMaps } from '../../src/config/schema.ts';
export { logLevels } from '../../src/core/log-level.ts';
export { flag, scalar, textOrCount, textOrTexts } from '../../src/core/validate.ts';
export { keyringTypes, specSchema } from '../../src/keyring/registry.ts';

/** All of atmos.yaml that we take part in, with the settings of each keyring. */
export const settingsSchema = createSettingsSchema(specSchema);
