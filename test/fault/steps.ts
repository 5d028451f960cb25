// The steps that `onStep` of the file keyring reports. A change can be interrupted between them.
export const writeSteps = [
  'temporary opened',
  'temporary written',
  'temporary synced',
  'renamed',
  'directory synced',
  'read back',
];

export const setSteps = ['state made', 'locked', 'checked', ...writeSteps];
/** First the version and the verifier, then the value. */
export const firstSetSteps = [
  'state made',
  'state locked',
  ...writeSteps,
  ...writeSteps,
  ...setSteps,
];
export const deleteSteps = ['locked', 'deleted', 'directory synced'];

export const numbered = (steps: readonly string[]) => steps.map((step, index) => ({ step, index }));
