// A program for prompt.test.ts and prompt-echo.test.ts: shows prompts and prints the answer as JSON.
import { writeFileSync } from 'node:fs';
import { createPrinter } from '../../../src/cli/printer.ts';
import { exitCodeOf, formatError, loadWriteHint } from '../../../src/cli/report.ts';
import { createPrompt } from '../../../src/cli/ui/create-prompt.ts';
import { canPrompt } from '../../../src/cli/ui/prompt.ts';
import { addOptions, placeholder } from '../../../src/core/hint.ts';
import { realHost } from '../../../src/host/real.ts';

const host = realHost();
const [kind, flag, answerFile] = host.programArguments;
const prompt = createPrompt(host, {
  interactive: flag === 'false' ? false : undefined,
  color: flag !== 'plain',
});
const instead = addOptions(['--answer', placeholder('text')]);

async function ask(): Promise<unknown> {
  switch (kind) {
    case 'masked':
      return prompt.masked({
        message: 'Secret',
        instead,
        fault: (answer) => (answer.length < 3 ? 'too short' : undefined),
      });
    case 'can-prompt':
      return canPrompt(host, undefined);
    case 'two':
      return [
        await prompt.text({
          message: 'Name',
          instead,
          fault: (answer) => (answer === 'refused' ? 'not this one' : undefined),
        }),
        await prompt.masked({ message: 'Secret', instead, takesPasted: true }),
      ];
    case 'two-apart':
      return [
        await prompt.masked({ message: 'Secret', instead }),
        await prompt.text({ message: 'Name', instead }),
      ];
    case 'check': {
      await prompt.masked({ message: 'Secret', instead });
      host.stdout.write('checking\n', () => {});
      host.onSignals(['SIGCONT'], () => host.stdout.write('continued\n', () => {}));
      return new Promise(() => setInterval(() => {}, 60_000));
    }
    case 'run': {
      await prompt.masked({ message: 'Secret', instead });
      return (await host.spawn('stty', ['-a'], { env: host.env }).ended).exitCode;
    }
    case 'confirm':
      return prompt.confirm({ message: 'Sure?', instead, default: false });
    case 'select':
      return prompt.select({
        message: 'Which?',
        instead,
        choices: ['dev', 'prod'],
        describe: (name) => `aws/${name === 'dev' ? 'user' : 'ambient'}`,
      });
    case 'select-long':
      return prompt.select({
        message: 'Which?',
        instead,
        choices: Array.from({ length: 2_000 }, (_, at) => `team-${at}.`),
      });
    case 'select-evil':
      return prompt.select({
        message: 'Which\u001b[2J\nhint: one?',
        instead,
        choices: ['dev', 'pro\u202ed'],
      });
    case 'text-evil':
      return prompt.text({ message: 'Name\u0007', instead, fault: () => 'not a\u009b' });
    case 'select-many':
      return prompt.selectMany({
        message: 'Which ones?',
        instead,
        choices: ['ci', 'dev', 'prod'],
        checked: ['dev'],
      });
    default:
      return prompt.text({ message: 'Name', instead, default: 'nobody' });
  }
}

try {
  const answer = JSON.stringify(await ask());
  if (answerFile) writeFileSync(answerFile, answer);
  else host.stdout.write(`answer ${answer}\n`, () => {});
} catch (error) {
  await createPrinter(host, false).note(
    ...formatError(error, await loadWriteHint({ host, globals: undefined })),
  );
  host.exit(exitCodeOf(error));
}
