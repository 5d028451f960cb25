import type { CommandGroup, Run } from '../../src/cli/command.ts';

const load = (): Promise<Run> => Promise.reject(new Error('nothing is run here'));
const output = {
  name: 'output',
  short: 'o',
  value: 'format',
  summary: 'format',
  choices: ['json'],
};

/**
 * A tree of commands like the real one, so that the parser is tested for structure and not for
 * names.
 */
export const tree: CommandGroup = {
  name: 'atmos',
  summary: 'all',
  commands: [
    {
      name: 'auth',
      summary: 'credentials',
      takesIdentity: true,
      commands: [
        { name: 'whoami', summary: 'who', takesIdentity: true, options: [output], load },
        {
          name: 'login',
          summary: 'open a session',
          takesIdentity: true,
          options: [
            { name: 'force', summary: 'always' },
            { name: 'mfa-token', value: 'code', summary: 'one-time code' },
          ],
          load,
        },
        {
          name: 'logout',
          summary: 'clear',
          takesIdentity: true,
          operand: { name: 'name' },
          load,
        },
        { name: 'exec', summary: 'run', takesIdentity: true, takesProgram: true, load },
        {
          name: 'keyring',
          summary: 'the keyring',
          commands: [{ name: 'status', summary: 'state', load }],
        },
      ],
    },
    { name: 'version', summary: 'show the version', options: [output], load },
  ],
};
