import { realHost } from '../host/real.ts';
import { runCli } from './run.ts';

const host = realHost();
void runCli(host).then((code) => host.exit(code));
