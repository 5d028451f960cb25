import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

export interface ConnectProxy {
  readonly url: string;
  /** `sts.eu-west-1.amazonaws.com:443`, one for each CONNECT. */
  readonly targets: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
  close(): void;
}

/**
 * A proxy on loopback that sends every CONNECT to one port of this machine, whatever host it names, so
 * that a name of AWS can be tried without AWS.
 *
 * @param answer what it says instead of connecting: `407 Proxy Authentication Required`
 */
export async function startConnectProxy(
  port: number,
  answer?: string,
  body = '',
): Promise<ConnectProxy> {
  const targets: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer();
  server.on('connect', (request, socket, head) => {
    targets.push(request.url ?? '');
    authorizations.push(request.headers['proxy-authorization']);
    if (answer !== undefined) {
      socket.end(`HTTP/1.1 ${answer}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    targets,
    authorizations,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
