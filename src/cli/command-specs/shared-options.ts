import type { OptionSpec } from '../command.ts';

export const jsonOutput: OptionSpec = {
  name: 'output',
  short: 'o',
  value: 'format',
  summary: 'Print machine-readable output',
  choices: ['json'],
};
