// A child for run-child.test.ts: prints each signal that it receives. Exits 30 ms after SIGTERM
// with code 7, or with code 0 after a line of input.
/** @type {Record<string, number>} */
const counts = {};
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT']) {
  process.on(signal, () => {
    counts[signal] = (counts[signal] ?? 0) + 1;
    console.log(`${signal} ${counts[signal]}`);
    if (signal === 'SIGTERM') setTimeout(() => process.exit(7), 30);
  });
}
process.stdin.on('data', () => {
  console.log(`leaving after ${JSON.stringify(counts)}`);
  process.exit(0);
});
// The parent process has exited.
process.stdin.on('end', () => process.exit(1));
console.log('ready');
