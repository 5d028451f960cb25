// A process of the fault tests, compiled by them:
//
//     write DIRECTORY NAME COUNT          writes COUNT values, each to a key of its own and to the
//                                         shared one, and says "ack NUMBER" after each
//     pause DIRECTORY INDEX set KEY VALUE stops at the INDEXth step, says "reached STEP", and waits
//     pause DIRECTORY INDEX delete KEY    there to be killed
import { pause, write } from './writing.ts';

const [command, directory = '', ...rest] = process.argv.slice(2);
if (command === 'write') await write(directory, rest[0] ?? '', Number(rest[1]));
else await pause(directory, Number(rest[0]), rest.slice(1));
