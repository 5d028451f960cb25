/**
 * Why the agent did not do what it was asked.
 *
 * - `absent`   there is none: no socket, or one that nobody listens on
 * - `foreign`  what is in its place is not ours alone
 * - `version`  it speaks another version of the protocol
 * - `unusable` what it says makes no sense
 * - `silent`   it did not answer in time: it may still do it
 * - `gone`     it ended before it answered: whether it had done it is not known
 * - `leaving`  it says that it did not, since it is about to end
 */
export type AgentFailure =
  | 'absent'
  | 'foreign'
  | 'version'
  | 'unusable'
  | 'silent'
  | 'gone'
  | 'leaving';

/** Of the way to the agent, never of the keyring behind it. */
export class AgentError extends Error {
  readonly failure: AgentFailure;
  /** Of the agent, where the system tells. */
  readonly processId: number | undefined;
  /** What is not ours alone. */
  readonly path: string | undefined;

  /** @param message what is the matter, in words that can follow "it is not used:" */
  constructor(
    failure: AgentFailure,
    message: string,
    { processId, path }: { processId?: number | undefined; path?: string } = {},
  ) {
    super(message);
    this.name = 'AgentError';
    this.failure = failure;
    this.processId = processId;
    this.path = path;
  }
}
