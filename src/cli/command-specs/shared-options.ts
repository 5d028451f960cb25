import type { OptionSpec } from '../command.ts';

export const jsonOutput: OptionSpec = {
  name: 'output',
  short: 'o',
  value: 'format',
  summary: 'Print machine-readable output',
  choices: ['json'],
};

/** `-f` as in Atmos, `-o` as in our other commands. */
export function outputAs(...choices: [string, ...string[]]): OptionSpec {
  return {
    ...jsonOutput,
    aliases: ['-f', '--format'],
    shown: '-f, --output, --format',
    summary: 'Output format',
    choices,
    default: choices[0],
  };
}

/** Details for a person. Programs read JSON, which has them all. */
export const verbose: OptionSpec = { name: 'verbose', short: 'v', summary: 'Also show details' };

export const provider: OptionSpec = {
  name: 'provider',
  short: 'p',
  value: 'name',
  completes: 'provider',
  summary: 'A provider instead of an identity',
};

/** How a person proves who they are, for commands that open sessions. */
export const openingOptions: readonly OptionSpec[] = [
  {
    name: 'mfa-token',
    value: 'code',
    summary: 'Code of the MFA device; without it, the command prompts',
  },
  {
    name: 'device-code',
    summary: 'Sign in with a code on a page, in a browser on any device',
  },
  {
    name: 'browser',
    shown: '--no-browser',
    summary: 'Show the address of the page to sign in, and open no browser',
  },
];

export function credentialsOption(otherwise: 'env' | 'process'): OptionSpec {
  return {
    name: 'credentials',
    value: 'mode',
    summary: 'How the program receives credentials',
    choices: ['env', 'process'],
    default: otherwise,
  };
}

export const region: OptionSpec = {
  name: 'region',
  value: 'region',
  summary: 'Region for the program',
  default: 'of the identity',
};

export const minValidity: OptionSpec = {
  name: 'min-validity',
  value: 'duration',
  summary: 'Open a new session if the current one ends earlier',
};

// The options of `auth user configure` for the access key of a cloud.

/** The options that set a field of an access key, and the name of the field. */
export const keyFieldOptions: readonly (readonly [option: string, field: string])[] = [
  ['--mfa-arn', 'mfa_arn'],
  ['--session-duration', 'session_duration'],
];

/**
 * The option that names a profile in the files of another tool, and the importer of those files.
 */
export const keyProfileOption = {
  option: 'from-aws-profile',
  title: 'the AWS profile',
  importer: 'aws-credentials',
} as const;
