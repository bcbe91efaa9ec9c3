import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** What is told of the bytes that pass. */
export interface TapListener {
  received(chunk: Uint8Array): void;
  sent(): void;
}

/** A wire with a listener on it. */
export interface Tap {
  /** What TLS speaks over in place of the socket. */
  readonly stream: Duplex;
  /** The error code of the socket itself, e.g. `ECONNRESET`; TLS and HTTP report other ones of their own. */
  errno(): string | undefined;
}

/** A duplex that passes everything on, both ways, and shows the listener what arrives before TLS reads it. */
export function tap(socket: Socket, listener: TapListener): Tap {
  let errno: string | undefined;
  const stream = new Duplex({
    read: () => {
      socket.resume();
    },
    write: (chunk: Uint8Array, _encoding, done) => {
      listener.sent();
      socket.write(chunk, done);
    },
    final: (done) => {
      socket.end(done);
    },
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  // TLS has a listener of its own; before it is attached, an error must not go unheard and end the process.
  stream.on("error", () => undefined);
  let ended = false;
  // What arrived before the end, an alert above all, must reach TLS before the stream is torn down.
  const tearDown = (error?: Error): void => {
    setImmediate(() => stream.destroy(error));
  };
  socket.on("data", (chunk: Buffer) => {
    listener.received(chunk);
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on("end", () => {
    ended = true;
    stream.push(null);
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    errno ??= error.code ?? error.name;
    tearDown(error);
  });
  socket.on("close", () => {
    if (!ended) tearDown();
  });
  return { stream, errno: () => errno };
}
