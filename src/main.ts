import { refuseInspector } from './host/inspector.ts';

/**
 * Answers one command line.
 *
 * @returns the exit code. Undefined, with nothing printed, if the whole program has to run
 */
type Answer = () => Promise<number | undefined>;

// The first line of every command, before the rest of the program is even read: any of them may hold
// a secret.
refuseInspector();
void main();

async function main(): Promise<void> {
  const exitCode = await answer().catch(() => undefined);
  if (exitCode !== undefined) process.exit(exitCode);
  const { start } = await import('./cli/start.ts');
  await start();
}

/** The whole program reports what is wrong, so an error here has no message. */
async function answer(): Promise<number | undefined> {
  const load = hotCommand(process.argv.slice(2));
  return load === undefined || isLogged() ? undefined : (await load())();
}

/**
 * The command lines that terraform and the AWS SDKs start most often, word for word. Each has a file that
 * holds all it needs: docs/adr/0045.
 */
function hotCommand(args: readonly string[]): (() => Promise<Answer>) | undefined {
  const [first, second, third, path = ''] = args;
  if (args.length === 1 && (first === '--version' || first === 'version'))
    return async () => (await import('./cli/hot/version.ts')).run;
  if (args.length === 1 && first === '--help')
    return async () => (await import('./cli/hot/help.ts')).run;
  const isProcess =
    first === 'auth' &&
    second === 'credential-process' &&
    third === '--handle' &&
    path.startsWith('/');
  if (isProcess && args.length === 4)
    return async () => (await import('./cli/hot/credential-process.ts')).run;
  return undefined;
}

/** Whether variables request a log, or another directory. */
function isLogged(): boolean {
  return Object.keys(process.env).some((name) => /^ATMOS_(LOGS_|CHDIR)/.test(name));
}
