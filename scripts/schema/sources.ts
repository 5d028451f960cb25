// What the JSON Schema and docs/configuration.md are made from.

export { identityKinds, otherIdentityKinds, kindOf } from '../../src/clouds/registry.ts';
export { closedMaps, settingsSchema } from '../../src/config/schema.ts';
export { logLevels } from '../../src/core/log-level.ts';
export { flag, scalar, textOrCount, textOrTexts } from '../../src/core/validate.ts';
export { keyringTypes } from '../../src/keyring/registry.ts';
