import { describe, expect, test } from 'vitest';
import { keyOnStdin, openDesk, sessionCalls, storedKey, yamlOf, type Desk } from './desk.ts';

const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
const forms = [
  ['composed', composed, decomposed],
  ['decomposed', decomposed, composed],
] as const;

/** A desk whose only identity has that name. */
function configureAs(desk: Desk, name: string): void {
  desk.configure(yamlOf(desk).replace('    dev:', `    ${name}:`));
}

describe.each(forms)('an identity whose name is %s in atmos.yaml', (_, written, other) => {
  test('is found when its name is typed in the other Unicode form, and is stored as written', async () => {
    const desk = await openDesk();
    configureAs(desk, written);
    const saved = await desk.run(`auth user configure --stdin --no-verify -i ${other}`, {
      input: keyOnStdin,
    });
    expect(saved).toMatchObject({ exitCode: 0 });
    expect(saved.stderr).toContain(` of identity ${written} in the file keyring `);
    expect(await desk.openKeyring().keys()).toEqual([`atmos_r_${written}`]);

    expect(await desk.run(`auth login -i ${other}`)).toMatchObject({ exitCode: 0 });
    expect(await desk.run(`auth login -i ${written}`)).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(desk)).toBe(1);
    const { stdout } = await desk.run(`auth logout ${other} -o json`);
    expect(JSON.parse(stdout)).toMatchObject({
      removed: [{ key: `atmos_r_${written}@session`, identity: written, item: 'session' }],
    });
  });

  test('finds the access key that was stored when the name had the other form', async () => {
    const desk = await openDesk({ entries: { [`atmos_r_${other}`]: storedKey.atmos_r_dev } });
    configureAs(desk, written);
    expect(await desk.run(`auth login -i ${written}`)).toMatchObject({ exitCode: 0 });
    expect(await desk.openKeyring().keys()).toEqual(
      [`atmos_r_${other}`, `atmos_r_${written}@session`].sort(),
    );
    const pruned = await desk.run('auth keyring prune -o json');
    expect(JSON.parse(pruned.stdout)).toMatchObject({ orphans: [] });
    const { stdout } = await desk.run(`auth logout ${written} --keychain --force -o json`);
    expect(JSON.parse(stdout)).toMatchObject({
      removed: [{ item: 'session' }, { key: `atmos_r_${other}`, identity: written, item: 'key' }],
    });
    expect(await desk.openKeyring().keys()).toEqual([]);
  });
});
