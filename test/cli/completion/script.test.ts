import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { atmos } from '../../../src/cli/command-specs/root.ts';
import { completionScript, completionShells } from '../../../src/cli/completion/script.ts';
import { helpDetails } from '../../../src/cli/help/help.ts';

const host = { nodePath: "/opt/it's node", scriptPath: '/opt/$(touch x)/main.cjs' };

test.each([
  ['bash', `'/opt/it'"'"'s node' '/opt/$(touch x)/main.cjs' __complete --line -- `],
  ['zsh', `'/opt/it'"'"'s node' '/opt/$(touch x)/main.cjs' __complete -- `],
  ['fish', `'/opt/it\\'s node' '/opt/$(touch x)/main.cjs' __complete -- `],
  ['powershell', `& '/opt/it''s node' '/opt/$(touch x)/main.cjs' __complete @options -- `],
] as const)('the script of %s calls this program by its path, quoted', (shell, call) => {
  const script = completionScript(shell, host);
  expect(script).toContain(call);
  expect(script).toContain('atmos-auth');
});

test('a script exists for each shell that the command accepts', () => {
  const command = atmos.commands.find(({ name }) => name === 'completion');
  expect(command && 'operand' in command ? command.operand?.choices : []).toEqual(completionShells);
});

test('the script of bash is run with eval, because bash 3.2 cannot source <(…)', () => {
  const how = 'eval "$(atmos completion bash)"';
  expect(completionScript('bash', host).split('\n')[0]).toBe(
    `# Completion of atmos for bash: ${how}`,
  );
  const { examples = [] } = helpDetails['atmos completion'] ?? {};
  expect(examples.filter((example) => example.startsWith(how))).toHaveLength(1);
  for (const page of ['README.md', 'docs/commands.md']) {
    const text = readFileSync(page, 'utf8');
    expect(text).toContain(how);
    expect(text).not.toContain('source <(atmos completion bash)');
  }
});
