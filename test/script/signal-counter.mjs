// A program for terminal.test.ts: counts SIGINT signals and exits with code 7 on SIGTERM. It reads
// no input, so that it can run in the background of a terminal.
let interrupts = 0;
process.on('SIGINT', () => {
  interrupts += 1;
  console.log(`SIGINT ${interrupts}`);
});
process.on('SIGTERM', () => {
  console.log(`SIGTERM after ${interrupts} SIGINT`);
  process.exit(7);
});
// A failed test leaves no process behind.
setTimeout(() => process.exit(1), 60_000);
console.log(`counting ${process.pid}`);
