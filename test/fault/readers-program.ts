// A process of the tests of readers, compiled by them. HOME and XDG_STATE_HOME say whose machine it
// is. The command makes the change and says "done"; or stops at the INDEXth step, says "reached STEP",
// and waits there to be killed.
//
//     add DIRECTORY RECIPIENT [INDEX]
//     remove DIRECTORY RECIPIENT [INDEX]
//     accept DIRECTORY FINGERPRINT [INDEX]
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { createReaders } from '../../src/keyring/file/readers.ts';
import { readerContext } from '../support/team.ts';
import { waitToBeKilled } from '../support/wait-to-be-killed.ts';

const say = (line: string) => writeSync(1, `${line}\n`);
const [command, directory = '', operand = '', index] = process.argv.slice(2);
const { HOME: home = '' } = process.env;

let steps = 0;
const readers = createReaders((step) => {
  if (index === undefined || steps++ !== Number(index)) return;
  say(`reached ${step}`);
  waitToBeKilled();
});
const machine = { home, identityFile: join(home, 'identity.txt') };
const context = readerContext(directory, machine, { host: { env: process.env } });

if (command === 'add') await readers.add(context, [operand]);
else if (command === 'remove') await readers.remove(context, operand, {});
else await readers.accept(context, operand);
say('done');
