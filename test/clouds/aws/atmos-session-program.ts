// A process of test/clouds/aws/atmos-session.test.ts, compiled by it:
//
//     HOME TOKEN FILE STEP   writes a session with this token, stops after the step at `credentials` or
//                            `config`, says "reached", and waits there to be killed
import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { writeSession } from '../../../src/clouds/aws/atmos-session.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { waitToBeKilled } from '../../support/wait-to-be-killed.ts';
import { owner, sessionWith } from './atmos-sessions.ts';

const [homeDirectory = '', sessionToken = '', file = '', step = ''] = process.argv.slice(2);
const onStep = (path: string, reached: string) => {
  if (basename(path) !== file || reached !== step) return;
  writeSync(1, 'reached\n');
  waitToBeKilled();
};
await writeSession(owner, sessionWith({ sessionToken }), fakeHost({ homeDirectory }), onStep);
