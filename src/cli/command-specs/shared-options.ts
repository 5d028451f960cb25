import type { OptionSpec } from '../command.ts';

export const jsonOutput: OptionSpec = {
  name: 'output',
  short: 'o',
  value: 'format',
  summary: 'format of the output',
  choices: ['json'],
};

/** Details for a person. Programs read JSON, which has them all. */
export const verbose: OptionSpec = { name: 'verbose', short: 'v', summary: 'show details' };
