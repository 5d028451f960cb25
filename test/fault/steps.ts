// Between every two of these a change can be cut short: what `onStep` of the file keyring tells.
export const writeSteps = [
  'temporary opened',
  'temporary written',
  'temporary synced',
  'renamed',
  'directory synced',
  'read back',
];

export const setSteps = ['state made', 'locked', 'checked', ...writeSteps];
/** The version and the verifier, then the value itself. */
export const firstSetSteps = [
  'state made',
  'state locked',
  ...writeSteps,
  ...writeSteps,
  ...setSteps,
];
export const deleteSteps = ['locked', 'deleted', 'directory synced'];

export const numbered = (steps: readonly string[]) => steps.map((step, index) => ({ step, index }));
