import { createServer, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { listen, tcpServer } from "./servers.ts";

/** A proxy on loopback, and what it was asked for. */
export interface TestProxy {
  readonly port: number;
  readonly asked: string[];
}

/** A proxy for HTTP CONNECT that wants these credentials, where given. */
export async function httpProxy(credentials?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((_, response: ServerResponse) => response.writeHead(405).end());
  server.on("connect", (request, client: Socket) => {
    asked.push(request.url ?? "");
    const given = request.headers["proxy-authorization"];
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
    if (given !== wanted) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n");
      return;
    }
    join(client, Number(request.url?.split(":").at(-1)), (open) => {
      client.write(`HTTP/1.1 ${open ? "200 OK" : "502 Bad Gateway"}\r\n\r\n`);
      if (!open) client.end();
    });
  });
  return { port: await listen(server), asked };
}

/** A SOCKS 5 proxy (RFC 1928, 1929) that wants this user and password, where given. */
export async function socksProxy(credentials?: { user: string; password: string }): Promise<TestProxy> {
  const asked: string[] = [];
  const serve = (client: Socket): void => {
    let state: "greeting" | "password" | "command" | "open" = "greeting";
    client.on("data", (data) => {
      if (state === "greeting") {
        const method = credentials === undefined ? 0 : 2;
        const offered = data.subarray(2).includes(method);
        client.write(Uint8Array.of(5, offered ? method : 0xff));
        state = method === 2 ? "password" : "command";
      } else if (state === "password") {
        const user = data.subarray(2, 2 + data.readUInt8(1));
        const password = data.subarray(3 + user.length);
        const fits = `${user}` === credentials?.user && `${password}` === credentials.password;
        client.write(Uint8Array.of(1, fits ? 0 : 1));
        state = "command";
      } else if (state === "command") {
        const isName = data.readUInt8(3) === 3;
        asked.push(isName ? `${data.subarray(5, -2)}` : data.subarray(4, -2).join("."));
        state = "open";
        join(client, data.readUInt16BE(data.length - 2), (open) => {
          client.write(Uint8Array.of(5, open ? 0 : 5, 0, 1, 0, 0, 0, 0, 0, 0));
        });
      }
    });
  };
  return { port: await tcpServer(serve), asked };
}

/** Joins a client to a port on loopback, whatever name it asked for. */
function join(client: Socket, port: number, opened: (open: boolean) => void): void {
  const back = connect({ host: "127.0.0.1", port });
  back.once("connect", () => {
    opened(true);
    client.removeAllListeners("data");
    client.pipe(back).pipe(client);
  });
  back.on("error", () => opened(false));
  client.on("close", () => back.destroy());
}
