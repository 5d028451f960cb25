// A program for end-process.test.ts: registers clean-ups, and ends as its first argument says.
import { onEnd } from '../../src/host/end-process.ts';

const [how = 'wait'] = process.argv.slice(2);
onEnd(() => console.log('cleaned up'));
const remove = onEnd(() => console.log('removed'));
remove();
if (how === 'listen') process.on('SIGTERM', () => process.exit(3));
if (how === 'exit') process.exit(5);
console.log('ready');
if (how !== 'return') setInterval(() => {}, 1000);
