// A program for terminal.test.ts to run: counts SIGINT until SIGTERM ends it, with code 7. Reads no
// input, so that it can run in the background of a terminal.
let interrupts = 0;
process.on('SIGINT', () => {
  interrupts += 1;
  console.log(`SIGINT ${interrupts}`);
});
process.on('SIGTERM', () => {
  console.log(`SIGTERM after ${interrupts} SIGINT`);
  process.exit(7);
});
// A test that failed leaves nobody behind.
setTimeout(() => process.exit(1), 60_000);
console.log(`counting ${process.pid}`);
