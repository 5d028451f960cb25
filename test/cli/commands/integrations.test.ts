import { expect, test } from 'vitest';
import { openDesk, storedKey, yamlOf } from './desk.ts';

test('login and env warn once about the integrations that Atmos would run', async () => {
  const desk = await openDesk({ entries: storedKey });
  const config = desk.configure(`${yamlOf(desk).replace(/\s+$/, '\n')}  integrations:
    registry: { kind: aws/ecr, via: { identity: DEV } }
    cluster: { kind: aws/eks, via: { identity: dev } }
    other: { kind: aws/eks, via: { identity: nobody } }
`);
  const [cluster, registry] = [`cluster (${config}:13:5)`, `registry (${config}:12:5)`];
  const warning = `warning: this version does not run the integrations of identity dev: ${cluster}, ${registry}\n`;
  for (const command of ['auth login', 'auth env']) {
    const { exitCode, stderr } = await desk.run(command);
    expect({ command, exitCode }).toEqual({ command, exitCode: 0 });
    expect(stderr).toContain(warning);
    expect(stderr.split('integrations').length).toBe(2);
  }
  for (const command of ['auth keyring list', 'auth whoami']) {
    expect((await desk.run(command)).stderr).not.toContain('integrations');
  }
});
