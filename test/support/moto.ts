// moto, another implementation of STS and IAM, on loopback. It checks neither signatures nor
// trust policies; the stand-in of sts-server.mjs does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { call, type Signer } from './sts-client.ts';

export interface Moto {
  /** The endpoint of every service, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Creates a user in the account 123456789012, and returns its access key. */
  createUser(name: string): Promise<Signer>;
  /**
   * Creates a role, and returns its ARN.
   *
   * @param principal of its trust policy: `{ AWS: 'arn:…' }`
   */
  createRole(name: string, principal: object): Promise<string>;
  close(): Promise<void>;
}

/** Any key: moto takes whatever it does not know for an administrator. */
const administrator = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not checked' };

/** @param python the program of the peer aws-python */
export async function startMoto(python: string): Promise<Moto> {
  const server = ['-m', 'moto.server', '--host', '127.0.0.1', '--port', '0'];
  const child = spawn(python, server, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  // The lines are read to the end, so that the server does not wait for a reader.
  const lines = createInterface({ input: child.stderr });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const shown = /http:\/\/127[.]0[.]0[.]1:\d+/.exec(line)?.[0];
      if (shown !== undefined) resolve(shown);
    });
    lines.once('close', () => reject(new Error('moto ended before it listened')));
  });

  async function iam(params: Record<string, string>) {
    const request = { Version: '2010-05-08', ...params };
    const answer = await call({ url }, administrator, request, { service: 'iam' });
    if (answer.status !== 200) throw new Error(`moto: ${answer.error().join(' ')}`);
    return answer;
  }

  return {
    url,
    async createUser(name) {
      await iam({ Action: 'CreateUser', UserName: name });
      const { tag } = await iam({ Action: 'CreateAccessKey', UserName: name });
      return {
        accessKeyId: tag('AccessKeyId') ?? '',
        secretAccessKey: tag('SecretAccessKey') ?? '',
      };
    },
    async createRole(name, principal) {
      const Statement = [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }];
      const { tag } = await iam({
        Action: 'CreateRole',
        RoleName: name,
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      });
      return tag('Arn') ?? '';
    },
    async close() {
      child.kill();
      await exited;
    },
  };
}
