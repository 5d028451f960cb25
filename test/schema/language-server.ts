import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

/** An editor with the YAML language server of Red Hat, as VS Code and others have it. */
export interface Editor {
  /** Opens a file with this text and returns the marked problems: `3:7 message`. */
  problemsOf(text: string): Promise<string[]>;
  /** The completions at `|` in the text. */
  completionsAt(text: string): Promise<string[]>;
  /** The hover text of the word at `|`. */
  hoverAt(text: string): Promise<string>;
  close(): Promise<void>;
}

/** @param settings of the editor, as in VS Code's settings.json but for the schema */
export async function openEditor(
  schemaPath: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Editor> {
  const server = spawn(
    process.execPath,
    [
      fileURLToPath(import.meta.resolve('yaml-language-server/bin/yaml-language-server')),
      '--stdio',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const yaml = {
    validate: true,
    completion: true,
    hover: true,
    schemaStore: { enable: false },
    schemas: { [pathToFileURL(schemaPath).href]: 'atmos.yaml' },
    ...settings,
  };
  const waiting = new Map<number | string, (result: unknown) => void>();
  let count = 0;

  function send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  function request(method: string, params: object): Promise<unknown> {
    const id = ++count;
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    send({ id, method, params });
    return answer;
  }

  function receive(message: Message): void {
    const { id, method, params, result } = message;
    if (method === 'textDocument/publishDiagnostics')
      settle(params?.uri ?? '', params?.diagnostics);
    else if (method === 'workspace/configuration') {
      send({ id, result: params?.items?.map(({ section }) => (section === 'yaml' ? yaml : {})) });
      settle('configured', undefined);
    } else if (method !== undefined && id !== undefined) send({ id, result: null });
    else if (id !== undefined) settle(id, result);
  }

  function settle(key: number | string, value: unknown): void {
    waiting.get(key)?.(value);
    waiting.delete(key);
  }

  async function open(text: string): Promise<{ uri: string; diagnostics: readonly Diagnostic[] }> {
    // Open in the editor, and nowhere on disk.
    const uri = `file:///workspace/${++count}/atmos.yaml`;
    const diagnostics = new Promise((resolve) => waiting.set(uri, resolve));
    const textDocument = { uri, languageId: 'yaml', version: 1, text };
    send({ method: 'textDocument/didOpen', params: { textDocument } });
    return { uri, diagnostics: (await diagnostics) as readonly Diagnostic[] };
  }

  async function ask(method: string, marked: string): Promise<unknown> {
    const offset = marked.indexOf('|');
    const before = marked.slice(0, offset).split('\n');
    const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
    const { uri } = await open(marked.replace('|', ''));
    return request(method, { textDocument: { uri }, position });
  }

  readMessages(server.stdout, receive);
  await request('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  send({ method: 'initialized', params: {} });
  // The server then requests the settings; files that are opened earlier are checked without them.
  const configured = new Promise((resolve) => waiting.set('configured', resolve));
  send({ method: 'workspace/didChangeConfiguration', params: { settings: {} } });
  await configured;

  return {
    async problemsOf(text) {
      const { diagnostics } = await open(text);
      return diagnostics.map(
        ({ message, range: { start } }) => `${start.line + 1}:${start.character + 1} ${message}`,
      );
    },
    async completionsAt(marked) {
      const list = (await ask('textDocument/completion', marked)) as {
        items: { label: string }[];
      };
      return list.items.map(({ label }) => label);
    },
    async hoverAt(marked) {
      const hover = (await ask('textDocument/hover', marked)) as {
        contents: { value: string };
      } | null;
      return hover?.contents.value ?? '';
    },
    async close() {
      const ended = once(server, 'close');
      await request('shutdown', {});
      send({ method: 'exit' });
      await ended;
    },
  };
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly uri?: string;
    readonly diagnostics?: readonly Diagnostic[];
    readonly items?: readonly { section: string }[];
  };
  readonly result?: unknown;
}

function readMessages(stream: NodeJS.ReadableStream, receive: (message: Message) => void): void {
  let bytes = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(bytes.subarray(0, end).toString())?.[1]);
      if (end === -1 || bytes.length < end + 4 + length) return;
      const body = bytes.subarray(end + 4, end + 4 + length).toString();
      bytes = bytes.subarray(end + 4 + length);
      receive(JSON.parse(body) as Message);
    }
  });
}
