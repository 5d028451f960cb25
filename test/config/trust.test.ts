import { describe, expect, it } from 'vitest';
import { requireTrust, type TrustNeed } from '../../src/config/trust.ts';
import { thrownBy } from '../support/error-of.ts';
import { openProject, type TrustedProject } from './trusted-project.ts';

const need: TrustNeed = {
  path: ['auth', 'keyring', 'spec', 'password_command'],
  what: 'runs pass show x',
};
const inCi = 'where no one can be prompted, as in CI: export ATMOS_AUTH_TRUST=1';

function refusalOf(project: TrustedProject, from = project.host(), config = project.config()) {
  const { code, message, hints } = thrownBy(() => requireTrust(config, need, from));
  expect(code).toBe('ERR_CONFIG_UNTRUSTED');
  return { message: message.replaceAll(project.root, '$'), hints };
}

describe('a need of a project file', () => {
  it('is refused with its effect, its source and hints', () => {
    const project = openProject();
    expect(refusalOf(project)).toEqual({
      message:
        'the configuration in $/project is not trusted: it runs pass show x (set by auth.keyring.spec.password_command ($/project/atmos.yaml:1:1))',
      hints: ['atmos auth trust', inCi],
    });
  });

  it('is allowed after the user agreed to it', () => {
    const project = openProject();
    project.trust(need);
    expect(() => requireTrust(project.config(), need, project.host())).not.toThrow();
  });

  it('is allowed if it comes from another file', () => {
    const project = openProject();
    for (const origin of ['user', 'explicit'] as const) {
      const config = project.config({ originOf: () => origin });
      expect(() => requireTrust(config, need, project.host())).not.toThrow();
    }
    expect(() => requireTrust(undefined, need, project.host())).not.toThrow();
  });

  it.each(['', '0', 'true', 'yes', ' 1'])('is not trusted by ATMOS_AUTH_TRUST=%s', (value) => {
    const project = openProject();
    const { message } = refusalOf(project, project.host({ ATMOS_AUTH_TRUST: value }));
    expect(message).toContain('$/project is not trusted');
  });

  it('is trusted by ATMOS_AUTH_TRUST=1', () => {
    const project = openProject();
    const host = project.host({ ATMOS_AUTH_TRUST: '1' });
    expect(() => requireTrust(project.config(), need, host)).not.toThrow();
  });
});

describe('a trust record covers', () => {
  it('only the occasion that was shown', () => {
    const project = openProject();
    const code: TrustNeed = { path: ['a', 'endpoint'], what: 'sends codes', occasion: 'mfa-code' };
    const always: TrustNeed = { path: code.path, what: code.what };
    project.trust(code);
    requireTrust(project.config(), code, project.host());
    for (const other of [always, { ...code, occasion: 'storing' as const }]) {
      expect(() => requireTrust(project.config(), other, project.host())).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_UNTRUSTED' }),
      );
    }
    project.trust(always);
    requireTrust(project.config(), code, project.host());
  });

  it('only these files', () => {
    const project = openProject();
    project.trust(need);
    const [file = { path: '', text: '' }, other = file] = project.files;
    const changes = {
      'one byte more': [{ ...file, text: `${file.text}\n` }, other],
      'one file more': [file, other, { path: `${project.root}/project/c.yaml`, text: '' }],
      'one file less': [file],
      'another order': [other, file],
      'other names': [
        { ...file, path: other.path },
        { ...other, path: file.path },
      ],
      'the same text, cut elsewhere': [
        { ...file, text: file.text + other.text },
        { ...other, text: '' },
      ],
    };
    for (const projectFiles of Object.values(changes)) {
      const { message } = refusalOf(project, project.host(), project.config({ projectFiles }));
      expect(message).toContain('$/project is not trusted');
    }
  });

  it('only these paths: a copy of the files is another project', () => {
    const project = openProject();
    project.trust(need);
    const copied = project.config({ directory: `${project.root}/copy` });
    expect(refusalOf(project, project.host(), copied).message).toContain('$/copy is not trusted');
  });

  it('only the needs that were shown', () => {
    const project = openProject();
    project.trust({ path: ['auth', 'logs', 'file'], what: 'writes a log to x' });
    expect(refusalOf(project).message).toContain('$/project is not trusted');
    project.trust({ path: [...need.path, 'deeper'], what: 'runs x' });
    expect(refusalOf(project).message).toContain('$/project is not trusted');
    project.trust({ path: need.path, what: 'runs pass show y' });
    expect(refusalOf(project).message).toContain('$/project is not trusted');
    project.trust({ path: ['auth', 'keyring'], what: need.what });
    expect(refusalOf(project).message).toContain('$/project is not trusted');
  });

  it('the output of a command that it covers', () => {
    const project = openProject();
    project.trust({ path: ['auth', 'keyring'], what: 'runs make-keyring', givesValue: true });
    expect(() => requireTrust(project.config(), need, project.host())).not.toThrow();
  });
});

describe('the command to paste', () => {
  const hintFrom = (
    project: TrustedProject,
    place: { working: string; left?: string },
    change: Parameters<TrustedProject['config']>[0] = {},
  ) => {
    const host = {
      // Windows shells do not set it, so it may be wrong.
      ...project.host({ PWD: '/c/else' }, `${project.root}${place.working}`),
      leftDirectory: () => place.left && `${project.root}${place.left}`,
    };
    const [hint = ''] = refusalOf(project, host, project.config(change)).hints;
    return hint.replaceAll(project.root, '$');
  };

  it('finds the same files from the working directory of the user', () => {
    const project = openProject();
    const below = { working: '/project/stacks' };
    const away = { working: '/elsewhere' };
    const sent = { working: '/project', left: '/elsewhere' };
    expect(hintFrom(project, below)).toBe('atmos auth trust');
    expect(hintFrom(project, away)).toBe('atmos auth trust -C $/project');
    expect(hintFrom(project, { working: '/project-2' })).toBe('atmos auth trust -C $/project');
    expect(hintFrom(project, sent)).toBe('atmos auth trust -C $/project');
    expect(hintFrom(project, { working: '/project', left: '/project' })).toBe('atmos auth trust');
  });

  it('chooses the same profiles', () => {
    const project = openProject();
    const profiles = ['ci', 'eu'];
    expect(hintFrom(project, { working: '/project' }, { profiles })).toBe(
      'atmos auth trust --profile ci,eu',
    );
  });

  it('quotes the name of a directory and of a profile', () => {
    const project = openProject();
    const directory = `${project.root}/$(touch x)`;
    expect(hintFrom(project, { working: '/' }, { directory, profiles: ["a';touch x;'"] })).toBe(
      `atmos auth trust -C '$/$(touch x)' --profile 'a'"'"';touch x;'"'"''`,
    );
  });
});
