import { headBytes, messageBytes } from './message.ts';

/**
 * Cuts a stream into messages: give it chunks as they come, and it calls `onMessage` with each whole
 * one. It holds at most one message that is not whole.
 *
 * @throws BusError `malformed` where no message can begin
 */
export function createFrames(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let neededBytes = headBytes;
  return (chunk) => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < neededBytes) return;
    let rest = Buffer.concat(held);
    while (rest.length >= headBytes) {
      neededBytes = messageBytes(rest);
      if (rest.length < neededBytes) break;
      onMessage(rest.subarray(0, neededBytes));
      rest = rest.subarray(neededBytes);
      neededBytes = headBytes;
    }
    held = [rest];
    heldBytes = rest.length;
  };
}
