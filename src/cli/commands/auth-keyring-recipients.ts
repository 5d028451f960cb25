import {
  acceptRecipients,
  addRecipients,
  listRecipients,
  removeRecipient,
  type ListedReaders,
  type Located,
  type RecipientServices,
} from '../../app/recipients.ts';
import { countOf } from '../../core/count.ts';
import { AtmosError, KeyringError } from '../../core/errors.ts';
import { addOptions, placeholder, run, say } from '../../core/hint.ts';
import { listNames } from '../../core/json.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { KeyringReaders, ReadersChange, RemovedReader } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { keyringWarner, loadPlanIfAny } from '../plan.ts';
import { formatHints, loadWriteHint } from '../report.ts';
import { createProgress } from '../ui/progress.ts';
import { formatTable } from '../ui/table.ts';

const command = ['atmos', 'auth', 'keyring', 'recipients'];

/** The documented form of `-o json` of every command: always every field. */
interface ReadersJson {
  /** The keyring's directory. */
  location: string;
  /** Of the secret that the readers share. */
  fingerprint: string;
  readers: readonly { recipient: string; own: boolean }[];
}

/** Of `list`. */
interface ListJson extends ReadersJson {
  /** Recipients of the configuration that are not readers. Null: the configuration has none. */
  missing: readonly string[] | null;
  /** Readers that are not recipients of the configuration. Null: the configuration has none. */
  unlisted: readonly string[] | null;
}

/** Of `remove`. */
interface RemovedJson extends ReadersJson {
  entries: number;
  /** Files that do not open with the secret: they were not changed. */
  unreadable: readonly string[];
  /** Files that other programs have meanwhile written with the old secret. */
  left: readonly string[];
}

/** Of `accept`. */
interface AcceptedJson extends ReadersJson {
  /** The fingerprint that was accepted before. */
  before: string | null;
  added: readonly string[];
  removed: readonly string[];
}

/** `atmos auth keyring recipients list`: shows who can read the keyring. */
export async function recipientsList(context: Context, { values }: Invocation): Promise<void> {
  const { host, outJson, print, note } = context;
  const { warn, ...services } = servicesOf(context);
  // The hint of a warning about readers would be this command.
  const listed = await listRecipients(await loadPlanIfAny(context), {
    ...services,
    warn: (message) => warn(message),
  });
  const { location, fingerprint, readers, own } = listed;
  const { missing, unlisted } = compare(listed);
  if (values['output'] === 'json') {
    const json: ListJson = { ...readersJson(listed), missing, unlisted };
    await outJson(json);
    return;
  }
  const rows = readers.map((reader) => [
    reader,
    own.includes(reader) ? 'you' : '',
    unlisted?.includes(reader) ? 'not in the configuration' : '',
  ]);
  await print(...formatTable([['READER', '', ''], ...rows]));
  await note(`the keyring ${abbreviateHome(location, host)} has the fingerprint ${fingerprint}`);
  if (missing === null || missing.length === 0) return;
  const hints = [
    run([...command, 'add', ...missing], 'to let them read every entry'),
    say('or remove them from auth.keyring.spec.recipients'),
  ];
  await note(
    `in the configuration, but not readers: ${missing.join(', ')}`,
    ...formatHints(hints, await loadWriteHint(context)),
  );
}

/** `atmos auth keyring recipients add RECIPIENT…`: lets more people read every entry. */
export async function recipientsAdd(
  context: Context,
  { operands, values }: Invocation,
): Promise<void> {
  const { host, outJson, note } = context;
  const plan = await loadPlanIfAny(context);
  const readers = await addRecipients(plan, operands, servicesOf(context));
  if (values['output'] === 'json') {
    const json: ReadersJson = readersJson(readers);
    await outJson(json);
    return;
  }
  const named = abbreviateHome(readers.location, host);
  const { added } = readers;
  const before = [...new Set(operands)].filter((one) => !added.includes(one));
  if (before.length > 0)
    await note(`not changed: ${before.join(', ')} could already read the keyring ${named}`);
  if (added.length === 0) return;
  await note(`✓ ${added.join(', ')} can now read the keyring ${named}`);
  await note(`Next: on the machine of the new reader: ${acceptCommand(readers)}`);
}

/** `atmos auth keyring recipients remove RECIPIENT`: changes the secret, for the other readers. */
export async function recipientsRemove(
  context: Context,
  { operand: recipient = '', values }: Invocation,
): Promise<void> {
  const { outJson } = context;
  const removed = await removeRecipient(await loadPlanIfAny(context), recipient, {
    ...servicesOf(context),
    startProgress: (work) => createProgress(context, work),
  });
  const { entries, unreadable, left } = removed;
  if (values['output'] === 'json') {
    const json: RemovedJson = { ...readersJson(removed), entries, unreadable, left };
    await outJson(json);
  } else {
    await tellRemoved(context, recipient, removed);
  }
  if (left.length === 0) return;
  throw new KeyringError(
    'ERR_KEYRING_BUSY',
    `the secret was changed, but another program has meanwhile written entries with the old one, which the removed reader can read: ${listNames(left)}`,
    { hints: [run(['atmos', 'auth', 'keyring', 'doctor'], 'to see them, then store them again')] },
  );
}

async function tellRemoved(
  context: Context,
  recipient: string,
  removed: Located<RemovedReader>,
): Promise<void> {
  const { host, note } = context;
  const { location, unreadable } = removed;
  const entries = removed.entries - unreadable.length;
  const named = abbreviateHome(location, host);
  await note(
    `✓ ${recipient} cannot read new entries of the keyring ${named}: its secret was changed, and ${countOf(entries, 'entry was', 'entries were')} re-encrypted`,
  );
  await note(
    'earlier entries, in backups and in the history of a synchronizer, stay readable to the removed reader',
  );
  await note(
    `Next: replace the access keys that the keyring contains; on the other machines: ${acceptCommand(removed)}`,
  );
  if (unreadable.length === 0) return;
  const hint = run(['atmos', 'auth', 'keyring', 'doctor'], 'to see them, then store them again');
  keyringWarner(context)(
    `not changed, because they do not open with the secret: ${listNames(unreadable)}`,
    [hint],
  );
}

/**
 * `atmos auth keyring recipients accept`: lets this machine use a keyring that another one has
 * created, or whose secret another one has changed.
 */
export async function recipientsAccept(context: Context, { values }: Invocation): Promise<void> {
  const { host, outJson, note, prompt } = context;
  const plan = await loadPlanIfAny(context);
  const accepted = await acceptRecipients(plan, values['fingerprint'], {
    ...servicesOf(context),
    async confirm(change) {
      await tellChange(context, change);
      return prompt.confirm({
        message: 'Did a reader confirm this fingerprint?',
        default: false,
        instead: addOptions(
          ['--fingerprint', placeholder('fingerprint')],
          'as another reader reports it',
        ),
      });
    },
  });
  if (accepted === undefined)
    throw new AtmosError('ERR_CANCELLED', 'not accepted: nothing was recorded');
  const { location, fingerprint, before, added, removed } = accepted;
  if (values['output'] === 'json') {
    const json: AcceptedJson = {
      ...readersJson(accepted),
      before: before ?? null,
      added,
      removed,
    };
    await outJson(json);
    return;
  }
  const named = abbreviateHome(location, host);
  if (accepted.isAccepted) await note(`already accepted: the keyring ${named} (${fingerprint})`);
  else await note(`✓ accepted the keyring ${named} (${fingerprint})`);
}

async function tellChange(
  { host, note }: Context,
  { location, fingerprint, before, readers, added, removed }: Located<ReadersChange>,
): Promise<void> {
  const named = abbreviateHome(location, host);
  const now = `The keyring ${named} has the fingerprint ${fingerprint}`;
  if (before === undefined) {
    await note(`${now}.`, 'Its readers:', ...readers.map((reader) => `  ${reader}`));
    return;
  }
  const isSame = added.length === 0 && removed.length === 0;
  await note(
    `${now}; this machine has accepted ${before}.`,
    ...(isSame ? ['The same readers:', ...readers.map((reader) => `  ${reader}`)] : []),
    ...(added.length === 0 ? [] : ['Added:', ...added.map((reader) => `  ${reader}`)]),
    ...(removed.length === 0 ? [] : ['Removed:', ...removed.map((reader) => `  ${reader}`)]),
  );
}

function acceptCommand({ fingerprint }: KeyringReaders): string {
  return `atmos auth keyring recipients accept --fingerprint ${fingerprint}`;
}

function servicesOf(context: Context): RecipientServices {
  return { host: context.host, warn: keyringWarner(context) };
}

function readersJson({ location, fingerprint, readers, own }: Located<KeyringReaders>) {
  return {
    location,
    fingerprint,
    readers: readers.map((recipient) => ({ recipient, own: own.includes(recipient) })),
  };
}

function compare({ readers, configured }: ListedReaders) {
  if (configured === undefined) return { missing: null, unlisted: null };
  return {
    missing: configured.filter((recipient) => !readers.includes(recipient)),
    unlisted: readers.filter((recipient) => !configured.includes(recipient)),
  };
}
